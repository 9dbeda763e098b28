import { parseOutcome } from "@vermilion/ledger";
import type {
  AccountInput,
  CompleteInput,
  CorrectInput,
  Decision,
  Issued,
  IssueInput,
  Json,
  RenewInput,
  RequestInput,
  RequestStatus,
  Submitted,
  Verdicts,
  VerificationInput,
} from "./answers.ts";
import { part } from "./getters.ts";
import { ClientProblem } from "./problem.ts";
import { type CallOptions, parsedAnswer, pause, type Transport } from "./transport.ts";

export interface WriteOptions extends CallOptions {
  /** 1 to 255 visible characters. A repeat with the same key and body within 24 h is the same call; drawn at random where absent. */
  readonly idempotencyKey?: string;
}

const pollFirstMs = 100;
const pollMaxMs = 1_000;

/**
 * Every write of the API. Each call has one Idempotency-Key through all its attempts, so a lost answer never writes twice. A 202 is
 * followed up at `/v1/submissions` for `patience.commitMs`; after that the answer is still `pending`, which is no error.
 * Throws `ClientProblem`; an entry that was committed as refused is one, with the refusal's code and the transaction hash.
 */
export function writes(transport: Transport) {
  async function write<T>(path: string, body: unknown, options: WriteOptions | undefined): Promise<Submitted & T> {
    const { idempotencyKey = crypto.randomUUID(), ...rest } = options ?? {};
    const answer = await transport.send({ method: "POST", path, body, idempotencyKey, access: "app", ...rest });
    const first = parsedAnswer<Submitted & T>(answer);
    const settled = first.status === "pending" ? { ...first, ...(await followUp(transport, first, rest)) } : first;
    throwIfRefused(settled);
    return settled;
  }

  return {
    defineType: (type: Json, options?: WriteOptions) => write<unknown>("/v1/types", type, options),
    issue: (input: IssueInput, options?: WriteOptions) => write<Issued>("/v1/certificates", input, options),
    complete: (certificate: string, input: CompleteInput, options?: WriteOptions) =>
      write<Issued>(`/v1/certificates/${part(certificate)}/parts`, input, options),
    renew: (certificate: string, input: RenewInput, options?: WriteOptions) =>
      write<Issued>(`/v1/certificates/${part(certificate)}/renewal`, input, options),
    correct: (certificate: string, input: CorrectInput, options?: WriteOptions) =>
      write<Issued>(`/v1/certificates/${part(certificate)}/corrections`, input, options),
    suspend: (certificate: string, input: { readonly reason: string }, options?: WriteOptions) =>
      write<unknown>(`/v1/certificates/${part(certificate)}/suspension`, input, options),
    resume: (certificate: string, input: { readonly reason: string }, options?: WriteOptions) =>
      write<unknown>(`/v1/certificates/${part(certificate)}/resumption`, input, options),
    revoke: (certificate: string, input: { readonly reason: string }, options?: WriteOptions) =>
      write<unknown>(`/v1/certificates/${part(certificate)}/revocation`, input, options),
    /** `proof` is the holder's signed object; without it the member that registered the holder speaks for him. */
    receive: (certificate: string, input: { readonly document?: string; readonly proof?: string }, options?: WriteOptions) =>
      write<unknown>(`/v1/certificates/${part(certificate)}/receipt`, input, options),
    /** SHA-256 digests (hex, 1 to 8,192) as one entry. */
    deposit: (digests: readonly string[], options?: WriteOptions) =>
      write<{ readonly evidence: string; readonly root: string; readonly count: number }>("/v1/evidence", { digests }, options),
    openRequest: (input: RequestInput, options?: WriteOptions) =>
      write<{ readonly request: string; readonly state?: RequestStatus }>("/v1/requests", input, options),
    decide: (request: string, decision: Decision, options?: WriteOptions) =>
      write<unknown>(`/v1/requests/${part(request)}/decision`, decision, options),
    registerAccount: (input: AccountInput, options?: WriteOptions) => write<{ readonly address: string }>("/v1/accounts", input, options),
    /** All chunks of the file are at the member: puts it on the ledger. `putFile` does all of it. */
    completeFile: (file: string, input: { readonly mediaType: string; readonly plain: string }, options?: WriteOptions) =>
      write<{ readonly file: string }>(`/v1/files/${part(file)}/complete`, input, options),
    /** Checks a presented SD-JWT at the member, which records the verification as an entry. */
    recordVerification: (input: VerificationInput, options?: WriteOptions) =>
      write<{ readonly verdicts: Verdicts }>("/v1/verifications", input, options),
  };
}

async function followUp(transport: Transport, first: Submitted, options: CallOptions): Promise<Submitted> {
  const giveUpAt = Date.now() + transport.patience.commitMs;
  const path = `/v1/submissions/${part(first.transactionHash)}`;
  let pauseMs = pollFirstMs;
  let newest: Submitted = first;
  while (newest.status === "pending" && Date.now() + pauseMs <= giveUpAt) {
    await pause(pauseMs, options.signal);
    newest = await transport.json<Submitted>({ method: "GET", path, access: "app", ...options });
    pauseMs = Math.min(pollMaxMs, pauseMs * 1.5);
  }
  return newest;
}

function throwIfRefused(submitted: Submitted): void {
  const { outcome, transactionHash } = submitted;
  const told = outcome === undefined ? undefined : parseOutcome(outcome);
  if (told?.kind !== "refused") return;
  const { code } = told;
  throw new ClientProblem({
    code,
    status: 409,
    detail: `the ledger refused the entry: ${code}`,
    detailZh: `账本拒绝了该条目：${code}`,
    transactionHash,
  });
}
