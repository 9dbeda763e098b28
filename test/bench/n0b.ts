import { proposalOf } from "@vermilion/member/entries/proposal";
import { encodeProposalCall } from "@vermilion/member/peers/wire";
import type { Cleanup } from "./cleanup.ts";
import { durability, type Figure, percent, round, type Settings, spreadOf } from "./figure.ts";
import type { MachineLimits } from "./limits.ts";
import { signedDeposit } from "./material.ts";
import { largestShares, profiled, type TimeShares } from "./profile.ts";
import { handIn, openSolo, type Solo } from "./solo.ts";

/** What is deposited, and how many of it a second are asked for. */
interface Kind {
  readonly name: string;
  readonly what: string;
  readonly digestsPerEntry: number;
  readonly entriesPerCall: number;
  /** What one entry counts for. */
  readonly counts: number;
  readonly unit: string;
  readonly wantedPerS: number;
}

const batches: Kind = {
  name: "N0b",
  what: "evidence.deposit of 1,000 digests: one operation, one signature, the digests in an attachment of 32 KB, proven one by one by an inner path",
  digestsPerEntry: 1_000,
  entriesPerCall: 4,
  counts: 1_000,
  unit: "digests/s",
  wantedPerS: 50_000,
};

const records: Kind = {
  name: "N1",
  what: "a record of 96 bytes under a key of its own, blindly written: evidence.deposit of three digests, the nearest of our operations to Fabric's create-asset of 100 bytes",
  digestsPerEntry: 3,
  entriesPerCall: 100,
  counts: 1,
  unit: "records/s",
  wantedPerS: 3_000,
};

export const measureN0b = (settings: Settings, limits: MachineLimits, cleanup: Cleanup) => measure(batches, settings, limits, cleanup);
export const measureN1 = (settings: Settings, limits: MachineLimits, cleanup: Cleanup) => measure(records, settings, limits, cleanup);

async function measure(kind: Kind, settings: Settings, limits: MachineLimits, cleanup: Cleanup): Promise<Figure> {
  settings.progress(`${kind.name}: founding one member`);
  const solo = await openSolo(settings, cleanup);
  const entriesFor = (perS: number, seconds: number) => Math.max(kind.entriesPerCall * 4, Math.round(perS * seconds));
  settings.progress(`${kind.name}: warm-up`);
  let last = await oneRun(kind, solo, kind.entriesPerCall * 8);
  last = await oneRun(kind, solo, entriesFor(last.perS, Math.min(2, settings.seconds)));
  const runs: Run[] = [];
  for (let run = 1; run <= settings.runs; run++) {
    settings.progress(`${kind.name}: run ${run} of ${settings.runs}`);
    runs.push(await oneRun(kind, solo, entriesFor(runs.at(-1)?.perS ?? last.perS, settings.seconds)));
  }
  const ready = await prepare(kind, solo, entriesFor(last.perS, Math.min(3, settings.seconds)));
  const time: TimeShares = await profiled(() => handIn(solo, ready));
  await solo.running.close();
  const perS = spreadOf(runs.map((run) => run.perS * kind.counts));
  const entriesPerS = perS.median / kind.counts;
  const ratio = entriesPerS / limits.p256ChecksPerS;
  return {
    definition: `One member of a consortium of one, in this process, below HTTP: ${kind.what}. Entries are signed before the clock starts, which runs until the last is published and on the disk. Closed loop.`,
    signed: "One ES256 signature an entry, checked before it is executed (K = 1).",
    store: "SQLite (node:sqlite), one file",
    durability,
    result: {
      perS: { median: Math.round(perS.median), min: Math.round(perS.min), max: Math.round(perS.max) },
      unit: kind.unit,
      entriesPerS: Math.round(entriesPerS),
      coresUsed: round(spreadOf(runs.map((run) => run.cores)).median, 2),
      runs: runs.map((run) => ({ entries: run.entries, seconds: round(run.seconds, 2) })),
      busyTimeShares: time.shares,
    },
    limit: { name: "P-256 signature checks of this machine, one core", value: limits.p256ChecksPerS, unit: "1/s" },
    ratio: round(ratio, 4),
    explanation: `${percent(ratio)} of what checking one signature an entry alone would allow on one core; of the busy time of a profiled run ${largestShares(time)}.`,
    targets: [
      {
        name: kind.name,
        required: false,
        wanted: kind.wantedPerS,
        measured: Math.round(perS.median),
        unit: kind.unit,
        met: perS.median >= kind.wantedPerS,
      },
    ],
  };
}

type Run = Awaited<ReturnType<typeof oneRun>>;

async function oneRun(kind: Kind, solo: Solo, entries: number) {
  const ready = await prepare(kind, solo, entries);
  const cpu = process.cpuUsage();
  const seconds = await handIn(solo, ready);
  const { user, system } = process.cpuUsage(cpu);
  return { entries, seconds, perS: entries / seconds, cores: (user + system) / 1e6 / seconds };
}

async function prepare({ digestsPerEntry, entriesPerCall }: Kind, solo: Solo, entries: number) {
  const made = [];
  for (let at = 0; at < entries; at++) made.push(await signedDeposit(solo.running.chain, solo.keys, digestsPerEntry));
  const calls = [];
  for (let start = 0; start < entries; start += entriesPerCall)
    calls.push(
      encodeProposalCall(made.slice(start, start + entriesPerCall).map(({ entry, attachment }) => proposalOf(entry, [attachment]))),
    );
  return { calls, entries, entryBytes: made[0]?.entry.bytes.length ?? 0 };
}
