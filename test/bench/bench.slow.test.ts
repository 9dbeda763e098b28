import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { debianProgram } from "../support/debian.ts";
import { readmeTable, savedResults } from "./results.ts";

const bench = fileURLToPath(new URL("bench.ts", import.meta.url));
const run = (...args: string[]) => promisify(execFile)(process.execPath, [bench, ...args], { maxBuffer: 10_000_000 });

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "vermilion-test-"));
  // PostgreSQL runs as a user of its own where the test is root.
  chmodSync(made, 0o755);
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

const above0 = expect.toSatisfy((value: unknown) => typeof value === "number" && value > 0, "a number above 0");
const spread = { median: above0, min: above0, max: above0 };
const latency = { p50: above0, p95: above0, p99: above0, max: above0 };
const offered = { offeredPerS: above0, achievedPerS: above0, latencyMs: latency };
const sentence = expect.stringMatching(/^.{40,}$/s);

/** What every figure says, whatever it measures. */
const figure = {
  definition: sentence,
  signed: sentence,
  store: expect.any(String),
  durability: expect.any(String),
  limit: { name: expect.any(String), value: above0, unit: expect.any(String) },
  ratio: above0,
  explanation: sentence,
};

/** Targets are printed with what was measured; whether they are met is never asserted, but that `met` says what the numbers say is. */
const target = (wanted: number, required: boolean, isMet: (measured: number) => boolean) =>
  expect.toSatisfy(
    (row: { wanted: number; required: boolean; measured: number; met: boolean }) =>
      row.wanted === wanted && row.required === required && row.met === isMet(row.measured),
    `a target of ${wanted}`,
  );

test("prints every figure as JSON alone, in the agreed shape, and leaves nothing behind", async () => {
  const data = folder();
  debianProgram(["/usr/lib/postgresql"], "postgresql");
  const { stdout, stderr } = await run("--json", "--seconds", "0.3", "--runs", "1", "--data", data);
  const report = JSON.parse(stdout);
  expect(stderr).toContain("bench: N0");
  expect(readdirSync(data)).toEqual([]);

  const limits = {
    p256ChecksPerS: above0,
    p256SignsPerS: above0,
    ed25519ChecksPerS: above0,
    ed25519SignsPerS: above0,
    sha256Of300BytesPerS: above0,
    fsyncsPerS: above0,
    fdatasyncsPerS: above0,
    syncBytes: 4_096,
    fsyncMs: latency,
    sqliteCommitsPerS: above0,
  };
  expect(report).toMatchObject({
    version: 1,
    seconds: 0.3,
    runs: 1,
    machine: { cores: above0, model: expect.any(String), node: process.version, commit: expect.any(String), folder: data },
    limits,
    limitsAfter: limits,
  });
  expect(Object.keys(report.figures)).toEqual(["n0", "n0b", "n1", "n2", "n3", "http", "lone", "receipt", "postgres"]);
  const { n0, n0b, n1, n2, n3, http, lone, receipt, postgres } = report.figures;
  const shares = expect.toSatisfy(
    (value: Record<string, number>) => Math.abs(Object.values(value).reduce((sum, share) => sum + share, 0) - 1) < 0.01,
    "shares of one whole",
  );
  expect(n0).toMatchObject({
    ...figure,
    result: {
      entriesPerS: spread,
      openLoop: offered,
      runs: [{ entries: above0, seconds: above0 }],
      entryBytes: above0,
      entriesPerBlock: spread,
      busyTimeShares: shares,
    },
    targets: [target(12_500, false, (measured) => measured >= 12_500)],
  });
  // The author's signature is checked once, and nobody gets past it.
  for (const { result } of [n0, n0b, n1]) expect(result.signatureChecksPerEntry).toBeGreaterThanOrEqual(1);
  expect(n1.result.withThreeSignatures.signatureChecksPerEntry).toBeGreaterThanOrEqual(3);
  const cost = { share: expect.any(Number), function: expect.any(String), file: expect.any(String) };
  for (const each of [n0, n0b, n1, n3]) expect(each.topCosts[0]).toEqual(cost);
  expect(n0b).toMatchObject({
    ...figure,
    result: { perS: spread, openLoop: offered },
    targets: [target(50_000, false, (measured) => measured >= 50_000)],
  });
  expect(n1).toMatchObject({ ...figure, result: { perS: spread, withThreeSignatures: { perS: spread, openLoop: offered } } });
  expect(n2).toMatchObject({ ...figure, result: { keys: 1_200, achievedPerS: above0, latencyMs: latency, committedWithoutRetry: above0 } });
  expect(http).toMatchObject({ ...figure, result: { oneACallPerS: spread, oneACallMs: latency, bulkPerS: spread } });
  expect(postgres).toMatchObject({ ...figure, result: { "1 rows a commit": spread, "1000 rows a commit": spread } });
  expect(n3).toMatchObject({
    ...figure,
    result: {
      entriesPerS: spread,
      entriesPerSPerCore: above0,
      runs: [{ entries: above0, seconds: above0, heads: expect.stringMatching(/^4 equal: \d+ [0-9a-f]{64}$/) }],
      entriesPerBlock: spread,
      busyTimeShares: shares,
    },
    targets: [target(2_000, false, (measured) => measured >= 2_000)],
  });
  expect(lone).toMatchObject({
    ...figure,
    result: { samples: 4, committedMs: latency, finalMs: latency },
    targets: [target(300, true, (measured) => measured <= 300), target(300, false, (measured) => measured <= 300)],
  });
  expect(receipt).toMatchObject({
    ...figure,
    targets: [target(2_560, true, (measured) => measured <= 2_560), target(10, false, (measured) => measured <= 10)],
  });
  const { sizes } = receipt.result as { sizes: { leaves: number; bytes: number; nativeUs: number; nobleUs: number }[] };
  expect(sizes.map(({ leaves }) => leaves)).toEqual([expect.any(Number), expect.any(Number), 10_000_000, 10_000_000]);
  // The size of a receipt is no matter of the machine: the issue requires it, so it is held here.
  for (const { bytes } of sizes) expect(bytes).toBeLessThanOrEqual(2_560);
});

test("many certificates are issued and asked about, and a folder of results makes the table", async () => {
  const [data, saved] = [folder(), folder()];
  await run("--only", "million", "--count", "300", "--seconds", "0.2", "--runs", "1", "--data", data, "--save", saved);
  const results = savedResults(saved);
  const answered = { p50: above0, p99: above0, max: above0 };
  expect(results.get("million")?.figure).toMatchObject({
    ...figure,
    result: { certificates: 300, issuedPerS: above0, bytesPerCertificate: above0, byNumberMs: answered, verifyAndRecordMs: answered },
  });
  expect(readmeTable(results)).toMatch(/^\| \| median \(range\) \|\n\|---\|---\|\n\| many certificates .* 300 at /);
});

test("--profile names the functions that cost most", async () => {
  const { stdout } = await run("--only", "n0", "--profile", "--seconds", "0.2", "--runs", "1", "--data", folder());
  expect(stdout).toMatch(/ {2}cost +\d+\.\d % {2}\S+ .*packages\//);
});

test("--only measures what is named, in a table without --json", async () => {
  const data = folder();
  const { stdout } = await run("--only", "n0", "--seconds", "0.2", "--runs", "1", "--data", data);
  expect(stdout).toContain("N0: one member");
  expect(stdout).not.toContain("N3: four members");
  expect(stdout).toMatch(/target +N0: \d+ entries\/s/);
  expect(readdirSync(data)).toEqual([]);
});

test("what cannot be run is said in a sentence", async () => {
  await expect(run("--only", "n9")).rejects.toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining('no figure "n9"') });
  await expect(run("--seconds", "0")).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("--seconds 0") });
});
