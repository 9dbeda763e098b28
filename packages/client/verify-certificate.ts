import {
  disclosureCounts,
  type IssuerVerdict,
  issuerSignedHash,
  mainPart,
  parseSdJwt,
  readClaims,
  type SdJwt,
  type SdJwtCode,
  type StatusVerdict,
  typeUrn,
  verifyCertificate,
} from "@vermilion/certificates";
import { type Crypto, type JsonObject, type Operation, type ParsedEntry, thumbprint } from "@vermilion/ledger";
import type { IssuerKey } from "./genesis.ts";
import { inflateAhead } from "./inflate.ts";
import type { IntegrityCode } from "./reasons.ts";

/** What is asked of a certificate whose issue the receipt proves. */
export interface CertificateQuestion {
  readonly sdJwt: string;
  readonly entry: ParsedEntry;
  readonly issuerKeys: readonly IssuerKey[];
  readonly statusList?: string;
  /** Ms since 1970. */
  readonly now: number;
  readonly crypto: Crypto;
}

export interface CertificateAnswer {
  /** Why the certificate is not what the entry issued; absent where it is. */
  readonly broken?: IntegrityCode;
  readonly status: StatusVerdict;
  readonly issuer: IssuerVerdict;
  readonly certificate?: string;
  /** Id and version of the type that the entry issued it as; the certificate says the same. */
  readonly type?: { readonly id: string; readonly version: number };
  readonly part?: string;
  readonly fields?: JsonObject;
}

/** Faults of the signature alone: the ledger still says that these are the bytes, so they count against the issuer, not against integrity. */
const signatureCodes: ReadonlySet<SdJwtCode> = new Set(["wrong-typ", "wrong-alg", "unknown-crit", "wrong-kid", "high-s", "bad-signature"]);

/** Judges a certificate against the entry that is to have issued it. Undefined where the text is no SD-JWT at all. */
export async function judgeCertificate(question: CertificateQuestion): Promise<CertificateAnswer | undefined> {
  const { sdJwt: text, entry, crypto, statusList, now } = question;
  const sdJwt = parseSdJwt(text);
  if ("refused" in sdJwt) return sdJwt.refused === "bad-sd-jwt" ? undefined : brokenBy(sdJwt.refused);
  const broken = disclosureFault(sdJwt, crypto);
  if (broken !== undefined) return brokenBy(broken);
  const type = issuedType(sdJwt, entry, crypto);
  if (typeof type === "string") return brokenBy(type);
  const claims = readClaims(sdJwt.claims);
  if (claims === undefined) return brokenBy("bad-claims");
  const issuerKey = keyFor(sdJwt, claims.iss, question);
  const verdict = verifyCertificate({
    sdJwt: text,
    now,
    crypto,
    inflate: await inflateAhead(statusList ?? ""),
    ...(issuerKey === undefined ? {} : { issuerKey: issuerKey.jwk, issuerName: issuerKey.issuer }),
    ...(statusList === undefined ? {} : { statusListToken: statusList.trim() }),
  });
  const { integrity, status, issuer } = verdict;
  if (integrity.verdict === "fails" && !signatureCodes.has(integrity.reason)) return brokenBy(integrity.reason);
  return {
    status,
    issuer: authorFault(entry, issuerKey, crypto) ?? issuer,
    certificate: claims.jti,
    type,
    part: claims.part,
    fields: verdict.fields ?? {},
  };
}

function brokenBy(broken: IntegrityCode): CertificateAnswer {
  return { broken, status: { verdict: "not-checked", reason: "integrity-fails" }, issuer: { verdict: "unknown", reason: "no-issuer-key" } };
}

/** RFC 9901 section 7.1 step 3, so far as it needs no key: every disclosure once and in `_sd`. */
function disclosureFault(sdJwt: SdJwt, crypto: Crypto): IntegrityCode | undefined {
  if (sdJwt.keyBinding !== undefined) return "unexpected-key-binding";
  const texts = new Set(sdJwt.disclosures.map(({ text }) => text));
  if (texts.size < sdJwt.disclosures.length) return "duplicate-digest";
  return sdJwt.disclosures.every(({ text }) => disclosureCounts(text, sdJwt.claims, crypto)) ? undefined : "disclosure-not-in-sd";
}

/**
 * The type that the entry issued this issuer-signed part as, where the part says the same of its identifier, its part and its type; else why
 * not. The ledger has judged who may issue a type by what stands in the entry: a certificate of another type has nobody's leave.
 */
function issuedType(sdJwt: SdJwt, entry: ParsedEntry, crypto: Crypto): { readonly id: string; readonly version: number } | IntegrityCode {
  const hash = issuerSignedHash(sdJwt.jws, crypto);
  const { attachments, operations } = entry.payload;
  const issue = operations.find((row) => issuesDocument(row, hash));
  if (issue === undefined || !attachments.some(({ sha256 }) => sha256 === hash)) return "sd-jwt-not-issued-here";
  const { certificate, part, type, typeVersion } = issue.arguments;
  const { jti, part: claimedPart, vct } = sdJwt.claims;
  if (certificate !== jti || claimedPart !== (partNaming.has(issue.operation) ? part : mainPart)) return "sd-jwt-of-another-certificate";
  if (typeof type !== "string" || typeof typeVersion !== "number" || vct !== typeUrn(type, typeVersion)) return "sd-jwt-of-another-type";
  return { id: type, version: typeVersion };
}

/** Operations of `certificates` that put a document on the ledger: of the main part, or of the part that they name. */
const mainIssuing: ReadonlySet<string> = new Set(["issue", "renew"]);
const partNaming: ReadonlySet<string> = new Set(["complete", "correct"]);

/** Whether an operation puts the issuer-signed part of this hash on the ledger. */
export function issuesDocument({ contract, operation, arguments: given }: Operation, hash: string): boolean {
  const isIssue = mainIssuing.has(operation) || partNaming.has(operation);
  return contract === "certificates" && isIssue && given["issuerSigned"] === hash;
}

/** The issuer's key that the header names, else any of the issuer's: the verdict then says that another key signed. */
function keyFor(sdJwt: SdJwt, issuer: string, { issuerKeys, crypto }: CertificateQuestion): IssuerKey | undefined {
  const known = issuerKeys.filter((key) => key.issuer === issuer);
  return known.find(({ jwk }) => thumbprint(jwk, crypto) === sdJwt.header["kid"]) ?? known[0];
}

/** The entry must be the issuer's own: a certificate signed by one authority and put on the ledger by another is nobody's statement. */
function authorFault(entry: ParsedEntry, issuerKey: IssuerKey | undefined, crypto: Crypto): IssuerVerdict | undefined {
  if (issuerKey === undefined || entry.payload.signers[0] === thumbprint(issuerKey.jwk, crypto)) return undefined;
  return { verdict: "fails", reason: "other-issuer" };
}
