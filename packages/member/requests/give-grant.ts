import { operationCall, type RequestRow, stateKeys } from "@vermilion/contracts";
import { type Operation, toHex } from "@vermilion/ledger";
import type { Draft } from "@vermilion/node/chain/sign-entry";
import { ownFieldKeys } from "../certificates/sealed-record.ts";
import type { Context } from "../context.ts";
import { submit } from "../entries/submit.ts";
import type { Refused, Submitted } from "../services.ts";
import { readRow } from "../state/reader.ts";
import { grantContextOf, sealGrant } from "./grant-keys.ts";

/** The draft operation and key file that grant a request: wrapped field keys for the reader, committed to by hash. */
export async function grantDraft(
  context: Context,
  request: RequestRow,
): Promise<{ readonly operation: Operation; readonly sealed: NonNullable<Draft["sealed"]> } | Refused> {
  const reader = await readRow(context, stateKeys.member(request.reader));
  const document = (await readRow(context, stateKeys.certificate(request.certificate)))?.parts[request.part]?.issuerSigned;
  const name = { certificate: request.certificate, version: request.version, part: request.part };
  const keys = document === undefined ? undefined : await ownFieldKeys(context, { ...name, document }, request.fields);
  if (reader === undefined || document === undefined || keys === undefined)
    return { refused: "record-key-not-here", detail: "this member does not hold the key of the record" };
  const bytes = sealGrant(context, grantContextOf(context, request), keys, reader.keys.agree);
  const sha256 = toHex(context.crypto.sha256(bytes));
  const { certificate, version, part, fields } = request;
  return {
    // A correction that comes between makes this grant refused, and not one of a document that counts no more.
    operation: operationCall("grants.give", { request: request.request, certificate, version, part, document, fields, attachment: sha256 }),
    sealed: [{ name: "granted-keys", sha256, bytes, audience: [context.member, request.reader] }],
  };
}

/**
 * Gives the grant of an allowed request. Its entry id comes from the request and the number of the try, so that two rounds cannot give it
 * twice; a try whose entry was committed as refused (it came too late into a block) is followed by the next one.
 */
export async function giveGrant(context: Context, request: RequestRow, tryNumber: number): Promise<Submitted | Refused> {
  const draft = await grantDraft(context, request);
  if ("refused" in draft) return draft;
  return submit(
    context,
    { operations: [draft.operation], sealed: draft.sealed },
    { duty: `grant ${request.request} ${tryNumber}` },
    { waitMs: 0 },
  );
}
