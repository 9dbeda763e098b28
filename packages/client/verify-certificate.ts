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
  verifyCertificate,
} from "@vermilion/certificates";
import { type Crypto, type JsonObject, type ParsedEntry, thumbprint } from "@vermilion/ledger";
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
  const broken = disclosureFault(sdJwt, crypto) ?? issueFault(sdJwt, entry, crypto);
  if (broken !== undefined) return brokenBy(broken);
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

/** Whether the entry issued exactly this issuer-signed part, under the identifier and part that the certificate names. */
function issueFault(sdJwt: SdJwt, entry: ParsedEntry, crypto: Crypto): IntegrityCode | undefined {
  const hash = issuerSignedHash(sdJwt.jws, crypto);
  const { attachments, operations } = entry.payload;
  const issue = operations.find(
    ({ contract, operation, arguments: given }) =>
      contract === "certificates" && (operation === "issue" || operation === "complete") && given["issuerSigned"] === hash,
  );
  if (issue === undefined || !attachments.some(({ sha256 }) => sha256 === hash)) return "sd-jwt-not-issued-here";
  const part = issue.operation === "issue" ? mainPart : issue.arguments["part"];
  const same = issue.arguments["certificate"] === sdJwt.claims["jti"] && part === sdJwt.claims["part"];
  return same ? undefined : "sd-jwt-of-another-certificate";
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
