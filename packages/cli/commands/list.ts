import type { CallInput, Client } from "@vermilion/client";
import { type Command, InvalidArgumentError } from "commander";
import { Failure, type Io, shown, timeOf } from "../output.ts";
import { openSession, type SessionOptions, withApp } from "../session.ts";

type Filter = CallInput<"countCertificates">;

interface Options extends SessionOptions {
  readonly json?: boolean;
  readonly type?: string;
  readonly issuer?: string;
  readonly holder?: string;
  readonly status?: Filter["status"];
  readonly number?: string;
  readonly missing?: string;
  readonly from?: number;
  readonly to?: number;
  readonly oldest?: boolean;
  readonly limit: number;
  readonly block?: number;
  readonly transaction?: string;
}

const limitMax = 10_000;

/** `vermilion list`: certificates that fit a question, never a field of them. */
export function list(program: Command, io: Io): void {
  const command = program
    .command("list")
    .description("Certificates that fit, newest first. 按条件列出证照。")
    .option("--type <id>", "of this type")
    .option("--issuer <member>", "issued by this member")
    .option("--holder <address>", "of this holder")
    .option("--status <status>", "valid, suspended, revoked, replaced or expired")
    .option("--number <number>", "with this certificate number, of a type that makes it public")
    .option("--missing <part>", "that lack this part (to be 录入)")
    .option("--from <time>", "issued from then on, for example 2026-05-31", timeIn)
    .option("--to <time>", "issued until then", timeIn)
    .option("--oldest", "oldest first")
    .option(
      "--block <height>",
      "with --holder and --transaction: what that entry issued to the holder, with the fields that one may read",
      heightIn,
    )
    .option("--transaction <hash>", "see --block")
    .option("--limit <count>", `at most so many, 1 to ${limitMax}`, countIn, 20)
    .addHelpText(
      "after",
      `
Examples:
  $ vermilion list --as platform --type business-licence --status valid
  $ vermilion list --as inspection --missing inspection --limit 100 --json
  $ vermilion list --as customs --holder ver1… --block 12 --transaction 3f0c…e1`,
    );
  withApp(command).action(async (options: Options) => {
    const { client } = await openSession(options);
    if (options.block !== undefined || options.transaction !== undefined) return listIssuedTo(io, client, options);
    const filter = filterOf(options);
    const found: Found[] = [];
    await io.during("searching · 正在查询", async () => {
      for await (const item of client.each.certificates({ ...filter, limit: Math.min(100, options.limit) })) {
        found.push(item);
        if (found.length >= options.limit) break;
      }
    });
    const { count, atLeast } = await client.countCertificates(filter);
    if (options.json === true) return io.json({ count, atLeast, items: found });
    io.table([["certificate", "type", "issuer", "issued", "status", "awaits"], ...found.map(lineOf)]);
    io.print(`${found.length} / ${count}${atLeast ? "+" : ""}`);
  });
}

/** C4: certificate by holder's address, block number and transaction hash. */
async function listIssuedTo(io: Io, client: Client, { holder, block, transaction, json }: Options): Promise<void> {
  if (holder === undefined || block === undefined || transaction === undefined)
    throw new Failure(
      "option-missing",
      { zh: "--holder、--block、--transaction 须一并给出", en: "--holder, --block and --transaction go together" },
      2,
    );
  const { items } = await io.during("searching · 正在查询", () => client.certificatesOfHolder({ address: holder, block, transaction }));
  if (json === true) return io.json({ items });
  for (const item of items) {
    io.print(`${shown(item.certificate)}  ${shown(item.type)}, ${item.status}`);
    io.table([
      ["  issuer", `${shown(item.issuer)} ${shown(item.issuerCode)}`],
      ...item.disclosed.flatMap(({ part, fields }) =>
        Object.entries(fields).map(([field, value]) => [`  ${shown(part)} ${shown(field)}`, shown(value)]),
      ),
      ...item.withheld.map(({ part, code }) => [`  ${shown(part)}`, `not readable now · 现在读不到: ${shown(code)}`]),
    ]);
  }
}

type Found = Awaited<ReturnType<Awaited<ReturnType<typeof openSession>>["client"]["certificates"]>>["items"][number];

function filterOf({ type, issuer, holder, status, number, missing, from, to, oldest }: Options): Filter {
  return {
    ...(type === undefined ? {} : { type }),
    ...(issuer === undefined ? {} : { issuer }),
    ...(holder === undefined ? {} : { holder }),
    ...(status === undefined ? {} : { status }),
    ...(number === undefined ? {} : { number }),
    ...(missing === undefined ? {} : { part: missing, partState: "missing" as const }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    sort: oldest === true ? "oldest" : "newest",
  };
}

function lineOf({ certificate, typeNames, issuerNames, issuedAt, status, awaiting }: Found): readonly string[] {
  return [certificate, typeNames.zh, issuerNames.zh, timeOf(issuedAt), status, awaiting.map(({ part }) => part).join(",") || "-"];
}

function timeIn(text: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time) || time < 0) throw new InvalidArgumentError("a date or an RFC 3339 time, for example 2026-05-31");
  return time;
}

function heightIn(text: string): number {
  if (!/^[0-9]{1,15}$/.test(text)) throw new InvalidArgumentError("the height of a block");
  return Number(text);
}

function countIn(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > limitMax) throw new InvalidArgumentError(`a whole number from 1 to ${limitMax}`);
  return count;
}
