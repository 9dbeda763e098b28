import type { Client } from "@vermilion/client";
import type { Command } from "commander";
import { type Io, timeOf } from "../output.ts";
import { openSession, type SessionOptions, withApp } from "../session.ts";

interface Options extends SessionOptions {
  readonly mine?: boolean;
  readonly toDecide?: boolean;
  readonly json?: boolean;
}

type Filter = "mine" | "to-decide";
type Row = Awaited<ReturnType<Client["request"]>>;

const headings: Readonly<Record<Filter, string>> = {
  mine: "Asked by this member · 本成员的申请",
  "to-decide": "For this member to decide · 待本成员审批",
};

export function requests(program: Command, io: Io): void {
  const command = program
    .command("requests")
    .description("List requests of this member, and those that it has to decide. 列出申请。")
    .option("--mine", "only what this member has asked for")
    .option("--to-decide", "only what waits for this member's decision")
    .addHelpText(
      "after",
      `
Examples:
  $ vermilion requests --as tax
  $ vermilion requests --to-decide --as platform --json`,
    );
  withApp(command).action(async (options: Options) => {
    const both = options.mine === options.toDecide;
    const filters: readonly Filter[] = both ? ["mine", "to-decide"] : [options.mine === true ? "mine" : "to-decide"];
    const { client } = await openSession(options);
    const lists: Partial<Record<Filter, readonly Row[]>> = {};
    for (const filter of filters) {
      lists[filter] = await io.during("listing requests · 正在列出申请", () =>
        gathered(client.each.requests({ list: filter, limit: 100 })),
      );
    }
    if (options.json === true) return io.json(lists);
    for (const filter of filters) {
      io.print(headings[filter]);
      io.table(tableOf(lists[filter] ?? []));
    }
  });
}

function tableOf(rows: readonly Row[]): string[][] {
  if (rows.length === 0) return [["  none · 无"]];
  const heading = ["  request", "status", "certificate", "part", "fields", "reader", "owner", "purpose", "item", "basis", "deadline"];
  const lines = rows.map((row) => [
    `  ${row.request}`,
    row.status,
    row.certificate,
    row.part,
    row.fields.join(","),
    row.reader,
    row.owner,
    row.purpose,
    row.serviceItem,
    row.basis,
    timeOf(row.deadline),
  ]);
  return [heading, ...lines];
}

async function gathered(rows: AsyncIterable<Row>): Promise<Row[]> {
  const all: Row[] = [];
  for await (const row of rows) all.push(row);
  return all;
}
