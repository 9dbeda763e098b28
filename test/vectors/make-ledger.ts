/**
 * Writes the vectors of the ledger formats, `test/vectors/ledger/*.json`: `node test/vectors/make-ledger.ts`. All keys are fixed. ECDSA has a
 * random part, so its signatures are kept in `signatures.json` and made only where one is missing: a second run changes no file.
 * A file that changes is a change of a format, which is a new version of it and never an edit.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  acknowledgementTyp,
  appendToTiles,
  bundlePath,
  canonical,
  canonicalText,
  checkpointText,
  consistencyProof,
  cosignatureMessage,
  emptyState,
  encodeAcknowledgement,
  encodeAcknowledgementPayload,
  encodeBundle,
  encodeEntry,
  encodeHeader,
  encodeHeaderPayload,
  encodePayload,
  entryTyp,
  formatPolicy,
  headerHash,
  headerTyp,
  inclusionProof,
  type Json,
  leafHash,
  leafRecord,
  type NewSignature,
  parseNote,
  parseOutcome,
  rollState,
  rootFromTiles,
  signingInput,
  text,
  tileKey,
  tilePath,
  toBase64,
  toBase64url,
  toHex,
  transactionHash,
} from "@vermilion/ledger";
import { nativeCrypto as crypto } from "@vermilion/node/host/native-crypto";
import {
  chainId,
  ed25519Key,
  finalCheckpoint,
  logOf,
  members,
  origin,
  p256Key,
  policyOf,
  receiptOf,
  recordOf,
  type SignKey,
  signWith,
} from "../ledger/fixtures.ts";

const folder = join(import.meta.dirname, "ledger");
const signaturesFile = join(folder, "signatures.json");
const signatures: Record<string, string> = existsSync(signaturesFile) ? JSON.parse(readFileSync(signaturesFile, "utf8")) : {};

function write(name: string, content: Json): void {
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(content, undefined, 2)}\n`);
}

function storedSignature(key: SignKey, typ: string, payloadBytes: Uint8Array): NewSignature {
  const input = signingInput(typ, payloadBytes, key.jwk, key.kid);
  const name = toHex(crypto.sha256(input));
  signatures[name] ??= toBase64url(signWith(key, input));
  return { jwk: key.jwk, kid: key.kid, signature: new Uint8Array(Buffer.from(signatures[name], "base64url")) };
}

const author = p256Key("author");
const cosigner = ed25519Key("second signer");
const proposer = p256Key("platform sign");

write("canonical", {
  canonical: [
    {
      value: { b: [true, false, null], a: { "10": 1, "9": -1 }, "": "" },
      text: canonicalText({ b: [true, false, null], a: { "10": 1, "9": -1 }, "": "" }),
    },
    { value: [9007199254740991, -9007199254740991, 0], text: "[9007199254740991,-9007199254740991,0]" },
    { value: '€$\u000f\nA\'B"\\\\"/印章😀', text: canonicalText('€$\u000f\nA\'B"\\\\"/印章😀') },
    {
      value: { "€": 1, "\r": 2, דּ: 3, "1": 4, "😀": 5, "\u0080": 6, ö: 7 },
      text: canonicalText({ "€": 1, "\r": 2, דּ: 3, "1": 4, "😀": 5, "\u0080": 6, ö: 7 }),
    },
  ],
  refused: [
    { text: '{"a":1,"a":1}', code: "duplicate-key" },
    { text: '{"b":1,"a":1}', code: "not-canonical" },
    { text: "1.5", code: "not-an-integer" },
    { text: "9007199254740992", code: "not-an-integer" },
    { text: "-0", code: "not-canonical" },
    { text: '"\\ud800"', code: "lone-surrogate" },
    { text: `${"[".repeat(17)}${"]".repeat(17)}`, code: "too-deep" },
    { text: "{} ", code: "not-canonical" },
    { text: "{", code: "not-json" },
  ],
});

const payloadBytes = encodePayload({
  attachments: [{ name: "disclosures", sha256: "ab".repeat(32), size: 1000, audience: ["customs", "tax"] }],
  chain: chainId,
  id: "0123456789abcdef0123456789abcdef",
  operations: [{ contract: "certificates", operation: "issue", arguments: { title: "对外贸易经营者备案登记表", copies: 2 } }],
  signers: [author.kid, cosigner.kid],
  time: 1_790_000_000_000,
  until: 1_790_000_600_000,
});
const entry = encodeEntry(payloadBytes, [
  storedSignature(author, entryTyp, payloadBytes),
  storedSignature(cosigner, entryTyp, payloadBytes),
]);
write("entry", {
  keys: [author.jwk, cosigner.jwk],
  chain: chainId,
  payload: text(payloadBytes),
  entry: text(entry),
  transactionHash: transactionHash(payloadBytes, crypto),
  entryHash: toHex(crypto.sha256(entry)),
});

const state0 = emptyState(crypto);
const writes: [string, Json][] = [
  ["certificates/1", { status: "valid" }],
  ["accounts/9", null],
  ["accounts/10", 7],
];
const state1 = rollState(state0, writes, crypto);
write("state", {
  empty: state0,
  rolls: [
    { previous: state0, writes, state: state1 },
    { previous: state1, writes: [], state: rollState(state1, [], crypto) },
  ],
});

const headerPayload = encodeHeaderPayload({
  chain: chainId,
  height: 1,
  previous: "cd".repeat(32),
  first: 2,
  count: 1,
  root: "ef".repeat(32),
  state: state1,
  time: 1_790_000_000_500,
  term: 1,
  proposer: "platform",
  pins: [],
});
const header = encodeHeader(headerPayload, storedSignature(proposer, headerTyp, headerPayload));
write("header", { key: proposer.jwk, payload: text(headerPayload), header: text(header), headerHash: headerHash(header, crypto) });

const statement = encodeAcknowledgementPayload({ chain: chainId, term: 1, height: 1, header: headerHash(header, crypto) });
const acknowledgement = encodeAcknowledgement(statement, storedSignature(proposer, acknowledgementTyp, statement));
write("acknowledgement", { key: proposer.jwk, payload: text(statement), acknowledgement: text(acknowledgement) });

write(
  "leaf",
  (["applied", "refused:expired", "-"] as const).map((outcome) => {
    const sha256 = toHex(crypto.sha256(entry));
    const parsed = parseOutcome(outcome);
    const record = parsed === undefined ? ({ kind: "header", sha256 } as const) : ({ kind: "entry", outcome: parsed, sha256 } as const);
    return { kind: record.kind, outcome, sha256, text: text(leafRecord(record)), leafHash: toHex(leafHash(leafRecord(record), crypto)) };
  }),
);

const log = logOf(Array.from({ length: 600 }, (_, i) => recordOf(i)));
const hexes = (hashes: readonly Uint8Array[]) => hashes.map((hash) => toHex(hash));
const rootOf = (size: number) => toHex(rootFromTiles(size, log.tiles, crypto));
write("tree", {
  records: 'leaf record i is that of an applied entry whose SHA-256 is that of the text "entry <i>"',
  roots: [0, 1, 2, 3, 7, 8, 255, 256, 257, 600].map((size) => ({ size, root: rootOf(size) })),
  inclusion: [
    [0, 1],
    [0, 7],
    [6, 7],
    [255, 257],
    [256, 257],
    [300, 600],
    [599, 600],
  ].map(([index = 0, size = 0]) => ({
    index,
    size,
    leafHash: toHex(leafHash(recordOf(index), crypto)),
    proof: hexes(inclusionProof(index, size, log.tiles, crypto)),
    root: rootOf(size),
  })),
  consistency: [
    [0, 7],
    [1, 7],
    [4, 7],
    [6, 8],
    [256, 257],
    [257, 600],
    [600, 600],
  ].map(([oldSize = 0, size = 0]) => ({
    oldSize,
    size,
    oldRoot: rootOf(oldSize),
    root: rootOf(size),
    proof: hexes(consistencyProof(oldSize, size, log.tiles, crypto)),
  })),
});

const first = appendToTiles(
  0,
  log.records.slice(0, 300).map((record) => leafHash(record, crypto)),
  new Map(),
  crypto,
);
const loaded = new Map(first.map((tile) => [tileKey(tile), tile.bytes]));
const next = appendToTiles(
  300,
  log.records.slice(300).map((record) => leafHash(record, crypto)),
  loaded,
  crypto,
);
const rowOf = ({ level, index, width, bytes }: (typeof first)[number]) => ({
  path: tilePath(level, index, width),
  sha256: toHex(crypto.sha256(bytes)),
});
const bundle = encodeBundle(log.records.slice(512));
write("tiles", {
  records: "those of tree.json",
  appends: [
    { size: 300, changed: first.map(rowOf) },
    { size: 600, changed: next.map(rowOf) },
  ],
  bundle: { path: bundlePath(2, 88), base64: toBase64(bundle) },
});

const checkpoint = finalCheckpoint(log, 600, ["platform", "inspection", "customs"]);
const note = parseNote(checkpoint);
if ("refused" in note) throw new Error(note.detail);
const root = rootFromTiles(600, log.tiles, crypto);
write("checkpoint", { origin, size: 600, root: toHex(root), text: checkpointText({ origin, size: 600, root }), note: checkpoint });
write("cosignature", {
  keys: members.map(({ id, cosign }) => ({ id, publicKey: toHex(cosign.publicKey) })),
  checkpointText: note.text,
  timeSeconds: 1_790_000_000,
  message: text(cosignatureMessage(1_790_000_000, note.text)),
  lines: checkpoint.split("\n").filter((line) => line.startsWith("— vermilion.example/") && !line.includes(origin)),
});
write("policy", {
  quorum: 3,
  members: members.map((member) => ({ id: member.id, log: toHex(member.log.publicKey), cosign: toHex(member.cosign.publicKey) })),
  text: formatPolicy(policyOf(3)),
});
write("receipt", {
  policy: formatPolicy(policyOf(3)),
  receipts: [
    { index: 300, size: 600, receipt: receiptOf(log, 300, 600, ["platform", "inspection", "customs"]), verdict: "ok" },
    { index: 0, size: 1, receipt: receiptOf(log, 0, 1, ["inspection", "customs", "tax"]), verdict: "ok" },
    { index: 300, size: 600, receipt: receiptOf(log, 300, 600, ["platform", "tax"]), verdict: "quorum-not-reached" },
  ],
});

writeFileSync(signaturesFile, text(canonical(signatures)));
