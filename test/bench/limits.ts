import { generateKeyPairSync, hash, randomBytes, sign, verify } from "node:crypto";
import { closeSync, fdatasyncSync, fsyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Cleanup } from "./cleanup.ts";
import { type Latency, latencyOf, round, type Settings } from "./figure.ts";

/** What this machine can do at most, on one core and one disk, in the minute of the run: each figure is read beside these. */
export interface MachineLimits {
  /** Native crypto (OpenSSL through node:crypto), one thread, keys imported before, messages of 300 bytes. */
  readonly p256ChecksPerS: number;
  readonly p256SignsPerS: number;
  readonly ed25519ChecksPerS: number;
  readonly ed25519SignsPerS: number;
  readonly sha256Of300BytesPerS: number;
  /** Append `syncBytes` and fsync, one file. */
  readonly fsyncsPerS: number;
  readonly fdatasyncsPerS: number;
  readonly syncBytes: number;
  readonly fsyncMs: Latency;
  /** One row of 300 bytes a transaction, WAL, synchronous=FULL. */
  readonly sqliteCommitsPerS: number;
}

const messageBytes = 300;
/** A page of SQLite's log, the smallest thing that a commit syncs. */
const syncBytes = 4_096;

export function measureLimits(settings: Settings, cleanup: Cleanup): MachineLimits {
  settings.progress("machine limits");
  const forMs = Math.min(500, settings.seconds * 100);
  const folder = cleanup.temporaryFolder(settings.folder);
  const message = randomBytes(messageBytes);
  const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const ed25519 = generateKeyPairSync("ed25519");
  const p256Key = { key: p256.publicKey, dsaEncoding: "ieee-p1363" } as const;
  const p256Signature = sign("sha256", message, { key: p256.privateKey, dsaEncoding: "ieee-p1363" });
  const ed25519Signature = sign(null, message, ed25519.privateKey);
  const fsync = syncs(join(folder, "fsync"), forMs, fsyncSync);
  return {
    p256ChecksPerS: perSecond(forMs, () => verify("sha256", message, p256Key, p256Signature)),
    p256SignsPerS: perSecond(forMs, () => sign("sha256", message, { key: p256.privateKey, dsaEncoding: "ieee-p1363" })),
    ed25519ChecksPerS: perSecond(forMs, () => verify(null, message, ed25519.publicKey, ed25519Signature)),
    ed25519SignsPerS: perSecond(forMs, () => sign(null, message, ed25519.privateKey)),
    sha256Of300BytesPerS: perSecond(forMs, () => hash("sha256", message, "buffer")),
    fsyncsPerS: fsync.perSecond,
    fdatasyncsPerS: syncs(join(folder, "fdatasync"), forMs, fdatasyncSync).perSecond,
    syncBytes,
    fsyncMs: fsync.latency,
    sqliteCommitsPerS: sqliteCommits(join(folder, "commits.sqlite"), forMs),
  };
}

/** Calls a second of `work` in one thread, after a fifth of the time as warm-up. */
export function perSecond(forMs: number, work: () => unknown): number {
  run(forMs / 5, work);
  return Math.round(run(forMs, work));
}

function run(forMs: number, work: () => unknown): number {
  const began = performance.now();
  let calls = 0;
  let elapsed = 0;
  do {
    for (let i = 0; i < 10; i++) work();
    calls += 10;
    elapsed = performance.now() - began;
  } while (elapsed < forMs);
  return (calls / elapsed) * 1_000;
}

function syncs(file: string, forMs: number, sync: (descriptor: number) => void): { perSecond: number; latency: Latency } {
  const descriptor = openSync(file, "w");
  const page = randomBytes(syncBytes);
  const times: number[] = [];
  try {
    const rate = perSecond(forMs, () => {
      const began = performance.now();
      writeSync(descriptor, page);
      sync(descriptor);
      times.push(performance.now() - began);
    });
    const { p50, p95, p99, max } = latencyOf(times.map((ms) => ms * 1_000));
    return {
      perSecond: rate,
      latency: { p50: round(p50 / 1_000, 3), p95: round(p95 / 1_000, 3), p99: round(p99 / 1_000, 3), max: round(max / 1_000, 3) },
    };
  } finally {
    closeSync(descriptor);
  }
}

function sqliteCommits(file: string, forMs: number): number {
  const database = new DatabaseSync(file);
  try {
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE rows (id INTEGER PRIMARY KEY, bytes BLOB) STRICT");
    const insert = database.prepare("INSERT INTO rows (bytes) VALUES (?)");
    const bytes = randomBytes(messageBytes);
    return perSecond(forMs, () => insert.run(bytes));
  } finally {
    database.close();
  }
}
