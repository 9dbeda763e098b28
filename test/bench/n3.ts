import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Fault } from "@vermilion/node";
import { proposalOf } from "@vermilion/node/entries/proposal";
import { encodeProposalCall, parseProposalAnswer } from "@vermilion/node/peers/wire";
import type { Cleanup } from "./cleanup.ts";
import { atRest, type BenchConsortium, type BenchMember, chainsOf, cpuNow, entriesOf, everywhere, startConsortium } from "./consortium.ts";
import { durability, type Figure, percent, round, type Settings, spreadOf } from "./figure.ts";
import type { MachineLimits } from "./limits.ts";
import { allApplied, entryKind, signedVerification } from "./material.ts";
import { countFor } from "./n0.ts";
import { largestShares, nowUs, profilesIn, type TimeShares } from "./profile.ts";

/** As the driver forwards them: at most 200 in a call. */
const entriesPerCall = 100;
const callsUnderWayPerMember = 4;
const callTimeoutMs = 30_000;
/** FISCO BCOS per core (reference/field.md, N3). */
const wantedPerS = 2_000;

/** N3: four members, four processes, every member checks and executes everything. */
export async function measureN3(settings: Settings, limits: MachineLimits, cleanup: Cleanup): Promise<Figure> {
  settings.progress("N3: starting four members");
  const consortium = await startConsortium(settings, cleanup);
  settings.progress("N3: warm-up");
  const warm = await oneRun(consortium, 400);
  const warmer = await oneRun(consortium, countFor(warm.perS, Math.min(3, settings.seconds)));
  const runs: Run[] = [];
  for (let run = 1; run <= settings.runs; run++) {
    const count = countFor(runs.at(-1)?.perS ?? warmer.perS, settings.seconds);
    settings.progress(`N3: run ${run} of ${settings.runs}, ${count} entries`);
    runs.push(await oneRun(consortium, count));
  }
  await consortium.stop();
  const time = await profiledRun(settings, cleanup, countFor(warmer.perS, Math.min(4, settings.seconds)));

  const perS = spreadOf(runs.map((run) => run.perS));
  const { cores } = settings.machine;
  const members = consortium.members.length;
  const checksPerS = perS.median * members;
  const ratio = checksPerS / (limits.p256ChecksPerS * cores);
  const cpu = cpuOf(runs);
  return {
    definition:
      "Four members as four processes on the real local platform (supervisor, SQLite, HTTP on 127.0.0.1 with RFC 9421 signatures, default log level). Entries are signed " +
      `before the clock starts, a quarter by each member's own key, and handed to the leader's door in calls of ${entriesPerCall} that are signed by a session of ` +
      `their author, as a follower forwards what its apps have given it, ${callsUnderWayPerMember} calls under way for each member; what the follower itself does before ` +
      "(authenticate the app, dry run, keep the proposal) is not in it. Every member checks every signature and executes every entry. The clock runs from the first call " +
      "until all four members have published the last entry; then four equal heads and states, and every entry once and applied in all four files, are checked. " +
      "Closed loop; the load comes from this process on the same machine.",
    signed: `One ES256 signature an entry, checked by all four; an acknowledgement and a cosignature a member and block. ${entryKind}.`,
    store: "SQLite (node:sqlite), one file a member, all on one disk",
    durability,
    result: {
      entriesPerS: { median: Math.round(perS.median), min: Math.round(perS.min), max: Math.round(perS.max) },
      entriesPerSPerCore: Math.round(perS.median / cores),
      runs: runs.map((run) => ({
        entries: run.entries,
        seconds: round(run.seconds, 2),
        entriesPerS: Math.round(run.perS),
        finalEverywhereAfterS: round(run.restSeconds, 2),
        blocks: run.batches.length,
        heads: run.head,
      })),
      entryBytes: warm.entryBytes,
      entriesPerBlock: spreadOf(runs.flatMap((run) => run.batches)),
      /** Terms that began during the measured runs: a leader that is only busy should not lose its place. */
      elections: runs.reduce((sum, run) => sum + run.elections, 0),
      callsSentAgain: runs.reduce((sum, run) => sum + run.sentAgain, 0),
      cpu,
      busyTimeShares: time?.shares ?? null,
    },
    limit: {
      name: `P-256 signature checks of this machine on ${cores} cores (one core's rate × ${cores}), of which each entry needs ${members}`,
      value: limits.p256ChecksPerS * cores,
      unit: "1/s",
    },
    ratio: round(ratio, 4),
    explanation: explain(ratio, cores, cpu, time),
    ...(time === undefined ? {} : { topCosts: time.top }),
    targets: [
      {
        name: "N3",
        required: false,
        wanted: wantedPerS,
        measured: Math.round(perS.median),
        unit: "entries/s",
        met: perS.median >= wantedPerS,
      },
    ],
  };
}

function explain(ratio: number, cores: number, cpu: ReturnType<typeof cpuOf>, time: TimeShares | undefined): string {
  const busy =
    cpu === null
      ? ""
      : `; the members kept ${cpu.coresUsed} of ${cores} cores busy (${cpu.membersMicrosPerEntry} µs an entry in all) and the load ${cpu.loadCoresUsed}`;
  const shares = time === undefined ? "" : `; of the members' busy time in a profiled run ${largestShares(time)}`;
  return `${percent(ratio)} of what four checks an entry alone would allow${busy}${shares}.`;
}

type Run = Awaited<ReturnType<typeof oneRun>>;

/** A run of its own under the profiler, on members that are started for it, since a profile costs time. */
async function profiledRun(settings: Settings, cleanup: Cleanup, count: number): Promise<TimeShares | undefined> {
  settings.progress("N3: one more run under the profiler");
  const profiles = join(cleanup.temporaryFolder(settings.folder), "profiles");
  mkdirSync(profiles);
  const consortium = await startConsortium(settings, cleanup, profiles);
  await oneRun(consortium, 400);
  const fromUs = nowUs();
  await oneRun(consortium, count);
  const toUs = nowUs();
  await consortium.stop();
  return profilesIn(profiles, { fromUs, toUs });
}

/** Puts entries on the ledger, for figures that need a larger one. */
export async function growBy(consortium: BenchConsortium, entries: number): Promise<void> {
  await oneRun(consortium, entries);
}

async function oneRun(consortium: BenchConsortium, count: number) {
  const { members, shown } = consortium;
  const before = await atRest(members);
  const ready = await prepare(consortium, count);
  const cpuBefore = cpuNow(members);
  const began = performance.now();
  const sentAgain = await Promise.all(members.map((member, at) => sendAll(members, member, ready.calls[at] ?? [])));
  const wanted = entriesOf(before) + count;
  await everywhere(members, (chain) => entriesOf(chain) >= wanted);
  const seconds = (performance.now() - began) / 1_000;
  const cpuAfter = cpuNow(members);
  const head = await atRest(members);
  const restSeconds = (performance.now() - began) / 1_000;
  const [stored] = members.map(({ database }) => allApplied(database, before.height, shown.certificate, count));
  return {
    entries: count,
    entryBytes: ready.entryBytes,
    seconds,
    restSeconds,
    perS: count / seconds,
    elections: head.term - before.term,
    sentAgain: sentAgain.reduce((sum, again) => sum + again, 0),
    batches: stored?.batches ?? [],
    head: `${members.length} equal: ${head.height} ${head.headHash}`,
    cpu:
      cpuBefore === undefined || cpuAfter === undefined
        ? undefined
        : { members: cpuAfter.members - cpuBefore.members, load: cpuAfter.load - cpuBefore.load },
  };
}

/** A quarter of the entries for each member, signed by it and packed into calls. */
async function prepare({ chain, members, shown }: BenchConsortium, count: number) {
  const calls: Uint8Array[][] = [];
  let entryBytes = 0;
  for (const [at, { keys }] of members.entries()) {
    const share = Math.floor(count / members.length) + (at < count % members.length ? 1 : 0);
    const entries = [];
    for (let made = 0; made < share; made++) entries.push(await signedVerification(chain, keys, shown));
    entryBytes = entries[0]?.bytes.length ?? entryBytes;
    const own = [];
    for (let start = 0; start < share; start += entriesPerCall)
      own.push(encodeProposalCall(entries.slice(start, start + entriesPerCall).map((entry) => proposalOf(entry, []))));
    calls.push(own);
  }
  return { calls, entryBytes };
}

/** Sends to whoever leads. Calls that the leader did not take are sent again: they are idempotent. Answers how many were. */
async function sendAll(members: readonly BenchMember[], from: BenchMember, calls: readonly Uint8Array[]): Promise<number> {
  const left = [...calls];
  let leader = await leaderOf(members);
  let sentAgain = 0;
  const send = async (): Promise<void> => {
    for (let body = left.shift(); body !== undefined; body = left.shift()) {
      while (!(await taken(from, leader, body))) {
        sentAgain += 1;
        await sleep(50);
        leader = await leaderOf(members);
      }
    }
  };
  await Promise.all(Array.from({ length: callsUnderWayPerMember }, send));
  return sentAgain;
}

async function taken(from: BenchMember, leader: string, body: Uint8Array): Promise<boolean> {
  try {
    return parseProposalAnswer(await from.peers.call(leader, "proposals", body, callTimeoutMs)).leading;
  } catch (cause) {
    if (cause instanceof Fault) return false;
    throw cause;
  }
}

async function leaderOf(members: readonly BenchMember[]): Promise<string> {
  const [first] = members;
  const chains = await chainsOf(members);
  const highest = chains.toSorted((one, other) => other.term - one.term).find(({ leader }) => leader !== null);
  return highest?.leader ?? first?.id ?? "";
}

function cpuOf(runs: readonly Run[]): { coresUsed: number; loadCoresUsed: number; membersMicrosPerEntry: number } | null {
  const seconds = runs.reduce((sum, run) => sum + run.seconds, 0);
  const entries = runs.reduce((sum, run) => sum + run.entries, 0);
  const used = runs.flatMap(({ cpu }) => (cpu === undefined ? [] : [cpu]));
  if (used.length < runs.length || seconds === 0) return null;
  const members = used.reduce((sum, cpu) => sum + cpu.members, 0);
  const load = used.reduce((sum, cpu) => sum + cpu.load, 0);
  return {
    coresUsed: round(members / seconds, 2),
    loadCoresUsed: round(load / seconds, 2),
    membersMicrosPerEntry: Math.round((members / entries) * 1e6),
  };
}
