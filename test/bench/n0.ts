import { proposalOf } from "@vermilion/node/entries/proposal";
import { encodeProposalCall } from "@vermilion/node/peers/wire";
import type { Cleanup } from "./cleanup.ts";
import { durability, type Figure, percent, round, type Settings, spreadOf } from "./figure.ts";
import type { MachineLimits } from "./limits.ts";
import { allApplied, entryKind, type Shown, signedVerification } from "./material.ts";
import { largestShares, profiled } from "./profile.ts";
import { callsUnderWay, handIn, head, offer, openSolo, type Ready, type Solo } from "./solo.ts";

/** Entries of one call: what a busy peer forwards (`driver.ts`, 200 at most in a call). */
const entriesPerCall = 100;
/** What is offered in the open loop, of what the closed one has reached; in small calls, as they come in daily life. */
export const openLoopShare = 0.8;
export const openLoopPerCall = 10;
/** The design's N0 (section 9): 25,000 entries a second on 4 cores, per core for a process of one thread. */
const wantedPerS = 12_500;

/** N0: one member, everything below HTTP, in this process. */
export async function measureN0(settings: Settings, limits: MachineLimits, cleanup: Cleanup): Promise<Figure> {
  settings.progress("N0: founding one member");
  const solo = await openSolo(settings, cleanup);
  settings.progress("N0: warm-up");
  const warm = await oneRun(solo, 500);
  const warmer = await oneRun(solo, countFor(warm.perS, Math.min(2, settings.seconds)));
  const runs: Run[] = [];
  for (let run = 1; run <= settings.runs; run++) {
    const count = countFor(runs.at(-1)?.perS ?? warmer.perS, settings.seconds);
    settings.progress(`N0: run ${run} of ${settings.runs}, ${count} entries`);
    runs.push(await oneRun(solo, count));
  }
  const offeredPerS = spreadOf(runs.map((run) => run.perS)).median * openLoopShare;
  settings.progress(`N0: open loop, ${Math.round(offeredPerS)} entries/s offered`);
  const openLoop = await offer(solo, await prepare(solo, countFor(offeredPerS, settings.seconds), openLoopPerCall), offeredPerS);
  settings.progress("N0: one more run under the profiler");
  const count = countFor(warmer.perS, Math.min(3, settings.seconds));
  const checksBefore = solo.counts.checks;
  const ready = await prepare(solo, count);
  const time = await profiled(() => handIn(solo, ready));
  const checksPerEntry = (solo.counts.checks - checksBefore) / count;
  await solo.running.close();

  const perS = spreadOf(runs.map((run) => run.perS));
  const batches = spreadOf(runs.flatMap((run) => run.batches));
  const ratio = perS.median / limits.p256ChecksPerS;
  return {
    definition:
      `One member of a consortium of one, on the local platform (SQLite), below HTTP: entries that were signed before the clock starts are handed to ` +
      `the member's door in calls of ${entriesPerCall}, ${callsUnderWay} calls under way at a time; the clock runs from the first call until the last entry is ` +
      `published: checked, executed, in the tree, indexed by its hash, on disk, and read back from the file afterwards. Closed loop for what it can at most, load in the same process; ` +
      `then an open loop of ${percent(openLoopShare)} of that, whose latencies count from when an entry was due.`,
    signed: `One ES256 signature an entry. ${entryKind}.`,
    store: "SQLite (node:sqlite), one file",
    durability,
    result: {
      entriesPerS: { median: Math.round(perS.median), min: Math.round(perS.min), max: Math.round(perS.max) },
      openLoop,
      entriesPerSPerCore: Math.round(perS.median / spreadOf(runs.map((run) => run.cores)).median),
      coresUsed: round(spreadOf(runs.map((run) => run.cores)).median, 2),
      runs: runs.map((run) => ({
        entries: run.entries,
        seconds: round(run.seconds, 2),
        entriesPerS: Math.round(run.perS),
        blocks: run.batches.length,
      })),
      entryBytes: ready.entryBytes,
      entriesPerBlock: batches,
      signatureChecksPerEntry: round(checksPerEntry, 2),
      busyTimeShares: time.shares,
    },
    limit: { name: "P-256 signature checks of this machine, one core", value: limits.p256ChecksPerS, unit: "1/s" },
    ratio: round(ratio, 4),
    explanation:
      `${percent(ratio)} of what checking one signature an entry alone would allow: each entry is checked ${round(checksPerEntry, 1)} times here ` +
      `(${percent((checksPerEntry * perS.median) / limits.p256ChecksPerS)} of a core), and of the busy time of a profiled run ${largestShares(time)}.`,
    topCosts: time.top,
    targets: [
      {
        name: "N0",
        required: false,
        wanted: wantedPerS,
        measured: Math.round(perS.median),
        unit: "entries/s",
        met: perS.median >= wantedPerS,
      },
    ],
  };
}

type WithShown = Solo & { readonly shown: Shown };

async function prepare(solo: WithShown, count: number, perCall = entriesPerCall): Promise<Ready> {
  const entries = [];
  for (let made = 0; made < count; made++) entries.push(await signedVerification(solo.running.chain, solo.keys, solo.shown));
  const calls = [];
  for (let start = 0; start < count; start += perCall)
    calls.push(encodeProposalCall(entries.slice(start, start + perCall).map((entry) => proposalOf(entry, []))));
  return { calls, entries: count, entryBytes: entries[0]?.bytes.length ?? 0 };
}

type Run = Awaited<ReturnType<typeof oneRun>>;

async function oneRun(solo: WithShown, count: number) {
  const ready = await prepare(solo, count);
  const { height } = await head(solo.running);
  const cpu = process.cpuUsage();
  const seconds = await handIn(solo, ready);
  const { user, system } = process.cpuUsage(cpu);
  const stored = allApplied(solo.file, height, solo.shown.certificate, count);
  return { entries: count, seconds, perS: count / seconds, batches: stored.batches, cores: (user + system) / 1e6 / seconds };
}

export function countFor(perS: number, seconds: number): number {
  return Math.max(200, Math.round((perS * seconds) / 100) * 100);
}
