import { entryLifetimeDefaultMs } from "@vermilion/ledger";
import { currentMembership } from "@vermilion/member/state/membership";
import { unfinishedWork } from "@vermilion/member/unfinished";
import type { Clock, Ledger, Log, RaftStore } from "@vermilion/node/ports/index";
import { z } from "zod";
import { chainTable } from "../dynamodb/chain-table.ts";
import { pack, unpack } from "../dynamodb/items.ts";
import type { Table } from "../dynamodb/table.ts";
import { coordinatorPartition } from "../environment.ts";
import type { Meter } from "../lambda/meter.ts";
import type { Starter } from "./start.ts";

const healthTimeoutMs = 2_000;
/** Blocks of one look whose refusals are counted; a member that commits more a minute counts the rest in the next minutes. */
const blocksPerLookMax = 200;

export interface Watching {
  /** Chain id, hex; all of the following is of this chain. */
  readonly chain: string;
  readonly member: string;
  readonly ledger: Ledger;
  readonly raftStore: RaftStore;
  /** The Raft table, where the watchdog keeps what it saw last, beside the coordinator's item. */
  readonly raftTable: Table;
  readonly starter: Starter;
  readonly meter: Meter;
  readonly log: Log;
  readonly clock: Clock;
  readonly fetch: typeof globalThis.fetch;
}

/** What the last look saw: terms and blocks since then are what is new. */
interface Seen {
  readonly term: number;
  readonly height: number;
}

/** Once a minute: finds work that nobody was woken for, also what only the others know of, and measures. */
export async function watch(needs: Watching): Promise<{ readonly reasons: readonly string[]; readonly woken: boolean }> {
  await needs.starter.reviveLost();
  const reasons = [...(await unfinishedWork(needs)), ...(await whatOthersHave(needs))];
  const woken = reasons.length > 0;
  if (woken) needs.log.info("watchdog", { reasons, coordinator: await needs.starter.wake() });
  // Last: figures that cannot be taken must not keep the member from its work.
  await measure(needs);
  return { reasons, woken };
}

/** As much of a member's public health as is asked for here. */
const health = z.object({ chains: z.array(z.object({ chain: z.string(), height: z.number() })) });

/** A member that was away while the others committed hears of it from their public health: no key is needed to ask. */
async function whatOthersHave({ chain, ledger, member, fetch }: Watching): Promise<readonly string[]> {
  const own = (await ledger.published())?.height ?? -1;
  const others = (await currentMembership({ ledger }))?.members ?? [];
  const heights = await Promise.all(
    others
      .filter(({ id }) => id !== member)
      .map(async ({ id, url }) => {
        try {
          const response = await fetch(`${url}/v1/chains/${chain}/health`, { signal: AbortSignal.timeout(healthTimeoutMs) });
          const { chains } = health.parse(await response.json());
          return { id, height: chains.find((one) => one.chain === chain)?.height ?? -1 };
        } catch {
          // One that does not answer has nothing to tell; whether that matters is for the calls that need it.
          return { id, height: -1 };
        }
      }),
  );
  return heights.filter(({ height }) => height > own).map(({ id, height }) => `${id} is at height ${height}, this member at ${own}`);
}

async function measure({ chain, ledger, raftStore, raftTable, meter, clock }: Watching): Promise<void> {
  const [{ state }, published, finalSize, waiting, [oldest]] = await Promise.all([
    raftStore.load(),
    ledger.published(),
    ledger.finalSize(),
    raftStore.proposalCount(),
    raftStore.proposals(1, 1),
  ]);
  const now = clock.now();
  const height = published?.height ?? 0;
  const table = chainTable(raftTable, chain);
  const before = await lastSeen(table);
  const upTo = Math.min(height, before.height + blocksPerLookMax);
  meter.count("Height", height);
  meter.count("FinalSize", finalSize);
  meter.count("WaitingProposals", waiting);
  // A proposal says until when it is good; entries of this software are good for ten minutes.
  meter.count("CommitLagSeconds", oldest === undefined ? 0 : seconds(now - (oldest.until - entryLifetimeDefaultMs)));
  meter.count("FinalityLagSeconds", published === undefined || finalSize >= published.size ? 0 : seconds(now - published.time));
  meter.count("LeaderChanges", Math.max(0, (state?.term ?? 0) - before.term));
  meter.count("Amnesic", state?.amnesic === true ? 1 : 0);
  meter.count("RefusedEntries", await refusedBetween(ledger, before.height, upTo));
  await saveSeen(table, { term: state?.term ?? 0, height: upTo });
}

async function refusedBetween(ledger: Ledger, after: number, upTo: number): Promise<number> {
  if (upTo <= after) return 0;
  let refused = 0;
  for (const hash of await ledger.hashesFrom(after + 1, upTo - after)) {
    const block = await ledger.readBlock(hash);
    refused += block?.outcomes.filter(({ kind }) => kind === "refused").length ?? 0;
  }
  return refused;
}

function seconds(ms: number): number {
  return Math.max(0, Math.round(ms / 1_000));
}

/** Beside the coordinator's own item: the one partition of the table that the watchdog may write. */
const seenKey = { partition: coordinatorPartition, sort: "watchdog" };

async function lastSeen(table: Table): Promise<Seen> {
  const item = await table.get(seenKey);
  return item === undefined ? { term: 0, height: 0 } : unpack<Seen>(item);
}

async function saveSeen(table: Table, seen: Seen): Promise<void> {
  await table.write({ put: { ...seenKey, bytes: pack(seen) } });
}
