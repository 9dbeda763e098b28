import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { chainRules } from "@vermilion/member/rules";
import { Fault, found, type GenesisFile, nativeCrypto } from "@vermilion/node";
import type { Keys, Peers } from "@vermilion/node/ports/index";
import { memberIds } from "../../member/fixtures.ts";
import { eventually } from "../../support/cluster.ts";
import { makeMember } from "../../support/entries.ts";
import { type MemoryTable, memoryTable } from "../../support/memory/index.ts";
import { memoryKeys } from "../../support/memory-keys.ts";
import { Account, fastPace, type Misfortune, withinTimeout } from "./account.ts";

/** Four members, each in its own account, and the calls between them. */

export interface Network {
  readonly lost: () => boolean;
  readonly misfortune: Misfortune;
  readonly tickMs?: number;
}

export const calm: Network = { lost: () => false, misfortune: { death: () => false, lostWakeUp: () => false } };

/** What a test may put between an account and what it pays for. */
export interface Counting {
  readonly table?: (id: string, table: MemoryTable) => MemoryTable;
  readonly keys?: (id: string, keys: Keys) => Keys;
  /** A peer's call has been answered by `to`; the bytes of both ways. */
  readonly called?: (to: string, bytes: number) => void;
}

/** `further`: those of the members that are on a second chain as well. */
export async function openAccounts(
  network: Network,
  counting: Counting = {},
  further: readonly string[] = [],
): Promise<Map<string, Account>> {
  const identities = memberIds.map((id) => makeMember(id));
  const founders = identities.map((identity) => ({
    about: { id: identity.id, names: { zh: identity.id, en: identity.id }, uscc: identity.uscc, url: `https://${identity.id}.example` },
    keys: counting.keys?.(identity.id, memoryKeys(identity)) ?? memoryKeys(identity),
  }));
  const genesis = await founded("life.example", founders);
  const onBoth = founders.filter(({ about }) => further.includes(about.id));
  const second = further.length === 0 ? undefined : await founded("side.example", onBoth);
  const accounts = new Map<string, Account>();
  const callPeer =
    (from: string, chain: string): Peers["call"] =>
    async (to, call, body, timeoutMs) => {
      const target = accounts.get(to);
      if (target === undefined || network.lost()) throw new Fault("peer-unreachable", "lost on the way");
      const answer = await withinTimeout(
        target.invoke((member) => member.peerDoor.handle(from, call, body), call === "proposals" ? "entries" : "message", chain),
        timeoutMs,
      ).catch((error: unknown) => {
        throw error instanceof Fault ? error : new Fault("peer-unreachable", "it ended");
      });
      counting.called?.(to, body.length + answer.length);
      if (network.lost()) throw new Fault("peer-unreachable", "the answer was lost");
      return answer;
    };
  const { misfortune, tickMs = fastPace.tickMs } = network;
  for (const { about, keys } of founders) {
    const table = counting.table?.(about.id, memoryTable()) ?? memoryTable();
    const geneses = second !== undefined && further.includes(about.id) ? [genesis, second] : [genesis];
    accounts.set(about.id, new Account(about.id, { geneses, keys, callPeer, misfortune, table, pace: { ...fastPace, tickMs } }));
  }
  return accounts;
}

async function founded(name: string, founders: Parameters<typeof found>[1]): Promise<GenesisFile> {
  const about = { name, names: { zh: name, en: name }, time: Date.now() - 1_000, id: randomBytes(16).toString("hex") };
  const genesis = await found(about, founders, nativeCrypto, chainRules);
  if ("refused" in genesis) throw new Error(genesis.detail);
  return genesis;
}

/** The watchdogs look until nobody finds anything to do on the chain, the main one by default. */
export async function settle(accounts: ReadonlyMap<string, Account>, chain?: string): Promise<void> {
  await eventually(async () => {
    const all = [...accounts.values()].filter(({ chains }) => chain === undefined || chains.some((one) => one.chain === chain));
    const heights = await Promise.all(all.map(async (account) => (await account.of(chain).stores.ledger.published())?.height ?? -1));
    const found = await Promise.all(all.map((account) => account.watch(heights, chain)));
    await sleep(100);
    return found.every((reasons) => reasons.length === 0);
  }, 60_000);
}
