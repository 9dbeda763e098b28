import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { consistencyProof, formatPolicy, formatReceipt, parseReceipt, refusedWith, toBase64 } from "@vermilion/ledger";
import { nativeCrypto } from "@vermilion/node/host/native-crypto";
import { afterAll, describe, expect, test } from "vitest";
import { finalCheckpoint, logOf, policyOf, receiptOf, recordOf } from "../ledger/fixtures.ts";

const folder = mkdtempSync(join(tmpdir(), "vermilion-go-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const checker = buildChecker(join(folder, "checker"));

/** The path of the built checker; undefined, and said loudly, where this machine has no Go or cannot get the one module. */
function buildChecker(path: string): string | undefined {
  const cwd = join(import.meta.dirname, "go");
  const version = spawnSync("go", ["version"], { encoding: "utf8" });
  if (version.error !== undefined || version.status !== 0) return notRun("Go is not installed on this machine");
  const download = spawnSync("go", ["mod", "download"], { cwd, encoding: "utf8" });
  // A module that is there but is not the one of go.sum is a failure; only one that cannot be had is none.
  if (/checksum|SECURITY/.test(download.stderr)) throw new Error(download.stderr);
  if (download.status !== 0) return notRun(`golang.org/x/mod cannot be downloaded: ${download.stderr.trim()}`);
  const build = spawnSync("go", ["build", "-mod=readonly", "-buildvcs=false", "-o", path, "."], { cwd, encoding: "utf8" });
  if (build.status !== 0) throw new Error(build.stderr);
  return path;
}

function notRun(reason: string): undefined {
  const line = "!".repeat(100);
  console.warn(
    `\n${line}\n!! THE GO INTEROPERABILITY TESTS DID NOT RUN: ${reason}\n!! Receipts were not checked by independent code.\n${line}\n`,
  );
}

/** What the checker prints and its exit status, for these files. */
function check(files: Record<string, string>, ...flags: readonly string[]): { status: number | null; output: string } {
  if (checker === undefined) throw new Error("bug: asked only where the checker was built");
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  const done = spawnSync(checker, ["policy", "receipt", ...flags], { cwd: folder, encoding: "utf8" });
  return { status: done.status, output: done.stdout + done.stderr };
}

const log = logOf(Array.from({ length: 700 }, (_, i) => recordOf(i)));
const three = ["platform", "inspection", "customs"];
const policy = formatPolicy(policyOf(3));
const receipt = receiptOf(log, 300, 700, three);

if (checker === undefined) test("DID NOT RUN: see the banner above", () => expect(checker).toBeUndefined());
else
  describe("the Go checker (x/mod/sumdb)", () => {
    test("accepts our receipts at the edges of trees and tiles", () => {
      for (const [index, size] of [
        [0, 1],
        [0, 2],
        [1, 2],
        [255, 256],
        [255, 257],
        [256, 257],
        [300, 700],
        [699, 700],
      ] as const) {
        const { status, output } = check({ policy, receipt: receiptOf(log, index, size, three) });
        expect(output).toBe(`ok receipt index ${index} size ${size} cosigned by platform inspection customs\n`);
        expect(status).toBe(0);
      }
    });

    test("refuses a receipt with any changed line, and one without a quorum", () => {
      const parsed = parseReceipt(receipt);
      if ("refused" in parsed) throw new Error(parsed.detail);
      const mutated: Record<string, string> = {
        outcome: formatReceipt({ ...parsed, record: recordOf(300, refusedWith("expired")) }),
        index: receipt.replace("index 300", "index 301"),
        proof: formatReceipt({ ...parsed, proof: parsed.proof.with(2, new Uint8Array(32)) }),
        "proof order": formatReceipt({ ...parsed, proof: parsed.proof.toReversed() }),
        size: receipt.replace("\n700\n", "\n701\n"),
        cosignature: receipt.replace(/(customs \S{30})(.)/, (_, before: string, last: string) => `${before}${last === "A" ? "B" : "A"}`),
        "no quorum": receiptOf(log, 300, 700, ["platform", "tax"]),
        "no log": formatReceipt({ ...parsed, checkpoint: finalCheckpoint(log, 700, three, "nobody") }),
      };
      for (const [name, changed] of Object.entries(mutated)) {
        expect(changed, name).not.toBe(receipt);
        const { status, output } = check({ policy, receipt: changed });
        expect(output, name).toMatch(/^refused: receipt: /);
        expect(status, name).toBe(1);
      }
    });

    test("agrees on the policy: a vkey whose key ID does not fit is refused", () => {
      const changed = policy.replace(/(witness tax \S+\+)[0-9a-f]{8}/, "$100000000");
      expect(changed).not.toBe(policy);
      expect(check({ policy: changed, receipt })).toMatchObject({ status: 1, output: expect.stringMatching(/^refused: policy: /) });
    });

    test("accepts our consistency proofs and refuses those of another tree", () => {
      const flags = ["--consistency", "old", "new", "proof"];
      for (const [oldSize, size] of [
        [1, 2],
        [255, 256],
        [256, 512],
        [257, 700],
        [512, 700],
        [699, 700],
        [700, 700],
      ] as const) {
        const proof = consistencyProof(oldSize, size, log.tiles, nativeCrypto);
        const lines = (hashes: readonly Uint8Array[]) => hashes.map((hash) => `${toBase64(hash)}\n`).join("");
        const files = { policy, receipt, old: finalCheckpoint(log, oldSize, three), new: finalCheckpoint(log, size, three) };
        expect(check({ ...files, proof: lines(proof) }, ...flags)).toMatchObject({
          status: 0,
          output: expect.stringContaining(`\nok consistency ${oldSize} to ${size}\n`),
        });
        const wrong = [...proof.slice(0, -1), new Uint8Array(32)];
        expect(check({ ...files, proof: lines(wrong) }, ...flags)).toMatchObject({ status: 1 });
      }
      const fork = logOf(log.records.map((_, i) => recordOf(i, refusedWith("expired"))));
      const proof = consistencyProof(257, 700, fork.tiles, nativeCrypto)
        .map((hash) => `${toBase64(hash)}\n`)
        .join("");
      const files = { policy, receipt, old: finalCheckpoint(log, 257, three), new: finalCheckpoint(fork, 700, three), proof };
      expect(check(files, ...flags)).toMatchObject({ status: 1 });
    });
  });
