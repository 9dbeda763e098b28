import { basename, join } from "node:path";
import type { Command } from "commander";
import { hashFile, save } from "../files.ts";
import { printSubmitted } from "../issued.ts";
import type { Io } from "../output.ts";
import { openSession, type SessionOptions, withApp } from "../session.ts";

interface Options extends SessionOptions {
  readonly receipts?: string;
  readonly key?: string;
  readonly json?: boolean;
}

const finalWaitS = 20;

export function deposit(program: Command, io: Io): void {
  const command = program
    .command("deposit")
    .description("Deposit the SHA-256 of files as evidence, all in one entry; the files stay here. 存证：只有摘要上链。")
    .argument("<files...>", "the originals")
    .option("--receipts <folder>", "save each file's receipt there, as <file>.evidence.json")
    .option("--key <key>", "Idempotency-Key: the same key never deposits twice")
    .addHelpText(
      "after",
      `
Examples:
  $ vermilion deposit contract.pdf photo.jpg --as tax --receipts .
  $ vermilion verify contract.pdf.evidence.json --policy policy.txt --document contract.pdf`,
    );
  withApp(command).action(async (files: readonly string[], options: Options) => {
    const hashed = await Promise.all(files.map(async (file) => ({ file, digest: await hashFile(file) })));
    const { client } = await openSession(options);
    const key = options.key === undefined ? {} : { idempotencyKey: options.key };
    const digests = [...new Set(hashed.map(({ digest }) => digest))];
    const deposited = await io.during("depositing · 正在存证", () => client.depositEvidence({ digests }, key));
    for (const { file, digest } of options.receipts === undefined ? [] : hashed) {
      const receipt = await io.during(`receipt of ${file} · 凭据`, () =>
        client.evidenceReceipt({ evidence: deposited.evidence, digest, wait: finalWaitS }),
      );
      await save(join(options.receipts ?? ".", `${basename(file)}.evidence.json`), `${JSON.stringify(receipt)}\n`);
    }
    if (options.json === true) return io.json(deposited);
    io.print(`evidence     ${deposited.evidence}`);
    io.print(`digests      ${deposited.count}, root ${deposited.root}`);
    printSubmitted(io, deposited);
  });
}
