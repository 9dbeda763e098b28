import { concat, type Json, jsonDepthMax, parseStrict } from "@vermilion/ledger";
import type { ApiContext } from "../context/http.ts";
import type { ProblemInput } from "./problems.ts";

export const appBodyBytesMax = 1024 * 1024;
export const peerBodyBytesMax = 8 * 1024 * 1024;

const jsonForm = /^application\/json(?:\s*;\s*charset="?utf-8"?)?$/i;
const linesForm = /^application\/x-ndjson(?:\s*;\s*charset="?utf-8"?)?$/i;
const bytesForm = /^application\/octet-stream$/i;
const formForm = /^application\/x-www-form-urlencoded(?:\s*;\s*charset="?utf-8"?)?$/i;

/** Length of the body as its sender states it; undefined where it is sent in chunks, or nonsense. */
export function declaredLength(c: ApiContext): number | undefined {
  const given = c.req.header("content-length");
  return given !== undefined && /^[0-9]{1,15}$/.test(given) ? Number(given) : undefined;
}

/** What has come with the headers is thrown away by the server; beyond that a refused body is not worth its connection. */
const abandonedBytesMax = 64 * 1024;

/** For a refusal before the body was read. */
export function abandonBody(c: ApiContext): void {
  const isSmall = (declaredLength(c) ?? Number.POSITIVE_INFINITY) <= abandonedBytesMax;
  if (!isSmall) c.header("Connection", "close");
}

/** A body is not long: whoever takes longer holds a place for nothing. */
const bodyWithinMs = 60_000;

export type Read<T> = { readonly value: T } | ProblemInput;

/**
 * The whole body, counted as it streams in: a Content-Length may be absent or lie. A body that is too long is not read to its end, and the
 * connection is given up, because what follows on it is the rest of that body.
 */
export async function readBody(c: ApiContext, bytesMax: number, withinMs = bodyWithinMs): Promise<Read<Uint8Array>> {
  const tooLarge: ProblemInput = { refused: "body-too-large", detail: `at most ${bytesMax} bytes` };
  if (Number(c.req.header("content-length") ?? "0") > bytesMax) {
    c.header("Connection", "close");
    return tooLarge;
  }
  const stream = c.req.raw.body;
  if (stream === null) return { value: new Uint8Array() };
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = stream.getReader();
  const late = AbortSignal.timeout(withinMs);
  const isLate = new Promise<"late">((resolve) => late.addEventListener("abort", () => resolve("late"), { once: true }));
  for (;;) {
    const read = await Promise.race([reader.read(), isLate]);
    if (read !== "late" && read.done) return { value: concat(...chunks) };
    size += read === "late" ? 0 : read.value.length;
    if (read === "late" || size > bytesMax) {
      c.header("Connection", "close");
      // What else comes is not read.
      void reader.cancel().catch(() => undefined);
      return read === "late" ? { refused: "body-too-slow", detail: `within ${withinMs / 1_000} s` } : tooLarge;
    }
    chunks.push(read.value);
  }
}

const contentTypes = {
  json: { form: jsonForm, detail: "application/json in UTF-8, not compressed" },
  form: { form: formForm, detail: "application/x-www-form-urlencoded, not compressed" },
  lines: { form: linesForm, detail: "application/x-ndjson in UTF-8, or application/json; not compressed" },
  bytes: { form: bytesForm, detail: "application/octet-stream, not compressed" },
} as const;

/** The content type that a body must have; compressed bodies are not taken, so that what is counted is what is parsed. */
export function refuseContentType(c: ApiContext, expected: keyof typeof contentTypes): ProblemInput | undefined {
  const given = c.req.header("content-type") ?? "";
  const encoding = c.req.header("content-encoding") ?? "identity";
  const { form, detail } = contentTypes[expected];
  if (form.test(given.trim()) && encoding.toLowerCase() === "identity") return undefined;
  return { refused: "unsupported-content-type", detail };
}

/** Strict JSON: no duplicate keys, floats, half surrogates, nor more than 16 levels. */
export function parseJsonBody(bytes: Uint8Array, bytesMax: number = appBodyBytesMax): Read<Json> {
  const parsed = parseStrict(bytes, { bytesMax, depthMax: jsonDepthMax });
  return "refused" in parsed ? { refused: parsed.refused, detail: parsed.detail } : parsed;
}

/** Query parameters, each at most once. */
export function readQuery(c: ApiContext): Read<Record<string, string>> {
  const all = c.req.queries();
  const twice = Object.entries(all).find(([, values]) => values.length !== 1);
  if (twice !== undefined) return { refused: "malformed-query", detail: "a parameter stands twice" };
  return { value: Object.fromEntries(Object.entries(all).map(([name, values]) => [name, values[0] ?? ""])) };
}
