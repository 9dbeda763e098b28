import type { Client, Lookup } from "@vermilion/client";
import { nobleCrypto } from "@vermilion/client/noble-crypto";
import { lookupHashOf, sdJwtLengthMax, textOrUndefined } from "@vermilion/client/reading";
import type { Command } from "commander";
import { hashFile, isSmall, readBytes, save } from "../files.ts";
import { Failure, type Io, shown, timeOf } from "../output.ts";
import { openPublic, type SessionOptions, withAppOrUrl } from "../session.ts";

interface Options extends SessionOptions {
  readonly json?: boolean;
  readonly out?: string;
}

const hashForm = /^[0-9a-fA-F]{64}$/;

export function lookup(program: Command, io: Io): void {
  const command = program
    .command("lookup")
    .description("Ask any member what the ledger knows of a file or a hash. No account is needed. 按哈希或文件查询。")
    .argument(
      "<hash|file>",
      "a file here, or the SHA-256 of a transaction, an issuer-signed part, a document, a deposit or a file off the chain",
    )
    .option("--out <file>", "of a deposited document: save its receipt there, for `vermilion verify`")
    .addHelpText(
      "after",
      `
A file never leaves this computer: an SD-JWT is looked up by the SHA-256 of its issuer-signed part, a stored entry by its
transaction hash, any other file by its own SHA-256: as a deposited document, or as the content of a file that an agency keeps.
Of a deposited document everything from the document to the receipt is checked here.

Examples:
  $ vermilion lookup 3f0c…e1 --url http://127.0.0.1:7301
  $ vermilion lookup certificate.sd-jwt --url http://127.0.0.1:7303 --json
  $ vermilion lookup contract.pdf --url http://127.0.0.1:7304 --out contract.pdf.evidence.json`,
    );
  withAppOrUrl(command).action(async (target: string, options: Options) => {
    const hash = hashForm.test(target) ? target.toLowerCase() : await hashOfFile(target);
    const client = await openPublic(options);
    const found = await io.during("looking up · 正在查询", () => client.lookup({ hash }));
    const checked = await receiptOfDocument(io, client, hash, found, options.out);
    if (options.json === true) return io.json({ hash, ...found, ...(checked === undefined ? {} : { checked }) });
    io.print(`${found.kind} ${hash}`);
    io.table([
      ["  transaction", found.transactionHash],
      ["  outcome", found.outcome],
      ["  block", `${found.blockNumber}, ${timeOf(found.time)}`],
      ["  final", found.final ? "yes, cosigned by a quorum · 已最终确认" : "not yet · 尚未最终确认"],
      ...(found.issuer === null ? [] : [["  issuer", found.issuer]]),
      ...(found.part === null ? [] : [["  part", found.part]]),
      ...(found.file === null ? [] : [["  file", shown(found.file)]]),
      ...evidenceLines(found, checked),
      ["  receipt", shown(found.receipt)],
      ...(found.status === null
        ? []
        : [["  status", `${shown(found.status)}, as of block ${found.asOf.blockNumber} (${timeOf(found.asOf.time)}) · 截至该区块`]]),
    ]);
  });
}

/** Whether a receipt was checked, from the document to the cosigned tree head; undefined where there is no such way. */
async function receiptOfDocument(
  io: Io,
  client: Client,
  hash: string,
  { kind, evidence }: Lookup,
  out?: string,
): Promise<boolean | undefined> {
  if (kind !== "document" || evidence === null) {
    if (out !== undefined)
      throw new Failure("not-a-document", { zh: "--out 仅用于存证的文件", en: "--out is for documents that were deposited" }, 2);
    return undefined;
  }
  const receipt = await io.during("checking · 正在核验", () =>
    client.evidenceReceipt({ evidence: evidence.evidence, digest: hash, wait: 0 }),
  );
  if (out !== undefined) await save(out, `${JSON.stringify(receipt)}\n`);
  return receipt.final;
}

function evidenceLines({ evidence, also }: Lookup, checked: boolean | undefined): [string, string][] {
  const more = also.map(({ kind, transactionHash, blockNumber, issuer }): [string, string] => [
    "  also",
    `${kind} of ${shown(issuer ?? "-")}, block ${blockNumber}, transaction ${shown(transactionHash)}`,
  ]);
  if (evidence === null) return more;
  const { digest, count, root } = evidence;
  return [
    ["  deposit", shown(evidence.evidence)],
    ["  root", shown(root)],
    ...(digest === null ? [] : ([["  digest", `${digest.index + 1} of ${count}, ${digest.path.length} steps below the root`]] as const)),
    ...(checked === undefined
      ? []
      : ([
          ["  checked", checked ? "document, digest, root, entry, receipt: hold · 由文件到凭据均成立" : "not final yet · 尚未最终确认"],
        ] as const)),
    ...more,
  ].map(([name, text]) => [name, text]);
}

async function hashOfFile(file: string): Promise<string> {
  const text = (await isSmall(file, sdJwtLengthMax)) ? textOrUndefined(await readBytes(file, sdJwtLengthMax)) : undefined;
  const known = text === undefined ? undefined : lookupHashOf(text, nobleCrypto);
  return known?.hash ?? (await hashFile(file));
}
