import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { statePrefixes } from "@vermilion/contracts";
import {
  type AttachmentReference,
  encodeEntry,
  encodePayload,
  entryLifetimeDefaultMs,
  entryTyp,
  innerTree,
  type Json,
  type JsonObject,
  lowS,
  type Operation,
  type ParsedEntry,
  parseEntry,
  signingInput,
  thumbprint,
  toHex,
} from "@vermilion/ledger";
import { nativeCrypto } from "@vermilion/node";
import type { Keys } from "@vermilion/node/ports/index";
import { signatureOf, type TestKey } from "../support/entries.ts";

const shipped = (name: string) => JSON.parse(readFileSync(new URL(`../../packages/certificates/types/${name}`, import.meta.url), "utf8"));

/** The shipped filing with 28 fields, which every member may issue here, so that the issuer can be the leader or another. */
export function benchType(members: readonly string[]): JsonObject {
  const type = shipped("moc-filing.json");
  const fields = type.fields.filter(({ part }: { part: string }) => part === "main");
  return { ...type, id: benchTypeId, issuers: members, parts: [], policies: [], fields };
}

export const benchTypeId = "bench-filing";
export const benchFields = (): Record<string, Json> => shipped("moc-filing.sample.json").main;

/** The certificate that the entries of the throughput figures speak of. */
export interface Shown {
  readonly certificate: string;
  readonly issuerSigned: string;
  /** USCC of the issuer. */
  readonly issuerCode: string;
}

/** What `verifications.record` says: the smallest entry of daily business that one member signs alone and that is never refused. */
export const entryKind =
  "verifications.record: a member states that it has verified a certificate that was shown to it (which, by whose app, with what verdicts); " +
  "it reads the certificate and its issuer and writes one trace row and the used id";

/** An entry by the member's own sign key. */
export async function signedVerification(chain: string, keys: Keys, shown: Shown): Promise<ParsedEntry> {
  const { certificate, issuerSigned, issuerCode } = shown;
  const verdicts = { integrity: "holds", status: "valid", issuer: "holds" };
  return signedEntry(chain, keys, {
    contract: "verifications",
    operation: "record",
    arguments: { by: { app: "desk", operator: "bench" }, certificate, issuerCode, issuerSigned, verdicts, verifier: null },
  });
}

/** `count` digests as one entry with their list as its attachment: 32 bytes each. `endorsers` sign beside the member. */
export async function signedDeposit(chain: string, keys: Keys, count: number, endorsers: readonly TestKey[] = []) {
  const bytes = new Uint8Array(randomBytes(count * 32));
  const leaves = Array.from({ length: count }, (_, at) => bytes.subarray(at * 32, (at + 1) * 32));
  const attachment = { sha256: createHash("sha256").update(bytes).digest("hex"), bytes };
  const root = toHex(innerTree(leaves, nativeCrypto).root);
  const operation = {
    contract: "evidence",
    operation: "deposit",
    arguments: { by: { app: "desk", operator: "bench" }, count, digests: attachment.sha256, root },
  };
  const reference = { name: "digests", sha256: attachment.sha256, size: bytes.length };
  return { entry: await signedEntry(chain, keys, operation, { attachments: [reference], endorsers }), attachment };
}

/** A change of a certificate's status by its issuer: reads the certificate's row and writes it anew, with a step of its history. */
export function signedStatus(chain: string, keys: Keys, operation: "suspend" | "resume", certificate: string): Promise<ParsedEntry> {
  const given = { by: { app: "desk", operator: "bench" }, certificate, reason: "inquiry" };
  return signedEntry(chain, keys, { contract: "certificates", operation, arguments: given });
}

async function signedEntry(
  chain: string,
  keys: Keys,
  operation: Operation,
  {
    attachments = [],
    endorsers = [],
  }: { readonly attachments?: readonly AttachmentReference[]; readonly endorsers?: readonly TestKey[] } = {},
): Promise<ParsedEntry> {
  const jwk = keys.public.sign;
  const kid = thumbprint(jwk, nativeCrypto);
  const time = Date.now();
  const payload = encodePayload({
    attachments,
    chain,
    id: randomBytes(16).toString("hex"),
    operations: [operation],
    signers: [kid, ...endorsers.map(({ thumbprint: signer }) => signer)],
    time,
    until: time + entryLifetimeDefaultMs,
  });
  const signature = lowS(await keys.sign(signingInput(entryTyp, payload, jwk, kid)));
  const entry = parseEntry(
    encodeEntry(payload, [{ jwk, kid, signature }, ...endorsers.map((key) => signatureOf(entryTyp, payload, key))]),
    nativeCrypto,
  );
  if ("refused" in entry) throw new Error(`bug: the entry is ${entry.refused}`);
  return entry;
}

/** What a member's file says of the blocks above a height: read after the run, so that nothing is believed that is not on the disk. */
interface StoredEntries {
  readonly height: number;
  /** Entries of each block that has any. */
  readonly batches: readonly number[];
  /** Entries in the index by transaction hash, by outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Trace rows of the certificate in the state. */
  readonly traceRows: number;
}

function storedEntries(file: string, aboveHeight: number, certificate: string): StoredEntries {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
  try {
    const blocks = database
      .prepare(
        "SELECT chain.height, json_array_length(blocks.outcomes) AS entries FROM chain JOIN blocks USING (hash) WHERE height > ? ORDER BY height",
      )
      .all(aboveHeight);
    const outcomes = database
      .prepare("SELECT outcome, count(*) AS entries FROM entry_places WHERE height > ? GROUP BY outcome")
      .all(aboveHeight);
    const trace = database
      .prepare("SELECT count(*) AS rows FROM state_rows WHERE key >= ?1 AND key < ?1 || char(127) AND height > ?2")
      .get(statePrefixes.trace(certificate), aboveHeight);
    return {
      height: Number(blocks.at(-1)?.["height"] ?? aboveHeight),
      batches: blocks.map((row) => Number(row["entries"])).filter((count) => count > 0),
      outcomes: Object.fromEntries(outcomes.map((row) => [String(row["outcome"]), Number(row["entries"])])),
      traceRows: Number(trace?.["rows"] ?? 0),
    };
  } finally {
    database.close();
  }
}

/** Entries above a height by outcome, as the file has them. */
export function outcomesAbove(file: string, height: number): Readonly<Record<string, number>> {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
  try {
    const rows = database.prepare("SELECT outcome, count(*) AS entries FROM entry_places WHERE height > ? GROUP BY outcome").all(height);
    return Object.fromEntries(rows.map((row) => [String(row["outcome"]), Number(row["entries"])]));
  } finally {
    database.close();
  }
}

/** Throws unless the file holds exactly `wanted` entries above the height, each applied and each in the state. */
export function allApplied(file: string, aboveHeight: number, certificate: string, wanted: number): StoredEntries {
  const stored = storedEntries(file, aboveHeight, certificate);
  const isRight = stored.outcomes["applied"] === wanted && Object.keys(stored.outcomes).length === 1 && stored.traceRows === wanted;
  if (!isRight) throw new Error(`${wanted} entries were sent, ${file} holds ${JSON.stringify(stored.outcomes)}, ${stored.traceRows} rows`);
  return stored;
}
