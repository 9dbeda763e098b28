import type { Names, StatusVerdict } from "@vermilion/certificates";
import {
  type Cosigner,
  type Crypto,
  checkEntry,
  formatOutcome,
  fromHex,
  genesisChain,
  hashOf,
  type JsonObject,
  leafHash,
  type ParsedEntry,
  parseEntry,
  thumbprint,
  type VerifiedReceipt,
  verifyInclusion,
  verifyReceipt,
} from "@vermilion/ledger";
import { type Genesis, type GenesisCode, type IssuerKey, readGenesis } from "./genesis.ts";
import { type IntegrityCode, type ReasonCode, reasonOf } from "./reasons.ts";
import { type CertificateAnswer, issuesDocument, judgeCertificate } from "./verify-certificate.ts";
import { issuerWords, statusWords } from "./words.ts";

export interface OfflineInput {
  /** C2SP tlog-proof text. */
  readonly receipt: string;
  /** C2SP tlog-policy text, from a source that the verifier trusts: everything rests on it. */
  readonly policy: string;
  /** The exact stored bytes of the entry. */
  readonly entry?: Uint8Array;
  readonly sdJwt?: string;
  /** A document that the entry is to name, or its SHA-256 (lower-case hex) where it is too large to hold. */
  readonly document?: Uint8Array | { readonly sha256: string };
  /** Where the document's digest stands in a batch that the entry deposits (RFC 6962); with `document`. */
  readonly innerPath?: InnerPath;
  /** A status list token of the issuer. */
  readonly statusList?: string;
  /** Text of the signed genesis file; gives the founders' keys. */
  readonly genesis?: string;
  readonly issuerKeys?: readonly IssuerKey[];
  /** Ms since 1970; the host's clock where absent. */
  readonly now?: number;
  readonly crypto: Crypto;
}

/** `path` from the digest, as a leaf, to the root of a batch of `count`; hex. */
export interface InnerPath {
  readonly index: number;
  readonly count: number;
  readonly path: readonly string[];
}

export interface IntegrityJudgement {
  readonly verdict: "holds" | "fails";
  readonly code: IntegrityCode | "proved";
  readonly reason: Names;
}

/** Never plain "valid": offline, a certificate is "not revoked as of" the newest proof that was given, or not checked. `asOf` in ms. */
export interface StatusJudgement {
  readonly verdict: "not-checked" | "not-revoked-as-of" | "revoked" | "suspended" | "expired";
  readonly code: string;
  readonly asOf?: number;
  readonly reason: Names;
}

export interface IssuerJudgement {
  readonly verdict: "holds" | "fails" | "unknown" | "not-checked";
  readonly code: string;
  readonly issuer?: string;
  readonly reason: Names;
}

/** What the inputs say, for the reader; worth no more than the verdicts above it. */
export interface OfflineFacts {
  readonly origin?: string;
  readonly index?: number;
  readonly size?: number;
  readonly outcome?: string;
  readonly cosigners?: readonly Cosigner[];
  readonly transactionHash?: string;
  /** What the entry does, as `<contract>.<operation>`: a document that is named by one act is not thereby named by another. */
  readonly operations?: readonly string[];
  /** Who signed the entry first, as `<consortium name>/<member id>`; only where the genesis or the caller gives his key. */
  readonly author?: string;
  /** When the author says that he signed, ms since 1970. */
  readonly entryTime?: number;
  readonly certificate?: string;
  readonly type?: { readonly id: string; readonly version: number };
  readonly part?: string;
  readonly fields?: JsonObject;
}

export interface OfflineVerdicts {
  /**
   * Integrity holds; the issuer holds where a certificate was given; the certificate is not known to be revoked, suspended or expired;
   * and nothing that was given for a check (status list, genesis) turned out to be of no use for it.
   */
  readonly passed: boolean;
  readonly integrity: IntegrityJudgement;
  readonly status: StatusJudgement;
  readonly issuer: IssuerJudgement;
  readonly facts: OfflineFacts;
}

/** An input that is not what it should be at all, so that nothing can be said. */
export interface Unreadable {
  readonly unreadable: "receipt" | "policy" | "sd-jwt" | "genesis";
  readonly code: ReasonCode;
  readonly reason: Names;
  readonly detail?: string;
}

/**
 * Judges a receipt and what belongs to it in three plain verdicts: integrity, status, issuer. No network; never throws on bad input.
 * Integrity rests on the policy; the issuer on the genesis file (whose chain must be the receipt's) or on `issuerKeys`.
 */
export async function verifyOffline(input: OfflineInput): Promise<OfflineVerdicts | Unreadable> {
  const receipt = verifyReceipt(input.receipt, input.policy, input.crypto);
  if ("refused" in receipt && unreadableCodes.has(receipt.refused)) {
    const unreadable = receipt.refused === "malformed-policy" ? "policy" : "receipt";
    return { unreadable, code: receipt.refused, reason: reasonOf(receipt.refused), detail: receipt.detail };
  }
  const genesis = input.genesis === undefined ? undefined : readGenesis(input.genesis, input.crypto);
  if (genesis !== undefined && "refused" in genesis && genesis.refused === "malformed-genesis") {
    return { unreadable: "genesis", code: genesis.refused, reason: reasonOf(genesis.refused), detail: genesis.detail };
  }
  if ("refused" in receipt) return failed(receipt.refused, {}, input);
  const facts = factsOf(receipt);
  const entry = judgeEntry(input, receipt, genesis);
  if (typeof entry === "string") return failed(entry, facts, input);
  const keys = issuerKeysOf(input, receipt, entry, genesis);
  return judgeContents(input, entry, keys, facts);
}

const unreadableCodes: ReadonlySet<string> = new Set([
  "malformed-receipt",
  "too-large",
  "malformed-policy",
  "malformed-note",
  "too-many-signatures",
  "malformed-checkpoint",
  "malformed-leaf-record",
]);

/** The entry behind the receipt, undefined where none was given, or why it is not the one. */
function judgeEntry(
  { entry: bytes, sdJwt, document, crypto }: OfflineInput,
  { record, origin }: VerifiedReceipt,
  genesis: Genesis | { readonly refused: GenesisCode } | undefined,
): ParsedEntry | undefined | IntegrityCode {
  if (record.kind === "entry" && record.outcome.kind === "refused") return "entry-was-refused";
  if (bytes === undefined) return sdJwt === undefined && document === undefined ? undefined : "entry-needed";
  if (record.kind !== "entry") return "not-an-entry";
  if (hashOf(bytes, crypto) !== record.sha256) return "entry-does-not-match";
  const entry = parseEntry(bytes, crypto);
  if ("refused" in entry) return "malformed-entry";
  if (!origin.endsWith(`/${chainOf(entry).slice(0, 16)}`)) return "entry-of-another-chain";
  return genesis !== undefined && "chain" in genesis && !signaturesHold(entry, genesis, crypto) ? "entry-signature" : entry;
}

function chainOf(entry: ParsedEntry): string {
  return entry.payload.chain === genesisChain ? entry.transactionHash : entry.payload.chain;
}

/** Signatures of founders are checked where the genesis gives their keys; later keys are known to the ledger alone, whose quorum checked them. */
function signaturesHold(entry: ParsedEntry, { issuerKeys }: Genesis, crypto: Crypto): boolean {
  const keys = new Map(issuerKeys.map(({ jwk }) => [thumbprint(jwk, crypto), jwk]));
  if (!entry.payload.signers.every((signer) => keys.has(signer))) return true;
  return checkEntry(entry, { chain: entry.payload.chain, keyOf: (kid) => keys.get(kid), crypto }) === undefined;
}

/** Whose keys may speak for an issuer: those that the caller trusts, and those of a genesis file of this very chain. */
function issuerKeysOf(
  { issuerKeys = [] }: OfflineInput,
  { origin }: VerifiedReceipt,
  entry: ParsedEntry | undefined,
  genesis: Genesis | { readonly refused: GenesisCode } | undefined,
): readonly IssuerKey[] | { readonly refused: GenesisCode | "genesis-of-another-chain" } {
  if (genesis === undefined) return issuerKeys;
  if ("refused" in genesis) return genesis;
  // The origin holds 64 bits of the chain id; where there is an entry, it names all 256.
  const same = genesis.origin === origin && (entry === undefined || chainOf(entry) === genesis.chain);
  return same ? [...issuerKeys, ...genesis.issuerKeys] : { refused: "genesis-of-another-chain" };
}

async function judgeContents(
  input: OfflineInput,
  entry: ParsedEntry | undefined,
  keys: ReturnType<typeof issuerKeysOf>,
  facts: OfflineFacts,
): Promise<OfflineVerdicts | Unreadable> {
  const { crypto, document, innerPath, sdJwt, statusList, now = Date.now() } = input;
  const issuerKeys = "refused" in keys ? [] : keys;
  const withEntry = entry === undefined ? facts : { ...facts, ...factsOfEntry(entry, issuerKeys, crypto) };
  if (document !== undefined) {
    const sha256 = documentHash(document, crypto);
    const isNamed = entry !== undefined && (innerPath === undefined ? names(entry, sha256) : deposits(entry, sha256, innerPath, crypto));
    if (!isNamed) return failed("document-not-named", withEntry, input);
  }
  if (sdJwt === undefined || entry === undefined) return conclude(undefined, keys, withEntry, input);
  const question = { sdJwt: sdJwt.trim(), entry, issuerKeys, now, crypto, ...(statusList === undefined ? {} : { statusList }) };
  const answer = await judgeCertificate(question);
  if (answer === undefined) return { unreadable: "sd-jwt", code: "bad-sd-jwt", reason: reasonOf("bad-sd-jwt") };
  if (answer.broken !== undefined) return failed(answer.broken, withEntry, input);
  return conclude(answer, keys, withEntry, input);
}

function conclude(
  answer: CertificateAnswer | undefined,
  keys: ReturnType<typeof issuerKeysOf>,
  facts: OfflineFacts,
  input: OfflineInput,
): OfflineVerdicts {
  const status = statusOf(answer?.status, input);
  const issuer = issuerOf(answer, keys);
  const { certificate, type, part, fields } = answer ?? {};
  const usable = !("refused" in keys) && (input.statusList === undefined || status.verdict !== "not-checked");
  const good = status.verdict === "not-checked" || status.verdict === "not-revoked-as-of";
  return {
    passed: usable && good && (issuer.verdict === "holds" || issuer.verdict === "not-checked"),
    integrity: { verdict: "holds", code: "proved", reason: provedReason },
    status,
    issuer,
    facts: {
      ...facts,
      ...(certificate === undefined ? {} : { certificate }),
      ...(type === undefined ? {} : { type }),
      ...(part === undefined ? {} : { part }),
      ...(fields === undefined ? {} : { fields }),
    },
  };
}

const provedReason: Names = {
  zh: "凭据在该策略下成立：记录在账本中，并由法定数成员联署",
  en: "the receipt holds under the policy: the record is in the ledger and a quorum of members has cosigned it",
};

function failed(code: IntegrityCode, facts: OfflineFacts, input: OfflineInput): OfflineVerdicts {
  return {
    passed: false,
    integrity: { verdict: "fails", code, reason: reasonOf(code) },
    status: statusOf({ verdict: "not-checked", reason: "integrity-fails" }, input),
    issuer:
      input.sdJwt === undefined
        ? { verdict: "not-checked", code: "no-certificate", reason: issuerWords("no-certificate") }
        : { verdict: "unknown", code: "integrity-fails", reason: issuerWords("integrity-fails") },
    facts,
  };
}

function statusOf(status: StatusVerdict | undefined, { sdJwt }: OfflineInput): StatusJudgement {
  if (status === undefined || sdJwt === undefined)
    return { verdict: "not-checked", code: "no-certificate", reason: statusWords("no-certificate") };
  if (status.verdict === "not-checked") return { verdict: status.verdict, code: status.reason, reason: statusWords(status.reason) };
  return { verdict: status.verdict, code: status.verdict, asOf: status.asOf, reason: statusWords(status.verdict) };
}

function issuerOf(answer: CertificateAnswer | undefined, keys: ReturnType<typeof issuerKeysOf>): IssuerJudgement {
  if ("refused" in keys) return { verdict: "unknown", code: keys.refused, reason: reasonOf(keys.refused) };
  if (answer === undefined) return { verdict: "not-checked", code: "no-certificate", reason: issuerWords("no-certificate") };
  const { issuer } = answer;
  if (issuer.verdict === "holds") return { verdict: "holds", code: "signed", issuer: issuer.issuer, reason: issuerWords("signed") };
  return { verdict: issuer.verdict, code: issuer.reason, reason: issuerWords(issuer.reason) };
}

function factsOf({ record, index, size, origin, cosigners }: VerifiedReceipt): OfflineFacts {
  return { origin, index, size, outcome: record.kind === "entry" ? formatOutcome(record.outcome) : "-", cosigners };
}

function factsOfEntry({ payload, transactionHash }: ParsedEntry, keys: readonly IssuerKey[], crypto: Crypto): OfflineFacts {
  const author = keys.find(({ jwk }) => thumbprint(jwk, crypto) === payload.signers[0])?.issuer;
  return {
    transactionHash,
    entryTime: payload.time,
    operations: payload.operations.map(({ contract, operation }) => `${contract}.${operation}`),
    ...(author === undefined ? {} : { author }),
  };
}

/** Whether the entry deposits a batch in which the digest stands. */
function deposits(entry: ParsedEntry, sha256: string, { index, count, path }: InnerPath, crypto: Crypto): boolean {
  const digest = fromHex(sha256);
  const hashes = path.map((hash) => fromHex(hash));
  if (digest === undefined || hashes.some((hash) => hash === undefined)) return false;
  const leaf = leafHash(digest, crypto);
  return entry.payload.operations.some(({ contract, operation, arguments: given }) => {
    const root = typeof given["root"] === "string" ? fromHex(given["root"]) : undefined;
    const isDeposit = contract === "evidence" && operation === "deposit" && given["count"] === count && root !== undefined;
    return (
      isDeposit &&
      verifyInclusion(
        leaf,
        index,
        count,
        hashes.flatMap((hash) => hash ?? []),
        root,
        crypto,
      )
    );
  });
}

function documentHash(document: Uint8Array | { readonly sha256: string }, crypto: Crypto): string {
  return "sha256" in document ? document.sha256 : hashOf(document, crypto);
}

/**
 * Whether the entry carries the document: as an attachment, or as the issuer-signed part that it issues. A hash that stands anywhere else
 * (in the label of a type, in the record of a failed verification) is talk about a document and no statement of it.
 */
function names(entry: ParsedEntry, sha256: string): boolean {
  const { attachments, operations } = entry.payload;
  return attachments.some((attachment) => attachment.sha256 === sha256) || operations.some((row) => issuesDocument(row, sha256));
}
