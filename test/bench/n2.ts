import type { BulkLine } from "@vermilion/member/services";
import { proposalOf } from "@vermilion/node/entries/proposal";
import { encodeProposalCall } from "@vermilion/node/peers/wire";
import type { Cleanup } from "./cleanup.ts";
import { durability, type Figure, percent, round, type Settings } from "./figure.ts";
import type { MachineLimits } from "./limits.ts";
import { benchFields, benchTypeId, outcomesAbove, signedStatus } from "./material.ts";
import { head, type Offered, offer, openSolo, type Ready, type Solo } from "./solo.ts";

/** What the reference offers, and the longest mean latency that it is measured against (`reference/field.md` section 4, N2 (i)). */
const offeredPerS = 2_550;
const entriesPerCall = 10;
/** Keys that lie there before, for each second of a run; the definition's million would take three quarters of an hour to issue. */
const keysPerSecond = 4_000;

/** N2 (i): read-modify-write of keys drawn at random, at a fixed rate, whether the member keeps up or not. */
export async function measureN2(settings: Settings, limits: MachineLimits, cleanup: Cleanup): Promise<Figure> {
  const keys = Math.max(100, Math.round(settings.seconds * keysPerSecond));
  settings.progress(`N2: founding one member, issuing ${keys} certificates`);
  const solo = await openSolo(settings, cleanup);
  const certificates = await issueAll(solo, keys);
  const isSuspended = new Map<string, boolean>();
  const update = (count: number) => updates(solo, certificates, isSuspended, count);
  settings.progress("N2: warm-up");
  await offer(solo, await update(Math.round((offeredPerS * Math.min(2, settings.seconds)) / 2)), offeredPerS / 2);
  const runs: (Offered & { readonly outcomes: Readonly<Record<string, number>> })[] = [];
  for (let run = 1; run <= settings.runs; run++) {
    settings.progress(`N2: run ${run} of ${settings.runs}`);
    const ready = await update(Math.round(offeredPerS * settings.seconds));
    const { height } = await head(solo.running);
    const measured = await offer(solo, ready, offeredPerS);
    runs.push({ ...measured, outcomes: outcomesAbove(solo.file, height) });
  }
  await solo.running.close();
  const sum = (name?: string) =>
    runs
      .flatMap(({ outcomes }) => Object.entries(outcomes))
      .reduce((all, [outcome, count]) => all + (name === undefined || outcome === name ? count : 0), 0);
  const [worst] = runs.toSorted((one, other) => one.achievedPerS - other.achievedPerS);
  const achieved = worst?.achievedPerS ?? 0;
  const ratio = achieved / limits.p256ChecksPerS;
  return {
    definition: `One member of a consortium of one, in this process, below HTTP, with ${keys.toLocaleString("en")} certificates: one of them, drawn at random, is suspended or resumed by each entry, which reads its row and writes it anew with a step of its history. Open loop of ${offeredPerS} entries/s in calls of ${entriesPerCall}; latency from when an entry was due until it is published. The definition's million keys are fewer here.`,
    signed: "One ES256 signature an entry, checked before it is executed.",
    store: "SQLite (node:sqlite), one file",
    durability,
    result: {
      keys,
      offeredPerS,
      achievedPerS: achieved,
      latencyMs: worst?.latencyMs ?? null,
      committedWithoutRetry: round(sum("applied") / Math.max(1, sum()), 4),
      runs: runs.map(({ achievedPerS, latencyMs, outcomes }) => ({ achievedPerS, latencyMs, outcomes })),
    },
    limit: { name: "P-256 signature checks of this machine, one core", value: limits.p256ChecksPerS, unit: "1/s" },
    ratio: round(ratio, 4),
    explanation: `The worst of ${runs.length} runs took ${achieved} of ${offeredPerS} entries/s, ${percent(ratio)} of the checks that one core can make; latencies are those of blocks that wait for the disk.`,
    targets: [
      { name: "N2 (i)", required: false, wanted: offeredPerS, measured: achieved, unit: "entries/s", met: achieved >= offeredPerS * 0.98 },
    ],
  };
}

async function issueAll({ running }: Solo, count: number): Promise<readonly string[]> {
  async function* lines(): AsyncGenerator<BulkLine> {
    for (let at = 0; at < count; at++) yield { key: `n2-${at}`, act: { op: "issue", input: { type: benchTypeId, fields: benchFields() } } };
  }
  const issued: string[] = [];
  for await (const result of running.services.bulkCertificates(lines(), { app: "desk", operator: "bench" }, { waitMs: 60_000 })) {
    if ("refused" in result) throw new Error(`a certificate was refused: ${result.refused}`);
    issued.push(result.certificate);
  }
  return issued;
}

async function updates(solo: Solo, certificates: readonly string[], isSuspended: Map<string, boolean>, count: number): Promise<Ready> {
  const entries = [];
  for (let at = 0; at < count; at++) {
    const certificate = certificates[Math.floor(Math.random() * certificates.length)] ?? "";
    const suspended = isSuspended.get(certificate) ?? false;
    isSuspended.set(certificate, !suspended);
    entries.push(await signedStatus(solo.running.chain, solo.keys, suspended ? "resume" : "suspend", certificate));
  }
  const calls = [];
  for (let start = 0; start < count; start += entriesPerCall)
    calls.push(encodeProposalCall(entries.slice(start, start + entriesPerCall).map((entry) => proposalOf(entry, []))));
  return { calls, entries: count, entryBytes: entries[0]?.bytes.length ?? 0 };
}
