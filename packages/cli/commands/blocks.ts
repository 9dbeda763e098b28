import type { Block, Entry } from "@vermilion/client";
import type { Command } from "commander";
import { Failure, type Io, timeOf } from "../output.ts";
import { openSession, type SessionOptions, withApp } from "../session.ts";

interface Options extends SessionOptions {
  readonly json?: boolean;
  readonly limit: string;
}

/** `vermilion blocks [height|hash]`: the newest blocks, or one with its entries. */
export function blocks(program: Command, io: Io): void {
  const command = program
    .command("blocks")
    .description("The newest blocks; or one, by height or hash, with what its entries changed. 区块查询。")
    .argument("[block]", "height, or hash of the header")
    .option("--limit <count>", "of the newest, 1 to 100", "10")
    .addHelpText(
      "after",
      `
Examples:
  $ vermilion blocks --as platform
  $ vermilion blocks 17 --as customs --json`,
    );
  withApp(command).action(async (asked: string | undefined, options: Options) => {
    const { client } = await openSession(options);
    if (asked === undefined) {
      const { items } = await client.blocks({ limit: limitOf(options.limit) });
      if (options.json === true) return io.json({ items });
      io.table([["height", "time", "proposer", "term", "entries", "hash"], ...items.map(rowOf)]);
      return;
    }
    const block = /^[0-9]{1,15}$/.test(asked) ? await client.block({ height: Number(asked) }) : await client.blockByHash({ hash: asked });
    const { items: entries } = await client.entriesOfBlock({ height: block.height });
    if (options.json === true) return io.json({ ...block, entries });
    io.table([["height", "time", "proposer", "term", "entries", "hash"], rowOf(block)]);
    io.table([["place", "outcome", "changed", "transaction"], ...entries.map(entryRow)]);
  });
}

function rowOf({ height, time, proposer, term, count, hash }: Block): readonly string[] {
  // The first leaf of a block is its header's.
  return [`${height}`, timeOf(time), proposer, `${term}`, `${Math.max(0, count - 1)}`, hash];
}

function entryRow({ position, outcome, changed, transactionHash }: Entry): readonly string[] {
  return [`${position}`, outcome, changed.map(({ kind, id }) => `${kind} ${id}`).join(", ") || "-", transactionHash];
}

function limitOf(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 100) return limit;
  throw new Failure("usage", { zh: "--limit 应为 1 至 100 的整数", en: "--limit is a whole number from 1 to 100" }, 2);
}
