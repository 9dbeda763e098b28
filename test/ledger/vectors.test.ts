import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  appendToTiles,
  canonicalText,
  checkAcknowledgement,
  checkEntry,
  checkHeader,
  checkpointText,
  consistencyProof,
  cosignatureLine,
  cosignatureMessage,
  emptyState,
  encodeAcknowledgement,
  encodeBundle,
  encodeEntry,
  encodeHeader,
  encodePayload,
  formatPolicy,
  formatReceipt,
  fromHex,
  inclusionProof,
  leafHash,
  leafRecord,
  type PublicJwk,
  parseAcknowledgement,
  parseBundle,
  parseCanonical,
  parseCheckpoint,
  parseEntry,
  parseHeader,
  parseLeafRecord,
  parseNote,
  parseOutcome,
  parsePolicy,
  parseReceipt,
  parseTilePath,
  rollState,
  rootFromTiles,
  text,
  thumbprint,
  tileKey,
  tilePath,
  toBase64,
  toHex,
  utf8,
  verifyCheckpoint,
  verifyConsistency,
  verifyCosignature,
  verifyInclusion,
  verifyReceipt,
} from "@vermilion/ledger";
import { nativeCrypto as crypto } from "@vermilion/node/host/native-crypto";
import { describe, expect, test } from "vitest";
import { logOf, policyOf, recordOf } from "./fixtures.ts";

const folder = join(import.meta.dirname, "../vectors/ledger");
// biome-ignore lint/suspicious/noExplicitAny: the vectors are data of this repository; each test says what it expects in them
const read = (name: string): any => JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"));
const bytesOf = (hex: string) => fromHex(hex) ?? new Uint8Array(0);
/** What a parser answered, a refusal being a failure of the test. */
function accepted<T extends object>(answer: T): Exclude<T, { refused: unknown }> {
  if ("refused" in answer) throw new Error(JSON.stringify(answer));
  return answer as Exclude<T, { refused: unknown }>;
}

const log = logOf(Array.from({ length: 600 }, (_, i) => recordOf(i)));

describe("vectors", () => {
  test("canonical", () => {
    const { canonical, refused } = read("canonical");
    for (const row of canonical) {
      expect(canonicalText(row.value)).toBe(row.text);
      expect(parseCanonical(utf8(row.text))).toEqual({ value: row.value });
    }
    for (const row of refused) expect(parseCanonical(utf8(row.text))).toMatchObject({ refused: row.code });
  });

  test("entry", () => {
    const vector = read("entry");
    const keys = new Map<string, PublicJwk>(vector.keys.map((jwk: PublicJwk) => [thumbprint(jwk, crypto), jwk]));
    const parsed = accepted(parseEntry(utf8(vector.entry), crypto));
    expect(text(parsed.payloadBytes)).toBe(vector.payload);
    expect(parsed.transactionHash).toBe(vector.transactionHash);
    expect(parsed.entryHash).toBe(vector.entryHash);
    expect(checkEntry(parsed, { chain: vector.chain, keyOf: (kid) => keys.get(kid), crypto })).toBeUndefined();
    const signatures = parsed.signatures.map(({ kid, signature }) => ({ kid, signature, jwk: keys.get(kid)! }));
    expect(text(encodeEntry(encodePayload(parsed.payload), signatures))).toBe(vector.entry);
  });

  test("header", () => {
    const vector = read("header");
    const parsed = accepted(parseHeader(utf8(vector.header), crypto));
    expect(text(parsed.payloadBytes)).toBe(vector.payload);
    expect(parsed.headerHash).toBe(vector.headerHash);
    expect(checkHeader(parsed, vector.key, crypto)).toBeUndefined();
    expect(text(encodeHeader(utf8(vector.payload), { ...parsed.signature, jwk: vector.key }))).toBe(vector.header);
  });

  test("acknowledgement", () => {
    const vector = read("acknowledgement");
    const parsed = accepted(parseAcknowledgement(utf8(vector.acknowledgement), crypto));
    expect(canonicalText(parsed.payload)).toBe(vector.payload);
    expect(checkAcknowledgement(parsed, vector.key, crypto)).toBeUndefined();
    expect(text(encodeAcknowledgement(utf8(vector.payload), { ...parsed.signature, jwk: vector.key }))).toBe(vector.acknowledgement);
  });

  test("leaf", () => {
    for (const { text: source, leafHash: hash, kind, outcome, sha256 } of read("leaf")) {
      const record = kind === "header" ? { kind, sha256 } : { kind, outcome: parseOutcome(outcome), sha256 };
      expect(text(leafRecord(record))).toBe(source);
      expect(parseLeafRecord(utf8(source))).toEqual(record);
      expect(toHex(leafHash(utf8(source), crypto))).toBe(hash);
    }
  });

  test("state", () => {
    const { empty, rolls } = read("state");
    expect(emptyState(crypto)).toBe(empty);
    for (const { previous, writes, state } of rolls) expect(rollState(previous, writes, crypto)).toBe(state);
  });

  test("tree and proofs", () => {
    const { roots, inclusion, consistency } = read("tree");
    for (const { size, root } of roots) expect(toHex(rootFromTiles(size, log.tiles, crypto))).toBe(root);
    for (const { index, size, leafHash: leaf, proof, root } of inclusion) {
      expect(inclusionProof(index, size, log.tiles, crypto).map(toHex)).toEqual(proof);
      expect(verifyInclusion(bytesOf(leaf), index, size, proof.map(bytesOf), bytesOf(root), crypto)).toBe(true);
    }
    for (const { oldSize, size, oldRoot, root, proof } of consistency) {
      expect(consistencyProof(oldSize, size, log.tiles, crypto).map(toHex)).toEqual(proof);
      expect(verifyConsistency(oldSize, size, bytesOf(oldRoot), bytesOf(root), proof.map(bytesOf), crypto)).toBe(true);
    }
  });

  test("tiles and bundles", () => {
    const { appends, bundle } = read("tiles");
    const tiles = new Map<string, Uint8Array>();
    let size = 0;
    for (const append of appends) {
      const hashes = log.records.slice(size, append.size).map((record) => leafHash(record, crypto));
      const changed = appendToTiles(size, hashes, tiles, crypto);
      expect(
        changed.map((tile) => ({ path: tilePath(tile.level, tile.index, tile.width), sha256: toHex(crypto.sha256(tile.bytes)) })),
      ).toEqual(append.changed);
      for (const tile of changed) tiles.set(tileKey(tile), tile.bytes);
      size = append.size;
    }
    const { index = 0, width = 0 } = parseTilePath(bundle.path) ?? {};
    const records = log.records.slice(index * 256, index * 256 + width);
    expect(toBase64(encodeBundle(records))).toBe(bundle.base64);
    expect(parseBundle(new Uint8Array(Buffer.from(bundle.base64, "base64")))).toEqual(records);
  });

  test("checkpoint", () => {
    const vector = read("checkpoint");
    const checkpoint = { origin: vector.origin, size: vector.size, root: bytesOf(vector.root) };
    expect(checkpointText(checkpoint)).toBe(vector.text);
    expect(parseCheckpoint(vector.text)).toEqual(checkpoint);
    expect(accepted(parseNote(vector.note)).text).toBe(vector.text);
    expect(verifyCheckpoint(vector.note, policyOf(3), crypto)).toMatchObject({ ok: true, ...checkpoint });
  });

  test("cosignature", () => {
    const vector = read("cosignature");
    expect(text(cosignatureMessage(vector.timeSeconds, vector.checkpointText))).toBe(vector.message);
    const { witnesses } = policyOf(3);
    for (const line of vector.lines) {
      const [parsed] = accepted(parseNote(`${vector.checkpointText}\n${line}\n`)).signatures;
      const witness = witnesses.find(({ key }) => key.name === parsed!.name);
      expect(verifyCosignature(vector.checkpointText, parsed!, witness!.key, crypto)).toBe(true);
      expect(cosignatureLine(witness!.key, vector.timeSeconds, parsed!.signature.slice(8))).toBe(`${line}\n`);
    }
    expect(vector.lines).toHaveLength(3);
  });

  test("policy", () => {
    const vector = read("policy");
    expect(formatPolicy(policyOf(vector.quorum))).toBe(vector.text);
    expect(parsePolicy(vector.text, crypto)).toEqual(policyOf(vector.quorum));
  });

  test("receipt", () => {
    const { policy, receipts } = read("receipt");
    for (const { index, size, receipt, verdict } of receipts) {
      expect(formatReceipt(accepted(parseReceipt(receipt)))).toBe(receipt);
      expect(verifyReceipt(receipt, policy, crypto)).toMatchObject(verdict === "ok" ? { ok: true, index, size } : { refused: verdict });
    }
  });

  test("no file is without a test here", () => {
    const names = [
      "acknowledgement",
      "canonical",
      "checkpoint",
      "cosignature",
      "entry",
      "header",
      "leaf",
      "policy",
      "receipt",
      "signatures",
      "state",
      "tiles",
      "tree",
    ];
    expect(readdirSync(folder).toSorted()).toEqual(names.map((name) => `${name}.json`));
  });
});
