import { operationCall, type RequestRow, requestId, stateKeys, statePrefixes } from "@vermilion/contracts";
import type { Operation, StatePrefix } from "@vermilion/ledger";
import type { Draft } from "@vermilion/node/chain/sign-entry";
import type { Call } from "@vermilion/protocol";
import type { Context } from "../context.ts";
import { byOf } from "../entries/by.ts";
import { idSource } from "../entries/id-source.ts";
import { submit } from "../entries/submit.ts";
import { decodeCursor, encodeCursor } from "../paging.ts";
import type { Caller, Page, Refused, RequestInput, Submitted, WriteOptions } from "../services.ts";
import { readRange, readRow, readRows } from "../state/reader.ts";
import { grantDraft } from "./give-grant.ts";

const deadlineDefaultMs = 7 * 24 * 3_600_000;

/** Asks for fields of another member's record. A standing policy allows at once; otherwise the owner decides until the deadline. */
export async function openRequest(
  context: Context,
  input: RequestInput,
  caller: Caller,
  options: WriteOptions,
): Promise<(Submitted & { readonly request: string; readonly state?: RequestRow["status"] }) | Refused> {
  const fields = [...new Set(input.fields)].sort();
  const deadline = input.deadline ?? context.clock.now() + deadlineDefaultMs;
  const { certificate, part, purpose, serviceItem, basis } = input;
  const given = { certificate, part, fields, purpose, serviceItem, basis, way: "details", deadline, by: byOf(caller) } as const;
  const operation = operationCall("requests.open", given);
  const submitted = await submit(context, { operations: [operation] }, idSource(caller, options), options);
  if ("refused" in submitted) return submitted;
  const request = requestId(submitted.transactionHash, 0);
  const row = await readRow(context, stateKeys.request(request));
  return { ...submitted, request, ...(row === undefined ? {} : { state: row.status }) };
}

export async function request(context: Context, id: string): Promise<RequestRow | Refused> {
  return (await readRow(context, stateKeys.request(id))) ?? { refused: "unknown-request", detail: id };
}

/** `mine`: opened by this member; `to-decide`: pending ones for its records. Newest first. */
export async function requests(
  context: Context,
  filter: Call<"requests">["list"],
  cursor: string | undefined,
  limit: number,
): Promise<Page<RequestRow> | Refused> {
  // Of either list the key ends with the name of the request.
  const prefix: StatePrefix = filter === "mine" ? statePrefixes.requestsOfReader(context.member) : statePrefixes.pending(context.member);
  const from = decodeCursor(cursor, prefix);
  if (typeof from === "object") return from;
  const page = await readRange(context, prefix, { from, limit, backward: true });
  const keys = page.rows.map(({ key }) => stateKeys.request(key.slice(key.lastIndexOf("/") + 1)));
  return { items: await readRows(context, keys), ...encodeCursor(page.next) };
}

/** The owner's answer. An approval and its grant are one entry: permission, key delivery and trace are one thing. */
export async function decide(
  context: Context,
  id: string,
  input: Omit<Call<"decideRequest">, "request">,
  caller: Caller,
  options: WriteOptions,
): Promise<Submitted | Refused> {
  const row = await readRow(context, stateKeys.request(id));
  if (row === undefined) return { refused: "unknown-request", detail: id };
  if (row.owner !== context.member) return { refused: "not-the-owner", detail: "only the owner of the record decides" };
  const decision = operationCall("requests.decide", { request: id, decision: input.decision, reason: input.reason, by: byOf(caller) });
  const draft = await draftOf(context, row, decision, input.decision);
  return "refused" in draft ? draft : submit(context, draft, idSource(caller, options), options);
}

async function draftOf(context: Context, row: RequestRow, decision: Operation, answer: "approve" | "refuse"): Promise<Draft | Refused> {
  if (answer === "refuse") return { operations: [decision] };
  const grant = await grantDraft(context, row);
  return "refused" in grant ? grant : { operations: [decision, grant.operation], sealed: grant.sealed };
}
