import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest, Agent as SecureAgent } from "node:https";
import { type Crypto, concat, isJsonObject, parseStrict, refusalCodeForm } from "@vermilion/ledger";
import { Fault } from "../fault.ts";
import type { Clock, PeerCall, Peers } from "../ports/index.ts";
import type { CheckSession, PeerSession } from "./peer-session.ts";
import { signRequest, type VerifyNeeds, verifyResponse } from "./peer-signatures.ts";

/** Blocks of 4 MB travel as JSON, with base64 and what stands around it. */
export const peerResponseBytesMax = 8 * 1024 * 1024;
const sockets = { keepAlive: true, maxSockets: 8, maxFreeSockets: 4 };

export interface HttpPeersNeeds {
  readonly session: PeerSession;
  readonly clock: Clock;
  readonly crypto: Crypto;
  /** PEM of the authorities that members' TLS certificates are judged by; the system's where absent. */
  readonly ca?: string;
}

/** The members of one chain: where they are, and how one knows them by their answers. */
export interface ChainMembers {
  /** Chain id, hex; it stands in the path of each call, and so under its signature. */
  readonly chain: string;
  readonly checkSession: CheckSession;
  /** Base URL of a member without a slash at the end; undefined for one that is not of the chain. */
  urlOf(member: string): string | undefined;
}

/** One session and its connections, for all chains. */
export interface HttpPeers {
  ofChain(members: ChainMembers): Peers;
  close(): void;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** `Peers` over HTTP/1.1 with connections that stay open. What comes back is believed only after its signature was checked. */
export function httpPeers(needs: HttpPeersNeeds): HttpPeers {
  const plain = new Agent(sockets);
  const secure = new SecureAgent({ ...sockets, ...(needs.ca === undefined ? {} : { ca: needs.ca }) });
  return {
    ofChain: ({ chain, checkSession, urlOf }) => ({
      async call(member, call, body, timeoutMs) {
        const base = urlOf(member);
        if (base === undefined) throw new Fault("peer-unreachable", `no address of ${member}`);
        const url = peerUrl(base, chain, call);
        const headers = await signRequest({ method: "POST", url, body }, needs);
        const answer = await exchange(url, headers, body, timeoutMs, url.startsWith("https:") ? secure : plain).catch((cause: unknown) => {
          throw new Fault("peer-unreachable", `${member} ${call}: ${reasonOf(cause)}`, cause);
        });
        return believe(answer, member, headers.signature ?? "", { ...needs, checkSession });
      },
    }),
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}

function peerUrl(base: string, chain: string, call: PeerCall): string {
  return `${base}/peer/v1/chains/${chain}/${call}`;
}

/** The body of a signed 200; a signed refusal becomes `peer-refused` with its code, everything else `peer-unreachable`. */
async function believe(answer: Answer, member: string, requestSignature: string, needs: VerifyNeeds): Promise<Uint8Array> {
  const refusal = await verifyResponse(answer, { member, requestSignature }, needs);
  if (refusal !== undefined) {
    // An unsigned code is a hint for whoever reads the log (a wrong clock, another chain), and nothing is decided by it.
    const hint = answer.status === 200 ? "" : `, status ${answer.status} ${problemCode(answer.body) ?? ""}`;
    throw new Fault("peer-unreachable", `${member}: ${refusal.refused}${hint}`);
  }
  if (answer.status === 200) return answer.body;
  throw new Fault("peer-refused", problemCode(answer.body) ?? `status-${answer.status}`);
}

function problemCode(body: Uint8Array): string | undefined {
  const parsed = parseStrict(body, { bytesMax: 16_384, depthMax: 8 });
  if ("refused" in parsed || !isJsonObject(parsed.value)) return undefined;
  const { code } = parsed.value;
  return typeof code === "string" && refusalCodeForm.test(code) ? code : undefined;
}

/**
 * One exchange within `timeoutMs`, connecting and reading included. A kept connection that the other side closed at the same moment gives
 * ECONNRESET before anything was answered; that one case is sent again on a new connection, because it says nothing about the peer and
 * every peer call is idempotent.
 */
async function exchange(url: string, headers: Record<string, string>, body: Uint8Array, timeoutMs: number, agent: Agent): Promise<Answer> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    return await once(url, headers, body, signal, agent);
  } catch (error) {
    if (!(error instanceof ClosedWhileIdle)) throw error;
    return await once(url, headers, body, signal, agent);
  }
}

class ClosedWhileIdle extends Error {}

function once(url: string, headers: Record<string, string>, body: Uint8Array, signal: AbortSignal, agent: Agent): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const send = url.startsWith("https:") ? httpsRequest : httpRequest;
  const options = { method: "POST", headers: { ...headers, "content-length": `${body.length}` }, agent, signal };
  const sent = send(url, options, (message) => {
    readAnswer(message).then(resolve, reject);
  });
  sent.on("error", (error: NodeJS.ErrnoException) => {
    reject(sent.reusedSocket && error.code === "ECONNRESET" ? new ClosedWhileIdle("closed", { cause: error }) : error);
  });
  sent.end(body);
  return promise;
}

async function readAnswer(message: IncomingMessage): Promise<Answer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > peerResponseBytesMax) {
      message.destroy();
      throw new Error(`the answer is larger than ${peerResponseBytesMax} bytes`);
    }
    chunks.push(chunk);
  }
  const headers = Object.entries(message.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : `${value}`]);
  return { status: message.statusCode ?? 0, headers: Object.fromEntries(headers), body: concat(...chunks) };
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return "failed";
  if (cause.name === "TimeoutError" || cause.cause instanceof DOMException) return "no answer in time";
  return "code" in cause && typeof cause.code === "string" ? cause.code : cause.message;
}
