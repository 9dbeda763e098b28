import { importJWK, type JWK, SignJWT } from "jose";
import { ClientProblem, problemOf } from "./problem.ts";

/** What `vermilion app add` writes for an agency app. `jwk` is the private key (P-256 or Ed25519); the file belongs to its owner alone. */
export interface AppCredentials {
  readonly app: string;
  readonly member: string;
  readonly baseUrl: string;
  readonly jwk: Readonly<Record<string, unknown>>;
  readonly scopes: readonly string[];
}

export interface TokenSource {
  /** An access token that is good for at least the next few seconds. */
  token(): Promise<string>;
  /** Drops `stale`, so that the next call asks for a new one. A newer token that another call has brought meanwhile stays. */
  forget(stale: string): void;
}

interface TokenDoor {
  readonly baseUrl: string;
  readonly post: typeof fetch;
  readonly timeoutMs: number;
  readonly language: "zh" | "en" | undefined;
}

/** RFC 7523 section 3: the assertion is for one use and for the shortest time that clocks allow. */
const assertionLifetimeS = 120;
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/**
 * Tokens by `private_key_jwt` (RFC 7523, OAuth 2.0 client credentials). A token is kept until a fifth of its life, or 30 s, is left;
 * calls that come at once share one request. Throws `ClientProblem`; the caller retries.
 */
export function tokenSource(app: AppCredentials, { baseUrl, post, timeoutMs, language }: TokenDoor): TokenSource {
  let held: { readonly token: string; readonly renewAt: number } | undefined;
  let asking: Promise<string> | undefined;

  async function ask(): Promise<string> {
    const endpoint = `${baseUrl}/oauth/token`;
    const form = new URLSearchParams({
      grant_type: "client_credentials",
      client_assertion_type: assertionType,
      client_assertion: await assertion(app, endpoint),
      scope: app.scopes.join(" "),
    });
    const response = await post(endpoint, {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        accept: "application/json",
        ...(language === undefined ? {} : { "accept-language": language }),
      },
      body: form.toString(),
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    });
    const body = await response.text();
    if (!response.ok) throw problemOf(response, body);
    const answer = tokenAnswer(body);
    if (answer === undefined)
      throw new ClientProblem({ code: "bad-answer", status: response.status, detail: "the token endpoint gave no bearer token" });
    const marginMs = Math.min(30_000, answer.lifetimeMs / 5);
    held = { token: answer.token, renewAt: Date.now() + answer.lifetimeMs - marginMs };
    return answer.token;
  }

  return {
    token() {
      if (held !== undefined && Date.now() < held.renewAt) return Promise.resolve(held.token);
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      return asking;
    },
    forget(stale) {
      if (held?.token === stale) held = undefined;
    },
  };
}

async function assertion(app: AppCredentials, audience: string): Promise<string> {
  const alg = app.jwk["crv"] === "Ed25519" ? "EdDSA" : "ES256";
  const kid = app.jwk["kid"];
  const now = Math.floor(Date.now() / 1000);
  try {
    const key = await importJWK(app.jwk as JWK, alg);
    return await new SignJWT({})
      .setProtectedHeader({ alg, typ: "JWT", ...(typeof kid === "string" ? { kid } : {}) })
      .setIssuer(app.app)
      .setSubject(app.app)
      .setAudience(audience)
      .setJti(crypto.randomUUID())
      .setIssuedAt(now)
      .setExpirationTime(now + assertionLifetimeS)
      .sign(key);
  } catch (cause) {
    throw new ClientProblem(
      { code: "bad-credentials", status: 0, detail: "the app's private key cannot be used", detailZh: "应用私钥无法使用" },
      cause,
    );
  }
}

function tokenAnswer(body: string): { readonly token: string; readonly lifetimeMs: number } | undefined {
  try {
    const { access_token: token, expires_in: seconds } = JSON.parse(body) as Record<string, unknown>;
    return typeof token === "string" && token !== "" && typeof seconds === "number" && seconds > 0
      ? { token, lifetimeMs: seconds * 1000 }
      : undefined;
  } catch {
    return undefined;
  }
}
