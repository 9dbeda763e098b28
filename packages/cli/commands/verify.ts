import { readEvidenceReceipt } from "@vermilion/client/evidence-receipt";
import { nobleCrypto } from "@vermilion/client/noble-crypto";
import { entryBytesMax, receiptBytesMax, sdJwtLengthMax } from "@vermilion/client/reading";
import { type OfflineInput, type OfflineVerdicts, type Unreadable, verifyOffline } from "@vermilion/client/verify";
import type { Command } from "commander";
import { entryBeside, hashFile, readBytes, readIfThere, readText } from "../files.ts";
import { bilingual, Failure, type Io, shown, timeOf } from "../output.ts";

interface Options {
  readonly policy: string;
  readonly entry?: string | false;
  readonly sdJwt?: string;
  readonly document?: string;
  readonly statusList?: string;
  readonly genesis?: string;
  readonly json?: boolean;
}

const policyBytesMax = 1024 * 1024;
const genesisBytesMax = 512 * 1024;
const statusListBytesMax = 6 * 1024 * 1024;

export function verify(program: Command, io: Io): void {
  program
    .command("verify")
    .description("Verify a receipt with no network: integrity, status, issuer. 离线核验凭据：完整性、状态、签发机构。")
    .argument("<receipt>", "the receipt: a C2SP tlog-proof, or that of a deposited digest (JSON)")
    .requiredOption("--policy <file>", "whose cosignatures count (C2SP tlog-policy), from a source that you trust")
    .option("--entry <file>", "the entry; default <receipt name>.entry.json if it is there")
    .option("--no-entry", "do not look for the entry")
    .option("--sd-jwt <file>", "a certificate that the entry is to have issued; needs the entry")
    .option("--document <file>", "a document that the entry is to carry (attachment or issuer-signed part); needs the entry")
    .option("--status-list <file>", "a status list token of the issuer")
    .option("--genesis <file>", "the signed genesis file: gives the issuer's key")
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      `
Three verdicts: integrity (holds, fails), status (never plain "valid": not-checked, not-revoked-as-of, suspended, revoked, expired),
issuer (holds, fails, unknown; not-checked where no SD-JWT is given).

Exit code:
  0  integrity holds, the issuer holds where an SD-JWT is given, and it is not known to be revoked, suspended or expired
  1  one of these fails, or a status list or genesis was given that does not fit
  2  an input cannot be read

Examples:
  $ vermilion verify r.tlog-proof --policy policy.txt
  $ vermilion verify r.tlog-proof --policy policy.txt --sd-jwt certificate.sd-jwt --genesis genesis.json
  $ vermilion verify r.tlog-proof --policy policy.txt --document contract.pdf --json
  $ vermilion verify contract.pdf.evidence.json --policy policy.txt --document contract.pdf`,
    )
    .action(async (receipt: string, options: Options) => {
      const input = await readInput(receipt, options);
      const result = await io.during("verifying · 正在核验", () => verifyOffline(input));
      if ("unreadable" in result) throw unreadable(result);
      io.exitCode = result.passed ? 0 : 1;
      if (options.json === true) io.json(result);
      else printVerdicts(io, result);
    });
}

async function readInput(receipt: string, options: Options): Promise<OfflineInput> {
  const { policy, sdJwt, document, statusList, genesis } = options;
  const text = await readText(receipt, receiptBytesMax + entryBytesMax);
  const deposited = readEvidenceReceipt(text);
  if (deposited !== undefined && "malformed" in deposited)
    throw new Failure("malformed-receipt", { zh: "该JSON不是存证凭据", en: "this JSON is not the receipt of a deposited digest" }, 2);
  const entry = deposited?.entry ?? (await readEntry(receipt, options.entry));
  return {
    receipt: deposited?.receipt ?? text,
    ...(deposited === undefined ? {} : { innerPath: deposited.innerPath, document: { sha256: deposited.digest } }),
    policy: await readText(policy, policyBytesMax),
    crypto: nobleCrypto,
    ...(entry === undefined ? {} : { entry }),
    ...(sdJwt === undefined ? {} : { sdJwt: await readText(sdJwt, sdJwtLengthMax) }),
    ...(document === undefined ? {} : { document: { sha256: await hashFile(document) } }),
    ...(statusList === undefined ? {} : { statusList: await readText(statusList, statusListBytesMax) }),
    ...(genesis === undefined ? {} : { genesis: await readText(genesis, genesisBytesMax) }),
  };
}

/** Commander gives `true` for an entry that was neither named nor ruled out: then the sibling counts if it is there. */
async function readEntry(receipt: string, entry: string | boolean | undefined): Promise<Uint8Array | undefined> {
  if (entry === false) return undefined;
  return typeof entry === "string" ? readBytes(entry, entryBytesMax) : readIfThere(entryBeside(receipt), entryBytesMax);
}

function unreadable({ unreadable: which, code, reason, detail }: Unreadable): Failure {
  const more = detail === undefined ? "" : ` (${detail})`;
  return new Failure(code, { zh: `无法读取 ${which}：${reason.zh}`, en: `the ${which} is unreadable: ${reason.en}${more}` }, 2);
}

function printVerdicts(io: Io, { passed, integrity, status, issuer, facts }: OfflineVerdicts): void {
  const asOf = status.asOf === undefined ? "" : ` ${timeOf(status.asOf)}`;
  const by = issuer.issuer === undefined ? "" : ` (${issuer.issuer})`;
  io.table([
    ["integrity  完整性", integrity.verdict, bilingual(integrity.reason)],
    ["status     状态", `${status.verdict}${asOf}`, bilingual(status.reason)],
    ["issuer     签发机构", `${issuer.verdict}${by}`, bilingual(issuer.reason)],
  ]);
  const { origin, index, size, outcome, cosigners, transactionHash, operations, author, entryTime, certificate, type, part, fields } =
    facts;
  const rows: (readonly [string, string | undefined])[] = [
    ["ledger", origin],
    ["leaf", index === undefined ? undefined : `${index} of ${size}, ${outcome}`],
    ["cosigned by", cosigners?.map(({ name, time }) => `${name} (${timeOf(time)})`).join(", ")],
    ["transaction", transactionHash],
    ["operation", operations?.join(", ")],
    ["signed by", author],
    ["signed at", entryTime === undefined ? undefined : timeOf(entryTime)],
    ["type", type === undefined ? undefined : `${type.id}, version ${type.version}`],
    ["certificate", certificate === undefined ? undefined : `${certificate}, part ${part}`],
    ...Object.entries(fields ?? {}).map(([name, value]) => [`  ${name}`, shown(value)] as const),
  ];
  io.print("");
  io.table(rows.flatMap(([name, value]) => (value === undefined ? [] : [[`  ${name}`, value]])));
  io.print("");
  io.print(passed ? "PASSED · 通过" : "FAILED · 未通过");
}
