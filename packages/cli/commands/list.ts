import type { CertificateFilter } from "@vermilion/client";
import { type Command, InvalidArgumentError } from "commander";
import { type Io, timeOf } from "../output.ts";
import { openSession, type SessionOptions, withApp } from "../session.ts";

interface Options extends SessionOptions {
  readonly json?: boolean;
  readonly type?: string;
  readonly issuer?: string;
  readonly holder?: string;
  readonly status?: CertificateFilter["status"];
  readonly number?: string;
  readonly missing?: string;
  readonly from?: number;
  readonly to?: number;
  readonly oldest?: boolean;
  readonly limit: number;
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
    .option("--limit <count>", `at most so many, 1 to ${limitMax}`, countIn, 20)
    .addHelpText(
      "after",
      `
Examples:
  $ vermilion list --as platform --type business-licence --status valid
  $ vermilion list --as inspection --missing inspection --limit 100 --json`,
    );
  withApp(command).action(async (options: Options) => {
    const { client } = await openSession(options);
    const filter = filterOf(options);
    const found: Found[] = [];
    await io.during("searching · 正在查询", async () => {
      for await (const item of client.eachCertificate(filter, { limit: Math.min(100, options.limit) })) {
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

type Found = Awaited<ReturnType<Awaited<ReturnType<typeof openSession>>["client"]["certificates"]>>["items"][number];

function filterOf({ type, issuer, holder, status, number, missing, from, to, oldest }: Options): CertificateFilter {
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

function countIn(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > limitMax) throw new InvalidArgumentError(`a whole number from 1 to ${limitMax}`);
  return count;
}
