import { type Crypto, equalBytes, fromBase64, toBase64, utf8 } from "@vermilion/ledger";
import { httpbis, type Request, type Response } from "http-message-signatures";
import type { Clock } from "../ports/index.ts";
import { type CheckSession, type PeerIdentity, type PeerRefusal, type PeerSession, peerClockSkewMs } from "./peer-session.ts";

/**
 * Messages between members, signed by HTTP Message Signatures (RFC 9421) over a Content-Digest (RFC 9530). The profile has one spelling of
 * each header and everything else is refused, so a verifier never has to guess what a signature covers; the signature base itself is the
 * library's. Digest and times are checked here: the library does not check bodies and reads the computer's clock.
 */
export const peerContentType = "application/json";
export const peerMessageLifeSeconds = 60;
const tag = "vermilion-peer";
const label = "sig";
/** RFC 9421 section 2.1 fields and section 2.2 derived components of a request. */
const requestFields = ["@method", "@target-uri", "content-digest", "content-type", "vermilion-session"];
/** Section 2.4: `;req` binds the answer to the one request whose signature it covers. */
const responseFields = ["@status", "content-digest", '"signature";req'];

const inputForm = /^sig=(\(([^()]*)\);created=([0-9]{1,12});expires=([0-9]{1,12});keyid="([A-Za-z0-9_-]{43})";tag="vermilion-peer")$/;
const signatureForm = /^sig=:([A-Za-z0-9+/]{86}==):$/;
const digestForm = /^sha-256=:([A-Za-z0-9+/]{43}=):$/;

/** Header names in lower case; a header that came twice is joined with ", " and then refused by its form. */
export type PeerHeaders = Readonly<Record<string, string>>;

export interface PeerRequestHead {
  readonly method: string;
  /** Absolute: the receiver's configured base URL, path and query. */
  readonly url: string;
  readonly headers: PeerHeaders;
}

/** Who sent a message, and the SHA-256 that he has signed for its body. */
export interface SignedHead {
  readonly from: PeerIdentity;
  readonly digest: Uint8Array;
}

export interface PeerResponse {
  readonly status: number;
  readonly headers: PeerHeaders;
  readonly body: Uint8Array;
}

export interface VerifyNeeds {
  readonly checkSession: CheckSession;
  readonly clock: Clock;
  readonly crypto: Crypto;
}

/** The request's headers with digest, session, signature. */
export async function signRequest(
  request: { readonly method: string; readonly url: string; readonly body: Uint8Array },
  needs: { readonly session: PeerSession; readonly clock: Clock; readonly crypto: Crypto },
): Promise<Record<string, string>> {
  const key = await needs.session.current();
  const headers = {
    "content-digest": contentDigest(request.body, needs.crypto),
    "content-type": peerContentType,
    "vermilion-session": key.certificate,
  };
  return sign({ method: request.method, url: request.url, headers }, undefined, requestFields, key, needs.clock);
}

/**
 * Who sent a request, or why it is refused, before its body is read, so that no byte of a stranger's is kept: the signature covers the
 * body's digest and needs no more. `url` is rebuilt from the receiver's own base URL, never from the Host header.
 */
export async function verifyRequestHead(head: PeerRequestHead, needs: VerifyNeeds): Promise<SignedHead | PeerRefusal> {
  if (head.headers["content-type"] !== peerContentType) {
    return { refused: "peer-signature-malformed", detail: `the content type of peer calls is ${peerContentType}` };
  }
  return verify(head, undefined, requestFields, needs);
}

/** Undefined where the body is the one that the head was signed for. */
export function refuseBody({ digest }: SignedHead, body: Uint8Array, crypto: Crypto): PeerRefusal | undefined {
  if (equalBytes(digest, crypto.sha256(body))) return undefined;
  return { refused: "peer-digest-mismatch", detail: "the body is not the one that was signed" };
}

/** Headers of the answer to a request that carried `requestSignature` (its `Signature` header). */
export async function signResponse(
  response: { readonly status: number; readonly body: Uint8Array; readonly contentType: string },
  requestSignature: string,
  needs: { readonly session: PeerSession; readonly clock: Clock; readonly crypto: Crypto },
): Promise<Record<string, string>> {
  const key = await needs.session.current();
  const headers = {
    "content-digest": contentDigest(response.body, needs.crypto),
    "content-type": response.contentType,
    "vermilion-session": key.certificate,
  };
  return sign({ status: response.status, headers }, requestSignature, responseFields, key, needs.clock);
}

/** Undefined where `member` itself gave this answer to the request that carried `requestSignature`. */
export async function verifyResponse(
  response: PeerResponse,
  asked: { readonly member: string; readonly requestSignature: string },
  needs: VerifyNeeds,
): Promise<PeerRefusal | undefined> {
  const signed = await verify(response, asked.requestSignature, responseFields, needs);
  if ("refused" in signed) return signed;
  const { member } = signed.from;
  if (member !== asked.member) return { refused: "peer-wrong-member", detail: `the answer is by ${member}, not by ${asked.member}` };
  return refuseBody(signed, response.body, needs.crypto);
}

function contentDigest(body: Uint8Array, crypto: Crypto): string {
  return `sha-256=:${toBase64(crypto.sha256(body))}:`;
}

async function sign(
  message: Request | Response,
  requestSignature: string | undefined,
  fields: readonly string[],
  key: { readonly thumbprint: string; sign(data: Uint8Array): Uint8Array },
  clock: Clock,
): Promise<Record<string, string>> {
  const created = new Date(clock.now());
  const config = {
    key: { id: key.thumbprint, sign: async (data: Uint8Array) => Buffer.from(key.sign(data)) },
    name: label,
    fields: [...fields],
    params: ["created", "expires", "keyid", "tag"],
    paramValues: { created, expires: new Date(created.getTime() + peerMessageLifeSeconds * 1000), tag },
  };
  const signed =
    "method" in message
      ? await httpbis.signMessage(config, message)
      : await httpbis.signMessage(config, message, boundRequest(requestSignature));
  return Object.fromEntries(Object.entries(signed.headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
}

/** The library wants a whole request; only its signature is covered. */
function boundRequest(signature: string | undefined): Request {
  return { method: "POST", url: "", headers: { signature: signature ?? "" } };
}

type Head = PeerRequestHead | Omit<PeerResponse, "body">;

async function verify(
  message: Head,
  requestSignature: string | undefined,
  fields: readonly string[],
  needs: VerifyNeeds,
): Promise<SignedHead | PeerRefusal> {
  const { headers } = message;
  const input = headers["signature-input"];
  const [signatureText, digestText, certificate] = [headers.signature, headers["content-digest"], headers["vermilion-session"]];
  if (input === undefined || signatureText === undefined || digestText === undefined || certificate === undefined) {
    return { refused: "peer-signature-missing", detail: "a peer message carries signature, signature-input, content-digest and session" };
  }
  const [, params, covered, created, expires, keyid] = inputForm.exec(input) ?? [];
  const signature = fromBase64(signatureForm.exec(signatureText)?.[1] ?? "");
  const digest = fromBase64(digestForm.exec(digestText)?.[1] ?? "");
  if (params === undefined || signature?.length !== 64 || digest?.length !== 32 || covered !== fields.map(quoted).join(" ")) {
    return { refused: "peer-signature-malformed", detail: "the signature headers are not in the form of the peer profile" };
  }
  const late = checkTimes(Number(created), Number(expires), needs.clock.now());
  if (late !== undefined) return late;
  const identity = await needs.checkSession(certificate);
  if ("refused" in identity) return identity;
  const base = signatureBase(message, requestSignature, fields, params);
  if (identity.thumbprint !== keyid || !needs.crypto.verify(identity.jwk, utf8(base), signature)) {
    return { refused: "peer-signature-invalid", detail: "the signature does not verify under the session key" };
  }
  return { from: identity, digest };
}

function quoted(field: string): string {
  return field.startsWith('"') ? field : `"${field}"`;
}

/** RFC 9421 section 2.5. */
function signatureBase(message: Head, requestSignature: string | undefined, fields: readonly string[], params: string): string {
  const config = { fields: [...fields] };
  const headers = { ...message.headers };
  const lines =
    "method" in message
      ? httpbis.createSignatureBase(config, { method: message.method, url: message.url, headers })
      : httpbis.createSignatureBase(config, { status: message.status, headers }, boundRequest(requestSignature));
  return httpbis.formatSignatureBase([...lines, ['"@signature-params"', [params]]]);
}

function checkTimes(createdSeconds: number, expiresSeconds: number, nowMs: number): PeerRefusal | undefined {
  const life = expiresSeconds - createdSeconds;
  if (life <= 0 || life > peerMessageLifeSeconds) {
    return { refused: "peer-signature-malformed", detail: `a peer message lives for ${peerMessageLifeSeconds} s at most` };
  }
  if (nowMs > expiresSeconds * 1000 + peerClockSkewMs) return { refused: "peer-expired", detail: "the message is too old" };
  if (nowMs < createdSeconds * 1000 - peerClockSkewMs) return { refused: "peer-clock-ahead", detail: "the message is from the future" };
  return undefined;
}
