import type { Client } from "@vermilion/client";
import type { Command } from "commander";
import { type Io, timeOf } from "../output.ts";
import { openSession, type SessionOptions, withApp } from "../session.ts";

interface Options extends SessionOptions {
  readonly json?: boolean;
}

type Row = Awaited<ReturnType<Client["certificateTrace"]>>["items"][number];

const namesMax = 6;

export function trace(program: Command, io: Io): void {
  const command = program
    .command("trace")
    .description("Everything that was done with a certificate: who, when, why, through which app and operator. 使用轨迹。")
    .argument("<certificate>", "identifier of the certificate")
    .addHelpText(
      "after",
      `
Examples:
  $ vermilion trace 1.2.156.3005.2.… --as platform
  $ vermilion trace 1.2.156.3005.2.… --as platform --json`,
    );
  withApp(command).action(async (certificate: string, options: Options) => {
    const { client } = await openSession(options);
    const rows: Row[] = [];
    const progress = io.progress("reading the trace · 正在读取轨迹");
    try {
      for await (const row of client.each.certificateTrace({ certificate, limit: 100 })) {
        rows.push(row);
        progress.update(`reading the trace · 正在读取轨迹: ${rows.length}`);
      }
    } finally {
      progress.done();
    }
    if (options.json === true) return io.json(rows);
    io.table([
      ["time", "block", "act", "who", "reader", "part", "fields", "purpose", "item", "basis", "app", "operator"],
      ...rows.map(lineOf),
    ]);
  });
}

function lineOf(row: Row): string[] {
  return [
    timeOf(row.at),
    String(row.height),
    row.decision === undefined ? row.kind : `${row.kind}: ${row.decision}`,
    row.who.id,
    row.reader ?? "-",
    row.part ?? "-",
    row.fields === undefined ? "-" : listed(row.fields),
    row.purpose ?? "-",
    row.serviceItem ?? "-",
    row.basis ?? "-",
    row.by?.app ?? "-",
    row.by?.operator ?? "-",
  ];
}

/** Whole certificates are issued with dozens of fields; all of their names are in the JSON. */
function listed(fields: readonly string[]): string {
  const more = fields.length - namesMax;
  return more > 0 ? `${fields.slice(0, namesMax).join(",")},+${more}` : fields.join(",");
}
