import { proposalOf } from "@vermilion/node/entries/proposal";
import { encodeProposalCall } from "@vermilion/node/peers/wire";
import { accountProof, makeKey, type TestKey } from "../support/entries.ts";
import type { Cleanup } from "./cleanup.ts";
import { durability, type Figure, percent, round, type Settings, spreadOf, type Target } from "./figure.ts";
import type { MachineLimits } from "./limits.ts";
import { signedDeposit } from "./material.ts";
import { openLoopPerCall, openLoopShare } from "./n0.ts";
import { largestShares, profiled, type TimeShares } from "./profile.ts";
import { handIn, offer, openSolo, type Ready, type Solo } from "./solo.ts";

/** What is deposited, and how many of it a second are asked for. */
interface Kind {
  readonly name: string;
  readonly digestsPerEntry: number;
  readonly entriesPerCall: number;
  readonly openPerCall: number;
  /** What one entry counts for. */
  readonly counts: number;
  readonly unit: string;
  readonly wantedPerS: number;
  /** Signatures of an entry, each checked before it is executed. */
  readonly signatures: number;
}

const batches: Kind = {
  name: "N0b",
  digestsPerEntry: 1_000,
  entriesPerCall: 4,
  openPerCall: 1,
  counts: 1_000,
  unit: "digests/s",
  wantedPerS: 50_000,
  signatures: 1,
};

const records: Kind = {
  name: "N1, K = 1",
  digestsPerEntry: 3,
  entriesPerCall: 100,
  openPerCall: openLoopPerCall,
  counts: 1,
  unit: "records/s",
  wantedPerS: 3_000,
  signatures: 1,
};

/** The design's K = 3: beside the author's, two endorsements by keys that the chain knows. */
const endorsedRecords: Kind = { ...records, name: "N1, K = 3", wantedPerS: 1_500, signatures: 3 };

type Measured = Awaited<ReturnType<typeof measure>>;

export async function measureN0b(settings: Settings, limits: MachineLimits, cleanup: Cleanup): Promise<Figure> {
  const measured = await measure(batches, settings, cleanup);
  const what =
    "evidence.deposit of 1,000 digests: one operation, one signature, the digests in an attachment of 32 KB, proven one by one by an inner path";
  return figureOf(what, "One ES256 signature an entry, checked before it is executed.", measured, resultOf(measured), limits);
}

export async function measureN1(settings: Settings, limits: MachineLimits, cleanup: Cleanup): Promise<Figure> {
  const one = await measure(records, settings, cleanup);
  const three = await measure(endorsedRecords, settings, cleanup);
  const what =
    "a record of 96 bytes under a key of its own, blindly written: evidence.deposit of three digests, the nearest of our operations to Fabric's create-asset of 100 bytes";
  const signed =
    "K = 1: one ES256 signature an entry; K = 3: two endorsements more, by keys that the chain knows; each is checked before the entry is executed.";
  const figure = figureOf(what, signed, one, { ...resultOf(one), withThreeSignatures: resultOf(three) }, limits);
  return { ...figure, targets: [...figure.targets, targetOf(three)] };
}

function figureOf(
  what: string,
  signed: string,
  measured: Measured,
  result: Readonly<Record<string, unknown>>,
  limits: MachineLimits,
): Figure {
  const { perS, kind, time } = measured;
  const ratio = perS.median / kind.counts / limits.p256ChecksPerS;
  return {
    definition: `One member of a consortium of one, in this process, below HTTP: ${what}. Entries are signed before the clock starts, which runs until the last is published and on the disk. Closed loop, then an open loop of ${percent(openLoopShare)} of that.`,
    signed,
    store: "SQLite (node:sqlite), one file",
    durability,
    result,
    limit: { name: "P-256 signature checks of this machine, one core", value: limits.p256ChecksPerS, unit: "1/s" },
    ratio: round(ratio, 4),
    explanation: `${percent(ratio)} of what checking one signature an entry alone would allow on one core; of the busy time of a profiled run ${largestShares(time)}.`,
    topCosts: time.top,
    targets: [targetOf(measured)],
  };
}

function resultOf({ kind, perS, cores, runs, openLoop, checksPerEntry, time }: Measured) {
  return {
    perS: { median: Math.round(perS.median), min: Math.round(perS.min), max: Math.round(perS.max) },
    unit: kind.unit,
    entriesPerS: Math.round(perS.median / kind.counts),
    openLoop,
    entriesPerSPerCore: Math.round(perS.median / kind.counts / cores),
    coresUsed: cores,
    runs,
    signatureChecksPerEntry: checksPerEntry,
    busyTimeShares: time.shares,
  };
}

function targetOf({ kind, perS }: Measured): Target {
  const measured = Math.round(perS.median);
  return { name: kind.name, required: false, wanted: kind.wantedPerS, measured, unit: kind.unit, met: measured >= kind.wantedPerS };
}

async function measure(kind: Kind, settings: Settings, cleanup: Cleanup) {
  settings.progress(`${kind.name}: founding one member`);
  const solo = await openSolo(settings, cleanup);
  const endorsers = await endorsersOf(solo, kind.signatures - 1);
  const entriesFor = (perS: number, seconds: number) => Math.max(kind.entriesPerCall * 4, Math.round(perS * seconds));
  const oneRun = async (entries: number) => {
    const ready = await prepare(kind, solo, endorsers, entries, kind.entriesPerCall);
    const cpu = process.cpuUsage();
    const seconds = await handIn(solo, ready);
    const { user, system } = process.cpuUsage(cpu);
    return { entries, seconds: round(seconds, 2), perS: entries / seconds, cores: (user + system) / 1e6 / seconds };
  };
  settings.progress(`${kind.name}: warm-up`);
  let last = await oneRun(kind.entriesPerCall * 8);
  last = await oneRun(entriesFor(last.perS, Math.min(2, settings.seconds)));
  const runs: (typeof last)[] = [];
  for (let run = 1; run <= settings.runs; run++) {
    settings.progress(`${kind.name}: run ${run} of ${settings.runs}`);
    runs.push(await oneRun(entriesFor(runs.at(-1)?.perS ?? last.perS, settings.seconds)));
  }
  const perS = spreadOf(runs.map((run) => run.perS));
  settings.progress(`${kind.name}: open loop`);
  const offered = perS.median * openLoopShare;
  const open = await prepare(kind, solo, endorsers, entriesFor(offered, settings.seconds), kind.openPerCall);
  const openLoop = await offer(solo, open, offered);
  const ready = await prepare(kind, solo, endorsers, entriesFor(last.perS, Math.min(3, settings.seconds)), kind.entriesPerCall);
  const checksBefore = solo.counts.checks;
  const time: TimeShares = await profiled(() => handIn(solo, ready));
  const checksPerEntry = round((solo.counts.checks - checksBefore) / ready.entries, 2);
  await solo.running.close();
  return {
    kind,
    perS: { median: perS.median * kind.counts, min: perS.min * kind.counts, max: perS.max * kind.counts },
    cores: round(spreadOf(runs.map((run) => run.cores)).median, 2),
    runs: runs.map(({ entries, seconds }) => ({ entries, seconds })),
    openLoop,
    checksPerEntry,
    time,
  };
}

/** Accounts that the member registers, whose keys sign beside it. */
async function endorsersOf({ running, member }: Solo, count: number): Promise<readonly TestKey[]> {
  const keys = Array.from({ length: count }, () => makeKey("P-256"));
  for (const [at, key] of keys.entries()) {
    const account = { kind: "verifier", name: `endorser ${at}`, chain: running.chain, member } as const;
    const proof = JSON.stringify(accountProof(key, account));
    const given = { kind: account.kind, name: account.name, jwk: key.jwk, proof };
    const registered = await running.services.registerAccount(given, { app: "desk", operator: "bench" }, { waitMs: 20_000 });
    if ("refused" in registered) throw new Error(`an endorser was refused: ${registered.refused} ${registered.detail}`);
  }
  return keys;
}

async function prepare(
  { digestsPerEntry }: Kind,
  solo: Solo,
  endorsers: readonly TestKey[],
  entries: number,
  entriesPerCall: number,
): Promise<Ready> {
  const made = [];
  for (let at = 0; at < entries; at++) made.push(await signedDeposit(solo.running.chain, solo.keys, digestsPerEntry, endorsers));
  const calls = [];
  for (let start = 0; start < entries; start += entriesPerCall)
    calls.push(
      encodeProposalCall(made.slice(start, start + entriesPerCall).map(({ entry, attachment }) => proposalOf(entry, [attachment]))),
    );
  return { calls, entries, entryBytes: made[0]?.entry.bytes.length ?? 0 };
}
