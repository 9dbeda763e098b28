import { readdirSync, readFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { join } from "node:path";
import { type Cost, percent } from "./figure.ts";

/** The part of a V8 CPU profile that is read here (Chrome DevTools Protocol, Profiler.Profile). */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
    readonly children?: readonly number[] | undefined;
  }[];
  /** Microseconds of the monotonic clock. */
  readonly startTime: number;
  readonly samples?: readonly number[] | undefined;
  readonly timeDeltas?: readonly number[] | undefined;
}

/** Shares of the time in which the process was not idle, largest first. */
export interface TimeShares {
  readonly busyMs: number;
  readonly shares: Readonly<Record<string, number>>;
  readonly top: readonly Cost[];
}

/** Profiles this process while `work` runs. */
export async function profiled(work: () => Promise<unknown>): Promise<TimeShares> {
  const session = new Session();
  session.connect();
  try {
    await session.post("Profiler.enable");
    await session.post("Profiler.start");
    await work();
    const { profile } = await session.post("Profiler.stop");
    return timeShares([profile]);
  } finally {
    session.disconnect();
  }
}

/** A stretch of the monotonic clock, which all processes of a computer share, in microseconds. */
export interface Window {
  readonly fromUs: number;
  readonly toUs: number;
}

export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

/** The profiles that processes have left in `folder` when they ended, added up within `window`. Undefined where there are none. */
export function profilesIn(folder: string, window: Window): TimeShares | undefined {
  const files = readdirSync(folder).filter((name) => name.endsWith(".cpuprofile"));
  if (files.length === 0) return undefined;
  return timeShares(
    files.map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as CpuProfile),
    window,
  );
}

/**
 * What a sample is counted as is decided by the innermost frame that one of the rows knows: native code has no file of its own, so the time
 * of OpenSSL and SQLite stands under the function that called it.
 */
const kinds: readonly { readonly name: string; readonly holds: (frame: { functionName: string; url: string }) => boolean }[] = [
  { name: "idle", holds: ({ functionName }) => functionName === "(idle)" },
  { name: "garbage collection", holds: ({ functionName }) => functionName === "(garbage collector)" },
  { name: "signatures (OpenSSL)", holds: ({ url }) => url === "node:internal/crypto/sig" || url === "node:internal/crypto/keys" },
  { name: "hashing", holds: ({ url }) => url === "node:internal/crypto/hash" },
  {
    name: "commits and syncs (SQLite)",
    holds: ({ url, functionName }) => url.includes("/local/sqlite/writer") && functionName === "commitGroup",
  },
  { name: "rows (SQLite)", holds: ({ url }) => url.includes("/local/sqlite/") },
  { name: "parsing entries and JSON", holds: ({ url }) => /\/packages\/ledger\/(json|entry|signed|bytes|names|keys|hash)\.ts$/.test(url) },
  { name: "tree and state hash", holds: ({ url }) => /\/packages\/ledger\/(tree|tiles|leaf|state)/.test(url) },
  { name: "contracts", holds: ({ url }) => url.includes("/packages/contracts/") || url.includes("/node_modules/zod/") },
  { name: "consensus", holds: ({ url }) => url.includes("/packages/consensus/") },
  { name: "member layer", holds: ({ url }) => url.includes("/packages/member/") || url.includes("/packages/node/") },
  {
    name: "HTTP and peers' signatures",
    holds: ({ url }) =>
      /\/packages\/(api|local)\/|\/node_modules\/(hono|@hono|http-message)|node:(_http|internal\/streams|net|buffer|internal\/(webstreams|deps\/undici))/.test(
        url,
      ),
  },
  { name: "loading code", holds: ({ url }) => /node:internal\/(modules|process\/esm|vm|bootstrap)|amaro/.test(url) },
];
const otherKind = "everything else";

function timeShares(profiles: readonly CpuProfile[], window: Window = { fromUs: 0, toUs: Number.POSITIVE_INFINITY }): TimeShares {
  const micros = new Map<string, number>();
  const own = new Map<string, number>();
  for (const profile of profiles) addProfile(profile, window, micros, own);
  micros.delete("idle");
  // Code is loaded once a start and not once an entry.
  micros.delete("loading code");
  const busy = [...micros.values()].reduce((sum, value) => sum + value, 0);
  const sorted = [...micros].toSorted(([, one], [, other]) => other - one);
  const shares = Object.fromEntries(sorted.map(([name, value]) => [name, Math.round((value / Math.max(busy, 1)) * 1_000) / 1_000]));
  return { busyMs: Math.round(busy / 1_000), shares, top: topOf(own, busy) };
}

const topCount = 15;

function topOf(own: ReadonlyMap<string, number>, busy: number): readonly Cost[] {
  return [...own]
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, topCount)
    .map(([place, micros]) => {
      const [name = "", file = ""] = place.split("\n");
      return { share: Math.round((micros / Math.max(busy, 1)) * 1_000) / 1_000, function: name, file };
    });
}

function placeOf({ functionName, url }: { functionName: string; url: string }): string {
  const file = /(?:packages|test|node_modules)\/.*$/.exec(url)?.[0] ?? url;
  return `${functionName || "(anonymous)"}\n${file}`;
}

function addProfile(
  { nodes, startTime, samples = [], timeDeltas = [] }: CpuProfile,
  window: Window,
  micros: Map<string, number>,
  own: Map<string, number>,
): void {
  const kindOf = new Map<number, string>();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const [root] = nodes;
  const open: { id: number; inherited: string }[] = root === undefined ? [] : [{ id: root.id, inherited: otherKind }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const node = byId.get(next.id);
    if (node === undefined) continue;
    const kind = kinds.find(({ holds }) => holds(node.callFrame))?.name ?? next.inherited;
    kindOf.set(node.id, kind);
    for (const child of node.children ?? []) open.push({ id: child, inherited: kind });
  }
  let at = startTime;
  for (const [place, id] of samples.entries()) {
    const delta = timeDeltas[place] ?? 0;
    at += delta;
    if (at < window.fromUs || at > window.toUs) continue;
    const kind = kindOf.get(id) ?? otherKind;
    micros.set(kind, (micros.get(kind) ?? 0) + delta);
    const frame = byId.get(id)?.callFrame;
    if (frame === undefined || kind === "idle" || kind === "loading code") continue;
    own.set(placeOf(frame), (own.get(placeOf(frame)) ?? 0) + delta);
  }
}

/** "38 % signatures (OpenSSL), 21 % rows (SQLite), …": the four largest. */
export function largestShares({ shares }: TimeShares): string {
  return Object.entries(shares)
    .slice(0, 4)
    .map(([name, share]) => `${percent(share)} ${name}`)
    .join(", ");
}
