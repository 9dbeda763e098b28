import { concat } from "@vermilion/ledger";
import { type CallOptions, type ClientOptions, defaultPatience, type Patience } from "./options.ts";
import { ClientProblem, problemOf } from "./problem.ts";
import { type TokenSource, tokenSource } from "./token.ts";

export interface TransportCall extends CallOptions {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as they are, instead of a body. */
  readonly bytes?: Uint8Array;
  readonly idempotencyKey?: string;
  /** `public` calls carry no token. */
  readonly access: "public" | "app";
}

export interface Answer {
  readonly status: number;
  readonly bytes: Uint8Array;
  readonly text: string;
}

export interface Transport {
  readonly patience: Patience;
  /** Tries until there is an answer that trying again cannot better. Throws `ClientProblem`, or the reason of the caller's signal. */
  send(call: TransportCall): Promise<Answer>;
  /** A call past the member, by a link: with the link's headers and nothing of ours. An answer longer than `bytesMax` is none. */
  link(link: LinkCall, bytesMax: number, options?: CallOptions): Promise<Uint8Array>;
}

export interface LinkCall {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What is sent by PUT; without them the link is fetched. */
  readonly bytes?: Uint8Array;
}

export function transportOf(options: ClientOptions): Transport {
  const baseUrl = options.baseUrl.replace(/\/+$/, "");
  const patience = { ...defaultPatience, ...options.patience };
  const post = options.fetch ?? fetch;
  const tokens =
    options.app === undefined
      ? undefined
      : tokenSource(options.app, { baseUrl, post, timeoutMs: patience.timeoutMs, language: options.language });

  async function once(call: TransportCall): Promise<Answer> {
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const token = call.access === "public" ? undefined : await tokenFor(tokens);
    const answer = await attempt(call, body, token);
    if (answer.status !== 401 || token === undefined) return successOf(answer);
    // A member that was restarted with new keys, or a clock that runs ahead, refuses a token that we hold for good: renew it once.
    tokens?.forget(token);
    return successOf(await attempt(call, body, await tokenFor(tokens)));
  }

  async function attempt(call: TransportCall, body: string | undefined, token: string | undefined): Promise<RawAnswer> {
    const signal = signalOf(call.signal, call.bytes === undefined ? patience.timeoutMs : patience.chunkTimeoutMs);
    const headers: Record<string, string> = { accept: "application/json, text/plain;q=0.9, application/octet-stream;q=0.5" };
    if (options.language !== undefined) headers["accept-language"] = options.language;
    if (token !== undefined) headers["authorization"] = `Bearer ${token}`;
    if (token !== undefined && options.operator !== undefined) headers["vermilion-operator"] = encodeURIComponent(options.operator);
    if (body !== undefined) headers["content-type"] = "application/json";
    if (call.bytes !== undefined) headers["content-type"] = "application/octet-stream";
    if (call.idempotencyKey !== undefined) headers["idempotency-key"] = call.idempotencyKey;
    const response = await post(`${baseUrl}${call.path}${queryOf(call.query)}`, {
      method: call.method,
      headers,
      redirect: "error",
      signal,
      ...(body === undefined ? {} : { body }),
      ...(call.bytes === undefined ? {} : { body: call.bytes as Uint8Array<ArrayBuffer> }),
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    return { response, status: response.status, bytes, text: new TextDecoder().decode(bytes) };
  }

  async function follow({ url, headers, bytes }: LinkCall, bytesMax: number, given: AbortSignal | undefined): Promise<Uint8Array> {
    const response = await post(url, {
      method: bytes === undefined ? "GET" : "PUT",
      headers,
      redirect: "error",
      credentials: "omit",
      signal: signalOf(given, patience.chunkTimeoutMs),
      ...(bytes === undefined ? {} : { body: bytes as Uint8Array<ArrayBuffer> }),
    });
    const answer = await readAtMost(response, bytesMax);
    if (!response.ok) throw problemOf(response, new TextDecoder().decode(answer));
    return answer;
  }

  const send = (call: TransportCall) => patiently(patience, baseUrl, call.signal, () => once(call));
  return {
    patience,
    send,
    link: (link, bytesMax, options) =>
      patiently(patience, new URL(link.url).origin, options?.signal, () => follow(link, bytesMax, options?.signal)),
  };
}

/** Tries until there is an answer that trying again cannot better. */
async function patiently<T>(patience: Patience, whom: string, signal: AbortSignal | undefined, once: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await once();
    } catch (error) {
      signal?.throwIfAborted();
      const problem = asProblem(error, whom);
      if (tried >= patience.attempts || !mayPass(problem)) throw problem;
      await pause(pauseBefore(tried, problem, patience), signal);
    }
  }
}

function signalOf(given: AbortSignal | undefined, timeoutMs: number): AbortSignal {
  const timeout = AbortSignal.timeout(timeoutMs);
  return given === undefined ? timeout : AbortSignal.any([given, timeout]);
}

/** Whoever answers a link is a stranger: no more is taken of him than was asked for. */
async function readAtMost(response: Response, bytesMax: number): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array();
  const reader = response.body.getReader();
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    length += piece.value.length;
    if (length > bytesMax) {
      await reader.cancel();
      throw new ClientProblem({
        code: "bad-answer",
        status: response.status,
        detail: `the answer is longer than ${bytesMax} bytes`,
        detailZh: `应答超过 ${bytesMax} 字节`,
      });
    }
    pieces.push(piece.value);
  }
  return concat(...pieces);
}

export function parsedAnswer<T>(answer: Answer): T {
  try {
    return JSON.parse(answer.text) as T;
  } catch (cause) {
    throw new ClientProblem(
      { code: "bad-answer", status: answer.status, detail: "the member's answer is not JSON", detailZh: "成员的应答不是JSON" },
      cause,
    );
  }
}

interface RawAnswer extends Answer {
  readonly response: Response;
}

function successOf(answer: RawAnswer): Answer {
  if (!answer.response.ok) throw problemOf(answer.response, answer.text);
  return { status: answer.status, bytes: answer.bytes, text: answer.text };
}

function tokenFor(tokens: TokenSource | undefined): Promise<string> {
  if (tokens !== undefined) return tokens.token();
  return Promise.reject(
    new ClientProblem({
      code: "no-credentials",
      status: 0,
      detail: "this call needs an app's credentials",
      detailZh: "此调用需要应用凭据",
    }),
  );
}

/** What `fetch` throws when no answer came, in our words; a bug (any other error) goes on as it is. */
function asProblem(error: unknown, baseUrl: string): ClientProblem {
  if (error instanceof ClientProblem) return error;
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return new ClientProblem(
      { code: "timed-out", status: 0, detail: `no answer from ${baseUrl} in time`, detailZh: `${baseUrl} 未及时应答` },
      error,
    );
  }
  if (error instanceof TypeError) {
    return new ClientProblem(
      { code: "unreachable", status: 0, detail: `no member answers at ${baseUrl}`, detailZh: `无法连接 ${baseUrl}` },
      error,
    );
  }
  throw error;
}

/** 409 while the first call with this key still runs; it will have an answer (draft-ietf-httpapi-idempotency-key-header section 2.6). */
const runningCode = "call-running";
/** 5xx that only a person can end. */
const lastingCodes: ReadonlySet<string> = new Set([
  "storage-read-only",
  "storage-layout-newer",
  "data-too-old",
  "upgrade-needed",
  "key-unwrap-failed",
]);
const passingStatuses: ReadonlySet<number> = new Set([0, 429, 500, 502, 503, 504]);

/** Whether the same call may succeed later. Every call is safe to repeat: reads by nature, writes by their Idempotency-Key. */
function mayPass(problem: ClientProblem): boolean {
  if (problem.code === "no-credentials" || problem.code === "bad-credentials" || lastingCodes.has(problem.code)) return false;
  return passingStatuses.has(problem.status) || (problem.status === 409 && problem.code === runningCode);
}

function pauseBefore(tried: number, problem: ClientProblem, patience: Patience): number {
  const full = Math.min(patience.pauseMaxMs, patience.pauseMs * 2 ** (tried - 1));
  const jittered = full / 2 + (Math.random() * full) / 2;
  const asked = Math.min((problem.retryAfterS ?? 0) * 1000, 30_000);
  return Math.max(jittered, asked);
}

export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}

function queryOf(query: TransportCall["query"] = {}): string {
  return Object.keys(query).length === 0 ? "" : `?${new URLSearchParams(query)}`;
}
