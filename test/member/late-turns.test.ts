import { createHash } from "node:crypto";
import type { CommitCertificate } from "@vermilion/consensus";
import { chainRules } from "@vermilion/member/rules";
import { nativeCrypto } from "@vermilion/node";
import { followCommit, publishUpToHead } from "@vermilion/node/chain/commit";
import type { NodeContext } from "@vermilion/node/context";
import { KnownEntries } from "@vermilion/node/entries/known-entries";
import type { ExecutedBlock, Ledger, Standing } from "@vermilion/node/ports/index";
import { afterEach, expect, test } from "vitest";
import type { Cluster } from "../support/cluster.ts";
import { caller, good, leaderOf, openPermits, options, permitFields, servicesOf } from "./fixtures.ts";

/** A turn that is late meets what turns of other processes have done meanwhile. */

let cluster: Cluster | undefined;
afterEach(async () => cluster?.close());

test("a turn whose reads are overtaken by others that commit and publish finds nothing to do", async () => {
  cluster = await openPermits();
  const { ledger, raftStore } = cluster.node("tax").stores;
  const [genesis = ""] = await ledger.hashesFrom(0, 1);
  let isLate = true;
  const asOfThen = async <T>(then: T, now: () => Promise<T>): Promise<T> => {
    if (!isLate) return now();
    isLate = false;
    return then;
  };
  const late: Ledger = {
    ...ledger,
    head: () => asOfThen<{ height: number; hash: string } | undefined>({ height: 0, hash: genesis }, () => ledger.head()),
    published: () => asOfThen<Standing | undefined>({ height: 0, hash: genesis } as Standing, () => ledger.published()),
  };
  await publishUpToHead({
    ledger: late,
    raftStore,
    crypto: nativeCrypto,
    entries: new KnownEntries(nativeCrypto),
    rules: chainRules,
  } as NodeContext);
  expect((await ledger.published())?.hash).toBe((await ledger.head())?.hash);
});

test("a turn goes on to the certificate where another one moved the head half-way and ended", async () => {
  const nameOf = (height: number) => createHash("sha256").update(`${height}`).digest("hex");
  const blockAt = (height: number) => ({ previous: nameOf(height - 1), after: { height, hash: nameOf(height) } }) as ExecutedBlock;
  const blocks = new Map(Array.from({ length: 61 }, (_, height) => [nameOf(height), blockAt(height)]));
  let height = 0;
  let isFirst = true;
  const head = async () => ({ height, hash: nameOf(height) });
  const ledger = {
    head,
    published: head,
    saveCertificate: async () => undefined,
    readBlock: async (hash: string) => blocks.get(hash),
    async moveHead(expected: string | null, steps: readonly { readonly height: number }[]) {
      // Another process takes the first 50 steps before this one does, and is never seen again.
      if (isFirst) height = 50;
      isFirst = false;
      if (expected !== nameOf(height)) return "stale";
      height = steps.at(-1)?.height ?? height;
      return "moved";
    },
  };
  const certificate: CommitCertificate = { position: { term: 1, height: 60, hash: nameOf(60) }, acknowledgements: {} };
  await followCommit({ ledger } as unknown as NodeContext, certificate);
  expect(height).toBe(60);
});

test("a call whose turns are always overtaken is not refused: its entry waits, and others or the next tick see to it", async () => {
  let isOvertaken = false;
  cluster = await openPermits({
    platform: (_node, platform) => {
      const { raftStore } = platform;
      const save: typeof raftStore.save = async (...given) => (isOvertaken ? "stale" : raftStore.save(...given));
      return { ...platform, raftStore: { ...raftStore, save } };
    },
  });
  const leader = await leaderOf(cluster);
  isOvertaken = true;
  setTimeout(() => {
    isOvertaken = false;
  }, 300);
  const issued = good(await servicesOf(cluster, leader).issueCertificate({ type: "permit", fields: permitFields }, caller, options));
  expect(issued.outcome).toEqual({ kind: "applied" });
});

test("a process that was frozen looks again whether its store was set back meanwhile", async () => {
  let looks = 0;
  cluster = await openPermits({
    platform: (node, platform) => {
      const { raftStore } = platform;
      const isSetBack = () => {
        if (node.id === "tax") looks += 1;
        return raftStore.isSetBack();
      };
      return { ...platform, raftStore: { ...raftStore, isSetBack } };
    },
  });
  const { invocations } = cluster.node("tax").running!;
  await invocations.look(1_000);
  const before = looks;
  await invocations.look(1_000);
  expect(looks).toBe(before + 1);
});
