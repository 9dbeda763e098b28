import { nobleCrypto } from "@vermilion/client/noble-crypto";
import { lookupHashOf, sdJwtLengthMax, textOrUndefined } from "@vermilion/client/reading";
import type { Command } from "commander";
import { hashFile, isSmall, readBytes } from "../files.ts";
import { type Io, shown, timeOf } from "../output.ts";
import { openPublic, type SessionOptions, withAppOrUrl } from "../session.ts";

interface Options extends SessionOptions {
  readonly json?: boolean;
}

const hashForm = /^[0-9a-fA-F]{64}$/;

export function lookup(program: Command, io: Io): void {
  const command = program
    .command("lookup")
    .description("Ask any member whether a transaction or a certificate is on the ledger. No account is needed. 按哈希或文件查询。")
    .argument("<hash|file>", "transaction hash, SHA-256 of an issuer-signed part, root of a file off the chain, or a file here")
    .addHelpText(
      "after",
      `
A file never leaves this computer: an SD-JWT is looked up by the SHA-256 of its issuer-signed part, a stored entry by its
transaction hash, any other file by its own SHA-256.

Examples:
  $ vermilion lookup 3f0c…e1 --url http://127.0.0.1:7301
  $ vermilion lookup certificate.sd-jwt --url http://127.0.0.1:7303 --json`,
    );
  withAppOrUrl(command).action(async (target: string, options: Options) => {
    const hash = hashForm.test(target) ? target.toLowerCase() : await hashOfFile(target);
    const client = await openPublic(options);
    const found = await io.during("looking up · 正在查询", () => client.lookup({ hash }));
    if (options.json === true) return io.json({ hash, ...found });
    io.print(`${found.kind} ${hash}`);
    io.table([
      ["  transaction", found.transactionHash],
      ["  outcome", found.outcome],
      ["  block", `${found.blockNumber}, ${timeOf(found.time)}`],
      ["  final", found.final ? "yes, cosigned by a quorum · 已最终确认" : "not yet · 尚未最终确认"],
      ...(found.issuer === null ? [] : [["  issuer", found.issuer]]),
      ...(found.part === null ? [] : [["  part", found.part]]),
      ...(found.status === null
        ? []
        : [["  status", `${shown(found.status)}, as of block ${found.asOf.blockNumber} (${timeOf(found.asOf.time)}) · 截至该区块`]]),
    ]);
  });
}

async function hashOfFile(file: string): Promise<string> {
  const text = (await isSmall(file, sdJwtLengthMax)) ? textOrUndefined(await readBytes(file, sdJwtLengthMax)) : undefined;
  const known = text === undefined ? undefined : lookupHashOf(text, nobleCrypto);
  return known?.hash ?? (await hashFile(file));
}
