import { parseOutcome } from "@vermilion/ledger";
import { onChain, type Result } from "@vermilion/protocol";
import type { WriteOptions } from "./options.ts";
import { ClientProblem } from "./problem.ts";
import { parsedAnswer, pause, type Transport, type TransportCall } from "./transport.ts";

type Submitted = Result<"defineType">;

const pollFirstMs = 100;
const pollMaxMs = 1_000;

/**
 * A write. It has one Idempotency-Key through all its attempts, so a lost answer never writes twice. A 202 is followed up for
 * `patience.commitMs`; after that the answer is still `pending`, which is no error. Throws `ClientProblem`; an entry that was committed as
 * refused is one, with the refusal's code and the transaction hash.
 */
export async function writeOnce(transport: Transport, request: TransportCall, options: WriteOptions, chain: string): Promise<Submitted> {
  const { idempotencyKey = crypto.randomUUID() } = options;
  const first = parsedAnswer<Submitted>(await transport.send({ ...request, idempotencyKey }));
  const settled = first.status === "pending" ? { ...first, ...(await followUp(transport, first, options, chain)) } : first;
  throwIfRefused(settled);
  return settled;
}

async function followUp(transport: Transport, first: Submitted, { signal }: WriteOptions, chain: string): Promise<Result<"submission">> {
  const giveUpAt = Date.now() + transport.patience.commitMs;
  const path = onChain(`/v1/submissions/${encodeURIComponent(first.transactionHash)}`, chain);
  let pauseMs = pollFirstMs;
  let newest: Result<"submission"> = first;
  while (newest.status === "pending" && Date.now() + pauseMs <= giveUpAt) {
    await pause(pauseMs, signal);
    const request = { method: "GET", path, access: "app", ...(signal === undefined ? {} : { signal }) } as const;
    newest = parsedAnswer<Result<"submission">>(await transport.send(request));
    pauseMs = Math.min(pollMaxMs, pauseMs * 1.5);
  }
  return newest;
}

function throwIfRefused({ outcome, transactionHash }: Submitted): void {
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
