import type { Command } from "commander";
import { printSubmitted } from "../issued.ts";
import { Failure, type Io, shown } from "../output.ts";
import { openSession, type SessionOptions, withApp } from "../session.ts";

interface Options extends SessionOptions {
  readonly fields: string;
  readonly purpose: string;
  readonly item: string;
  readonly basis: string;
  readonly part: string;
  readonly deadline?: string;
  readonly key?: string;
  readonly json?: boolean;
}

export function request(program: Command, io: Io): void {
  const command = program
    .command("request")
    .description(
      "Ask for fields of another agency's certificate. What the type's standing policy allows is granted at once. 申请查看字段。",
    )
    .argument("<certificate>", "identifier of the certificate")
    .requiredOption("--fields <a,b>", "names of the fields, with commas between")
    .requiredOption("--purpose <code>", "purpose (用途), a code of the consortium")
    .requiredOption("--item <code>", "service item (事项), a code")
    .requiredOption("--basis <code>", "legal basis or consent (依据), a code")
    .option("--part <part>", "part of the record", "main")
    .option("--deadline <when>", "30m, 12h, 7d or a date; default 7d, at most 30d")
    .option("--key <key>", "Idempotency-Key: the same key never asks twice")
    .addHelpText(
      "after",
      `
Examples:
  $ vermilion request 1.2.156.3005.2.… --as customs --fields enterpriseNameZh,creditCode \\
      --purpose customs-clearance --item import-declaration --basis standing-policy
  $ vermilion request 1.2.156.3005.2.… --as tax --fields registeredCapital --purpose tax-audit --item annual-audit --basis tax-law --deadline 2d`,
    );
  withApp(command).action(async (certificate: string, options: Options) => {
    const { purpose, item: serviceItem, basis, part, deadline, key } = options;
    const input = {
      certificate,
      part,
      fields: namesOf(options.fields),
      purpose,
      serviceItem,
      basis,
      ...(deadline === undefined ? {} : { deadline: momentOf(deadline, Date.now()) }),
    };
    const { client } = await openSession(options);
    const opened = await io.during("requesting · 正在申请", () =>
      client.openRequest(input, key === undefined ? {} : { idempotencyKey: key }),
    );
    if (options.json === true) return io.json(opened);
    io.print(`request      ${shown(opened.request)}`);
    io.print(`state        ${stateWords[opened.state ?? "pending"]}`);
    printSubmitted(io, opened);
  });
}

const stateWords = {
  pending: "pending: the owner decides · 待所有者审批",
  allowed: "allowed by standing policy: `vermilion read <request>` · 按常设授权允许，可读取",
  granted: "granted: `vermilion read <request>` · 已授权，可读取",
  refused: "refused · 已拒绝",
} as const;

function namesOf(list: string): string[] {
  const names = list.split(",").map((name) => name.trim());
  if (names.every((name) => name !== "")) return names;
  throw new Failure("malformed-fields", { zh: "--fields 应为以逗号分隔的字段名", en: "--fields takes names with commas between" }, 2);
}

const unitMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30m`, `12h`, `7d` from `now`, or a date or time of ISO 8601; ms since 1970. */
export function momentOf(text: string, now: number): number {
  const [, count, unit = ""] = /^([1-9][0-9]{0,4})([mhd])$/.exec(text) ?? [];
  const length = unitMs[unit];
  if (count !== undefined && length !== undefined) return now + Number(count) * length;
  const moment = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isSafeInteger(moment)) return moment;
  throw new Failure("malformed-deadline", { zh: "--deadline 应为 30m、12h、7d 或日期", en: "--deadline takes 30m, 12h, 7d or a date" }, 2);
}
