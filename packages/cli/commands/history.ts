import type { Client } from "@vermilion/client";
import { type Command, InvalidArgumentError } from "commander";
import { type Io, timeOf } from "../output.ts";
import { openSession, type SessionOptions, withApp } from "../session.ts";

interface Options extends SessionOptions {
  readonly asOf?: number;
  readonly json?: boolean;
}

type Step = Awaited<ReturnType<Client["certificateHistory"]>>["items"][number];

export function history(program: Command, io: Io): void {
  const command = program
    .command("history")
    .description("What has happened to a certificate, and its status now or at a time past. 证照的全部变化与状态。")
    .argument("<certificate>", "identifier of the certificate")
    .option("--as-of <time>", "the status at this time, for example 2026-05-31 or 2026-05-31T12:00:00+08:00", timeIn)
    .addHelpText(
      "after",
      `
The receipt of a step: vermilion receipt <transaction>

Examples:
  $ vermilion history 1.2.156.3005.2.… --as platform
  $ vermilion history 1.2.156.3005.2.… --as platform --as-of 2026-05-31 --json`,
    );
  withApp(command).action(async (certificate: string, options: Options) => {
    const { client } = await openSession(options);
    const status = await io.during("asking for the status · 正在查询状态", () =>
      client.certificateStatus({ certificate, asOf: options.asOf }),
    );
    const steps: Step[] = [];
    for await (const step of client.each.certificateHistory({ certificate, limit: 100 })) steps.push(step);
    if (options.json === true) return io.json({ status, steps });
    io.print(`status       ${status.status}, as of ${timeOf(status.asOf.time)} (block ${status.asOf.blockNumber})`);
    if (status.replacedBy !== undefined) io.print(`replaced by  ${status.replacedBy}`);
    io.table([["time", "block", "step", "status", "who", "part", "reason", "app", "operator", "transaction"], ...steps.map(lineOf)]);
  });
}

function lineOf({ at, height, kind, status, who, part, reason, by, transaction }: Step): string[] {
  const named = [who.id, part ?? "-", reason ?? "-", by?.app ?? "-", by?.operator ?? "-", transaction];
  return [timeOf(at), String(height), kind, status, ...named];
}

function timeIn(text: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time) || time < 0) throw new InvalidArgumentError("a date or an RFC 3339 time, for example 2026-05-31");
  return time;
}
