import type { Crypto, JsonObject, PublicJwk } from "@vermilion/ledger";
import type { Names, Refusal } from "./refusal.ts";
import { type CertificateClaims, parseSdJwt, readClaims, type SdJwtCode, verifySdJwt } from "./sd-jwt.ts";
import { type Inflate, readStatus, type StatusListCode, statusValues, verifyStatusList } from "./status.ts";

/** Nothing was altered since it was signed with the key that was given. Without a key this is not checked. */
export type IntegrityVerdict =
  | { readonly verdict: "holds" }
  | { readonly verdict: "fails"; readonly reason: SdJwtCode; readonly detail: Names }
  | { readonly verdict: "not-checked"; readonly reason: "no-issuer-key" };

export type StatusNotChecked =
  | "no-status-claim"
  | "no-status-list"
  | "no-status-key"
  | "integrity-fails"
  | "status-list-expired"
  | "status-list-from-the-future"
  | "index-outside-list"
  | "unknown-status"
  | StatusListCode;

/**
 * There is no plain "valid": only "not revoked as of" the newest proof that was given. `asOf` in ms. `expired`: the certificate itself is
 * past its `exp` at `now`.
 */
export type StatusVerdict =
  | { readonly verdict: "not-checked"; readonly reason: StatusNotChecked }
  | { readonly verdict: "not-revoked-as-of" | "revoked" | "suspended"; readonly asOf: number }
  | { readonly verdict: "expired"; readonly asOf: number };

/** Whether the signer is the authority that the certificate names, as far as the caller knows that authority's key. */
export type IssuerVerdict =
  | { readonly verdict: "holds"; readonly issuer: string }
  | { readonly verdict: "unknown"; readonly reason: "no-issuer-key" | "no-issuer-name" }
  | { readonly verdict: "fails"; readonly reason: "other-issuer" | "other-key" | "bad-signature" | "unreadable" };

export interface CertificateVerdict {
  readonly integrity: IntegrityVerdict;
  readonly status: StatusVerdict;
  readonly issuer: IssuerVerdict;
  /** What the certificate says; given only where integrity holds. */
  readonly claims?: CertificateClaims;
  readonly fields?: JsonObject;
}

export interface VerifyInput {
  readonly sdJwt: string;
  /** The sign key of the authority `issuerName` (`<consortium name>/<member id>`), from a source that the caller trusts. */
  readonly issuerKey?: PublicJwk;
  readonly issuerName?: string;
  readonly statusListToken?: string;
  /** Key of the status list; the issuer's where it is not given. */
  readonly statusKey?: PublicJwk;
  /** ms since 1970; without it nothing is judged expired. */
  readonly now?: number;
  readonly crypto: Crypto;
  readonly inflate: Inflate;
}

/** A status list this much ahead of `now` is a clock out of step, not a proof (ms). */
const clockSkewMs = 10 * 60 * 1000;

/** Judges a certificate in three plain verdicts: integrity, status, issuer. Offline; never throws on bad input. */
export function verifyCertificate(input: VerifyInput): CertificateVerdict {
  const { sdJwt, issuerKey, crypto } = input;
  if (issuerKey === undefined) return withoutKey(sdJwt);
  const verdict = verifySdJwt(sdJwt, { key: issuerKey, crypto });
  if (!verdict.holds) {
    return {
      integrity: { verdict: "fails", reason: verdict.refused, detail: verdict.detail },
      status: { verdict: "not-checked", reason: "integrity-fails" },
      issuer: judgeIssuerAlone(sdJwt, issuerKey, input),
    };
  }
  const { claims, fields } = verdict;
  return { integrity: { verdict: "holds" }, status: judgeStatus(claims, input), issuer: judgeIssuer(claims, input), claims, fields };
}

/** Without a key all that can be seen is whether it is a certificate at all. */
function withoutKey(text: string): CertificateVerdict {
  const parsed = parseSdJwt(text);
  const bad: Refusal<SdJwtCode> | undefined =
    "refused" in parsed
      ? parsed
      : readClaims(parsed.claims) === undefined
        ? { refused: "bad-claims", detail: { zh: "签发部分的声明不完整或格式不正确", en: "a claim is missing or malformed" } }
        : undefined;
  return {
    integrity:
      bad === undefined
        ? { verdict: "not-checked", reason: "no-issuer-key" }
        : { verdict: "fails", reason: bad.refused, detail: bad.detail },
    status: { verdict: "not-checked", reason: bad === undefined ? "no-status-key" : "integrity-fails" },
    issuer: { verdict: "unknown", reason: "no-issuer-key" },
  };
}

/** A forged disclosure does not make another issuer: here the issuer-signed part is judged without what was put beside it. */
function judgeIssuerAlone(sdJwt: string, key: PublicJwk, input: VerifyInput): IssuerVerdict {
  const [jws = ""] = sdJwt.split("~", 1);
  const alone = verifySdJwt(`${jws}~`, { key, crypto: input.crypto });
  return alone.holds ? judgeIssuer(alone.claims, input) : { verdict: "fails", reason: issuerFailure(alone.refused) };
}

function issuerFailure(code: SdJwtCode): "other-key" | "bad-signature" | "unreadable" {
  if (code === "wrong-kid") return "other-key";
  return code === "bad-sd-jwt" || code === "bad-claims" ? "unreadable" : "bad-signature";
}

function judgeIssuer(claims: CertificateClaims, { issuerName }: VerifyInput): IssuerVerdict {
  if (issuerName === undefined) return { verdict: "unknown", reason: "no-issuer-name" };
  return claims.iss === issuerName ? { verdict: "holds", issuer: claims.iss } : { verdict: "fails", reason: "other-issuer" };
}

function judgeStatus(
  claims: CertificateClaims,
  { statusListToken, statusKey, issuerKey, now, crypto, inflate }: VerifyInput,
): StatusVerdict {
  const fromList = (): StatusVerdict => {
    if (claims.status === undefined) return { verdict: "not-checked", reason: "no-status-claim" };
    if (statusListToken === undefined) return { verdict: "not-checked", reason: "no-status-list" };
    const key = statusKey ?? issuerKey;
    if (key === undefined) return { verdict: "not-checked", reason: "no-status-key" };
    const { idx, uri } = claims.status.status_list;
    const verified = verifyStatusList(statusListToken, uri, { key, crypto, inflate });
    if ("refused" in verified) return { verdict: "not-checked", reason: verified.refused };
    const asOf = verified.claims.iat * 1000;
    if (now !== undefined && asOf > now + clockSkewMs) return { verdict: "not-checked", reason: "status-list-from-the-future" };
    const status = readStatus(verified.list, idx);
    if (status === undefined) return { verdict: "not-checked", reason: "index-outside-list" };
    if (status === statusValues.invalid) return { verdict: "revoked", asOf };
    const { exp } = verified.claims;
    // A revocation stays true when the list is old; its absence does not.
    if (now !== undefined && exp !== undefined && exp * 1000 <= now) return { verdict: "not-checked", reason: "status-list-expired" };
    if (status === statusValues.suspended) return { verdict: "suspended", asOf };
    return status === statusValues.valid ? { verdict: "not-revoked-as-of", asOf } : { verdict: "not-checked", reason: "unknown-status" };
  };
  const listed = fromList();
  const expired = now !== undefined && claims.exp !== undefined && claims.exp * 1000 <= now;
  return expired && listed.verdict !== "revoked" ? { verdict: "expired", asOf: now } : listed;
}
