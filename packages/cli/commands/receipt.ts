import { setTimeout } from "node:timers/promises";
import { type Client, ClientProblem } from "@vermilion/client";
import type { Command } from "commander";
import { entryBeside, save } from "../files.ts";
import { Failure, type Io } from "../output.ts";
import { openPublic, type SessionOptions, withAppOrUrl } from "../session.ts";
import { secondsOf } from "./read.ts";

interface Options extends SessionOptions {
  readonly out: string;
  readonly entry?: boolean;
  readonly policy?: string;
  readonly genesis?: string;
  readonly wait: string;
  readonly json?: boolean;
}

type ReceiptAnswer = Awaited<ReturnType<Client["receipt"]>>;

/** What a member answers while the transaction waits for its block or the block for its quorum. */
const notYetCodes: ReadonlySet<string> = new Set(["not-final-yet", "no-checkpoint"]);
const pauseMs = 300;
const hashForm = /^[0-9a-f]{64}$/;
/** Longest wait that one call asks a member for, seconds. */
const waitPerCallS = 5;

export function receipt(program: Command, io: Io): void {
  const command = program
    .command("receipt")
    .description("Save the receipt of a transaction, once a quorum has cosigned it, and what a verifier needs beside it. 保存存证凭据。")
    .argument("<transaction|certificate>", "transaction hash, or identifier of a certificate for the entry that issued it")
    .requiredOption("--out <file>", "where to save the receipt; usually ends in .tlog-proof")
    .option("--entry", "save the entry beside it, as <same name>.entry.json; needed to verify an SD-JWT or a document")
    .option("--policy <file>", "save the policy too: whose cosignatures count")
    .option("--genesis <file>", "save the signed genesis file too: the founders and their keys")
    .option("--wait <seconds>", "longest wait for the quorum", "15")
    .addHelpText(
      "after",
      `
A verifier should have policy and genesis from a source that he trusts, not from whoever hands him the receipt.

Examples:
  $ vermilion receipt <transaction> --out r.tlog-proof
  $ vermilion receipt <transaction> --out r.tlog-proof --entry --policy policy.txt --genesis genesis.json`,
    );
  withAppOrUrl(command).action(async (name: string, options: Options) => {
    const client = await openPublic(options);
    const transaction = hashForm.test(name) ? name : (await client.certificate({ certificate: name })).transaction;
    const waitS = secondsOf(options.wait);
    const found = await io.during("waiting for the quorum · 正在等待联署", () => finalReceipt(client, transaction, waitS));
    const saved: Record<string, string> = { receipt: options.out };
    await save(options.out, found.receipt);
    if (options.entry === true) {
      saved["entry"] = entryBeside(options.out);
      await save(saved["entry"], (await client.entry({ transactionHash: transaction })).entry);
    }
    if (options.policy !== undefined) {
      saved["policy"] = options.policy;
      await save(options.policy, await client.policy());
    }
    if (options.genesis !== undefined) {
      saved["genesis"] = options.genesis;
      await save(options.genesis, await genesisOf(client));
    }
    if (options.json === true) return io.json({ transactionHash: transaction, leafIndex: found.leafIndex, size: found.size, saved });
    io.table(Object.entries(saved));
  });
}

async function finalReceipt(client: Client, transaction: string, waitS: number): Promise<ReceiptAnswer> {
  const giveUpAt = Date.now() + waitS * 1000;
  for (;;) {
    const leftS = Math.ceil((giveUpAt - Date.now()) / 1000);
    const found = await receiptNow(client, transaction, Math.max(0, Math.min(waitPerCallS, leftS)));
    if (found?.final === true) return found;
    if (Date.now() >= giveUpAt) {
      throw new Failure("not-final-yet", {
        zh: "联署成员未达到法定数，凭据未保存，请稍后再试",
        en: "too few members have cosigned yet; nothing was saved, try again later",
      });
    }
    // A member that answers at once is not asked without end.
    await setTimeout(pauseMs);
  }
}

/** Undefined while the member has nothing to show for the transaction yet. */
async function receiptNow(client: Client, transaction: string, waitS: number): Promise<ReceiptAnswer | undefined> {
  try {
    return await client.receipt({ transactionHash: transaction, wait: waitS });
  } catch (error) {
    if (error instanceof ClientProblem && notYetCodes.has(error.code)) return undefined;
    throw error;
  }
}

/** The genesis file of the chain, made of the two things that it holds. What it is worth is for the verifier to check. */
async function genesisOf(client: Client): Promise<string> {
  const [{ items }, header] = await Promise.all([client.entriesOfBlock({ height: 0 }), client.header({ height: 0 })]);
  const [first] = items;
  if (first === undefined) throw new Failure("no-genesis", { zh: "成员没有给出创世条目", en: "the member gave no genesis entry" });
  return `${JSON.stringify({ version: 1, entry: first.entry, header }, undefined, 2)}\n`;
}
