import { canonicalText, formatOutcome, isJsonObject, type Json, parseStrict, toHex, utf8 } from "@vermilion/ledger";
import type { StoredAnswer } from "@vermilion/member/ports/index";
import type { Refused, Services, Submitted } from "@vermilion/member/services";
import { onChain } from "@vermilion/protocol";
import type { ApiContext } from "../context/http.ts";
import type { ApiNeeds } from "../context/needs.ts";
import { describeError, knownCode, problem, refusedProblem } from "../http/problems.ts";

/**
 * Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-08), kept per app for 24 h. What becomes of a key:
 *
 * - An answer with effect (committed or waiting) is kept and given again, with `Idempotent-Replayed: true`. One that waited is looked up
 *   again, so a repeat learns how it ended.
 * - A refusal before anything was written, and a fault, free the key. A fault may have left the entry behind; the repeat is safe because
 *   the entry's id is derived from app, key and fingerprint, and the ledger takes it once.
 * - A call whose process died is taken over after 60 s; no call waits longer than half of that.
 * - Parts that are secret (a certificate's disclosures) are not kept: they are in the first answer only.
 */
const keptMs = 24 * 60 * 60 * 1000;
const staleAfterMs = 60_000;
const keyForm = /^[!-~]{1,128}$/;

/** What a write gave, as it is kept: what is on the ledger, what the use case added, where the thing can be read. */
export interface Written {
  readonly submitted: Submitted;
  readonly extras: Readonly<Record<string, Json>>;
  readonly location: string;
}

export interface WriteCall {
  readonly app: string;
  readonly operator: string;
  readonly body: Uint8Array;
  /** Members of `extras` that are in the first answer only. */
  readonly secret: readonly string[];
  /** The chain that is written to, as paths name it, and what stands behind it. */
  readonly chain: string;
  readonly services: Pick<Services, "submission">;
}

type WriteNeeds = Pick<ApiNeeds, "baseUrl" | "calls" | "clock" | "crypto" | "log">;

/** Runs a write at most once for its key and answers it. */
export async function answerWrite(
  c: ApiContext,
  call: WriteCall,
  needs: WriteNeeds,
  run: (idempotencyKey: string) => Promise<Written | Refused>,
): Promise<Response> {
  const given = c.req.header("idempotency-key");
  if (given === undefined || given === "") return problem(c, { refused: "idempotency-key-missing" });
  if (!keyForm.test(given)) return problem(c, { refused: "idempotency-key-malformed" });
  const key = `call/${call.app}/${given}`;
  const now = needs.clock.now();
  const fingerprint = fingerprintOf(c, call, needs);
  const begun = await needs.calls.begin(key, fingerprint, { now, staleAfter: staleAfterMs, until: now + keptMs });
  if (begun === "running") return problem(c, { refused: "call-running" });
  if (begun === "other-body") return problem(c, { refused: "idempotency-key-reused" });
  if (begun !== "begun") return replay(c, begun, call, needs);
  const written = await runOrAbandon(c, key, needs, () => run(entryKeyOf(given, fingerprint, needs)));
  if ("refused" in written) return refusedProblem(c, written);
  const kept = Object.fromEntries(Object.entries(written.extras).filter(([name]) => !call.secret.includes(name)));
  await keep(c, key, { ...written, extras: kept }, needs);
  return answerWritten(c, written, call, needs);
}

/** The call as the caller meant it: route, operator and exact body. */
function fingerprintOf(c: ApiContext, call: WriteCall, needs: WriteNeeds): string {
  const body = toHex(needs.crypto.sha256(call.body));
  return toHex(needs.crypto.sha256(utf8(canonicalText([c.req.method, c.req.path, call.operator, body]))));
}

/**
 * What the entry's id is derived from, beside the app. The ledger remembers ids for ever and this door its keys for a day only: were it the
 * caller's key alone, a key that is used again later, for another call, would be answered with the old transaction and nothing would be done.
 */
function entryKeyOf(given: string, fingerprint: string, needs: WriteNeeds): string {
  return toHex(needs.crypto.sha256(utf8(canonicalText([given, fingerprint]))));
}

async function runOrAbandon(
  c: ApiContext,
  key: string,
  needs: WriteNeeds,
  run: () => Promise<Written | Refused>,
): Promise<Written | Refused> {
  try {
    const written = await run();
    if ("refused" in written) await needs.calls.abandon(key);
    return written;
  } catch (error) {
    await needs.calls.abandon(key).catch((second: unknown) => {
      // The key stays taken until it is stale; the caller's answer is the first fault.
      needs.log.warn("idempotency-abandon-failed", { requestId: c.get("requestId"), ...describeError(second) });
    });
    throw error;
  }
}

async function keep(c: ApiContext, key: string, written: Written, needs: WriteNeeds): Promise<void> {
  const { submitted, extras, location } = written;
  const body = canonicalText({ submitted: { ...submitted }, extras, location });
  const status = submitted.status === "pending" ? 202 : isRefused(submitted) ? 422 : 201;
  try {
    await needs.calls.finish(key, { status, headers: {}, body });
  } catch (error) {
    // The entry is on its way or committed: the answer is true whether or not it could be kept.
    needs.log.warn("idempotency-finish-failed", { requestId: c.get("requestId"), ...describeError(error) });
  }
}

async function replay(c: ApiContext, stored: StoredAnswer, call: WriteCall, needs: WriteNeeds): Promise<Response> {
  const written = parseWritten(stored);
  c.header("Idempotent-Replayed", "true");
  if (written.submitted.status === "committed") return answerWritten(c, written, call, needs);
  const submitted = await call.services.submission({ transactionHash: written.submitted.transactionHash });
  // 409 and not the 404 of a look-up: the route is there, and the call can only be made again under a new key.
  if ("refused" in submitted) return problem(c, { ...submitted, refused: knownCode(submitted.refused), status: 409 });
  return answerWritten(c, { ...written, submitted }, call, needs);
}

function parseWritten(stored: StoredAnswer): Written {
  const bytes = utf8(stored.body);
  const parsed = parseStrict(bytes, { bytesMax: bytes.length, depthMax: 16 });
  if ("refused" in parsed || !isJsonObject(parsed.value)) throw new Error("bug: a kept answer is not JSON");
  return parsed.value as unknown as Written;
}

/** As it stands in answers: the outcome as the leaf record has it. */
export function submittedAnswer({ outcome, ...facts }: Submitted) {
  return { ...facts, ...(outcome === undefined ? {} : { outcome: formatOutcome(outcome) }) };
}

function isRefused(submitted: Submitted): boolean {
  return submitted.outcome?.kind === "refused";
}

/** 201 committed and applied, 202 on its way, 422 committed as refused: such an entry has a place on the ledger and a receipt too. */
function answerWritten(c: ApiContext, written: Written, { chain }: WriteCall, { baseUrl }: WriteNeeds): Response {
  const { status, ...facts } = submittedAnswer(written.submitted);
  const { transactionHash } = facts;
  if (written.submitted.outcome?.kind === "refused") {
    const blockNumber = facts.blockNumber === undefined ? {} : { blockNumber: facts.blockNumber };
    const refused = knownCode(written.submitted.outcome.code);
    return problem(c, { refused, status: 422, transactionHash, ...blockNumber, detail: "the entry was committed as refused" });
  }
  const receipt = `${baseUrl}${onChain(`/v1/receipts/${transactionHash}`, chain)}`;
  const submission = `${baseUrl}${onChain(`/v1/submissions/${transactionHash}`, chain)}`;
  const pending = status === "pending";
  c.header("Location", pending ? submission : `${baseUrl}${written.location}`);
  return c.json({ status, ...facts, ...(pending ? { submission } : {}), receipt, ...written.extras }, pending ? 202 : 201);
}
