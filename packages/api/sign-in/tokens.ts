import {
  algorithmOf,
  canonicalText,
  type PublicJwk,
  parsePublicJwk,
  signingInput,
  thumbprint,
  toBase64url,
  toHex,
  utf8,
} from "@vermilion/ledger";
import type { App } from "@vermilion/member/ports/index";
import { isScope } from "@vermilion/protocol";
import { clientAssertionType } from "@vermilion/protocol/doors";
import { allowedScopes } from "@vermilion/protocol/scopes";
import { decodeJwt, decodeProtectedHeader, errors, importJWK, type JWTPayload, jwtVerify } from "jose";
import type { ApiNeeds } from "../context/needs.ts";
import type { ProblemInput } from "../http/problems.ts";

export type SignInNeeds = Pick<ApiNeeds, "apps" | "baseUrl" | "calls" | "clock" | "crypto" | "keys" | "random">;

export const tokenLifeSeconds = 300;
const assertionLifeSeconds = 300;
/** How far the clock of an app may differ from ours. */
const clockToleranceSeconds = 30;
const issuedAheadSecondsMax = 60;
const jtiLengthMax = 255;
/** RFC 9068 section 2.1: nothing else that this key signs has this typ, so no entry or certificate can pass for a token. */
const tokenTyp = "at+jwt";
const assertionTyp = "JWT";
const textMax = 8_192;

export function tokenEndpoint(baseUrl: string): string {
  return `${baseUrl}/oauth/token`;
}

/** RFC 6749 section 5.2 error beside our own code. */
export interface OAuthRefusal extends ProblemInput {
  readonly oauth: "invalid_request" | "invalid_client" | "unsupported_grant_type" | "invalid_scope";
}

export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: "Bearer";
  readonly expires_in: number;
  readonly scope: string;
}

/** Client credentials with `private_key_jwt` (RFC 6749 section 4.4, RFC 7523 section 3). */
export async function grantToken(form: ReadonlyMap<string, string>, needs: SignInNeeds): Promise<TokenAnswer | OAuthRefusal> {
  if (form.get("grant_type") !== "client_credentials") return { refused: "grant-type-unsupported", oauth: "unsupported_grant_type" };
  if (form.get("client_assertion_type") !== clientAssertionType) return invalid("client_assertion_type must be the JWT bearer type");
  const app = await checkAssertion(form.get("client_assertion") ?? "", form.get("client_id"), needs);
  if ("refused" in app) return app;
  const asked = form.get("scope");
  const scopes = asked === undefined ? app.scopes : asked.split(" ").filter((scope) => scope !== "");
  const held = allowedScopes(app.scopes);
  if (scopes.length === 0 || !scopes.every((scope) => isScope(scope) && held(scope))) {
    return { refused: "scope-not-allowed", oauth: "invalid_scope" };
  }
  const scope = [...new Set(scopes)].sort().join(" ");
  return { access_token: await issueToken(app.id, scope, needs), token_type: "Bearer", expires_in: tokenLifeSeconds, scope };
}

function invalid(detail: string): OAuthRefusal {
  return { refused: "assertion-invalid", oauth: "invalid_client", detail };
}

/**
 * An unknown app, an unknown key and a bad signature are one answer, so that nobody learns which apps there are. Only who has signed is
 * told that the app is disabled, or that the assertion is old or used.
 */
async function checkAssertion(assertion: string, clientId: string | undefined, needs: SignInNeeds): Promise<App | OAuthRefusal> {
  if (assertion.length > textMax) return invalid("the assertion is too long");
  const claimed = decode(assertion);
  // RFC 8725 section 3.11: nothing else that the app's key signs (an SD-JWT, an access token of its own) may pass for an assertion.
  if (claimed?.typ !== undefined && claimed.typ !== assertionTyp) return invalid("typ is neither JWT nor absent");
  const issuer = claimed?.payload.iss;
  if (claimed === undefined || typeof issuer !== "string" || issuer.length > 64) return invalid("not a JWT with an issuer");
  const app = await needs.apps.get(issuer);
  const key = app?.keys.find(({ kid }) => kid === claimed.kid);
  const jwk = key === undefined ? undefined : publicJwk(key.jwk);
  if (app === undefined || jwk === undefined) return invalid("the assertion is by no key of an app");
  const now = needs.clock.now();
  const verified = await verify(assertion, jwk, now, {
    issuer: app.id,
    subject: app.id,
    audience: [tokenEndpoint(needs.baseUrl), needs.baseUrl],
    requiredClaims: ["exp", "jti"],
    clockTolerance: clockToleranceSeconds,
  });
  if (verified === "expired") return { refused: "assertion-expired", oauth: "invalid_client" };
  const { exp, iat = 0, jti } = verified ?? {};
  // The library leaves the type of `jti` to us.
  if (exp === undefined || typeof jti !== "string" || jti === "" || jti.length > jtiLengthMax)
    return invalid("signature or claims do not hold");
  if (iat * 1000 > now + issuedAheadSecondsMax * 1000) return invalid("iat is in the future");
  if (clientId !== undefined && clientId !== app.id) return invalid("client_id is not the issuer of the assertion");
  if (exp * 1000 > now + (assertionLifeSeconds + clockToleranceSeconds) * 1000) return invalid("exp is more than 5 minutes ahead");
  if (app.disabled) return { refused: "app-disabled", oauth: "invalid_client" };
  // Hashed, because the text is the app's and keys of stores are short. Kept for as long as the assertion could pass again.
  const name = toHex(needs.crypto.sha256(utf8(`${app.id}\n${jti}`)));
  const first = await needs.calls.claim(`assertion/${name}`, Math.ceil(exp + clockToleranceSeconds + 1) * 1000);
  return first ? app : { refused: "assertion-replayed", oauth: "invalid_client" };
}

/** JWT profile for access tokens (RFC 9068), signed by the member's identity key. */
async function issueToken(app: string, scope: string, needs: SignInNeeds): Promise<string> {
  const issuedAt = Math.floor(needs.clock.now() / 1000);
  const payload = utf8(
    canonicalText({
      iss: needs.baseUrl,
      sub: app,
      client_id: app,
      aud: needs.baseUrl,
      iat: issuedAt,
      exp: issuedAt + tokenLifeSeconds,
      jti: toHex(needs.random.bytes(16)),
      scope,
    }),
  );
  const jwk = needs.keys.public.sign;
  const input = signingInput(tokenTyp, payload, jwk, thumbprint(jwk, needs.crypto));
  const signature = await needs.keys.sign(input);
  return `${new TextDecoder().decode(input)}.${toBase64url(signature)}`;
}

/** The app and the scopes that token and app both hold at this moment; a disabled app is refused with a live token too. */
export async function checkToken(
  authorization: string | undefined,
  needs: SignInNeeds,
): Promise<{ readonly app: string; readonly scopes: ReadonlySet<string> } | ProblemInput> {
  const [, token] = /^Bearer +([A-Za-z0-9._~+/=-]+)$/i.exec(authorization ?? "") ?? [];
  if (token === undefined) return { refused: "token-missing" };
  const claimed = token.length > textMax ? undefined : decode(token);
  if (claimed === undefined) return { refused: "token-invalid" };
  if (claimed.payload.iss !== needs.baseUrl || claimed.payload.aud !== needs.baseUrl) return { refused: "token-foreign" };
  const verified = await verify(token, needs.keys.public.sign, needs.clock.now(), {
    typ: tokenTyp,
    issuer: needs.baseUrl,
    audience: needs.baseUrl,
    requiredClaims: ["exp", "iat", "client_id", "scope", "jti"],
  });
  if (verified === "expired") return { refused: "token-expired" };
  const { client_id: id, scope } = verified ?? {};
  if (typeof id !== "string" || typeof scope !== "string") return { refused: "token-invalid" };
  const app = await needs.apps.get(id);
  if (app === undefined || app.disabled) return { refused: "app-disabled" };
  const held = allowedScopes(app.scopes);
  return { app: app.id, scopes: new Set(scope.split(" ").filter(held)) };
}

function decode(
  token: string,
): { readonly kid: string | undefined; readonly typ: string | undefined; readonly payload: JWTPayload } | undefined {
  try {
    const { kid, typ } = decodeProtectedHeader(token);
    return { kid, typ, payload: decodeJwt(token) };
  } catch {
    return undefined;
  }
}

async function verify(
  token: string,
  jwk: PublicJwk,
  nowMs: number,
  expected: NonNullable<Parameters<typeof jwtVerify>[2]>,
): Promise<JWTPayload | "expired" | undefined> {
  // The algorithm is the key's, never the token's choice.
  const algorithm = algorithmOf(jwk);
  const key = await importJWK({ ...jwk }, algorithm);
  try {
    return (await jwtVerify(token, key, { ...expected, algorithms: [algorithm], currentDate: new Date(nowMs) })).payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired) return "expired";
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}

/** Registered keys may carry `kid`, `alg`, `use` beside what makes the key. */
function publicJwk(jwk: Readonly<Record<string, string>>): PublicJwk | undefined {
  const { kty, crv, x, y } = jwk;
  return parsePublicJwk(kty === "EC" ? { kty, crv, x, y } : { kty, crv, x });
}
