import { type CertificateRow, type RequestRow, stateKeys, statePrefixes } from "@vermilion/contracts";
import { Fault } from "@vermilion/node";
import type { Context } from "../context.ts";
import { findEntry } from "../explorer/entries.ts";
import { readGranted, readOwn } from "../requests/fields.ts";
import type { Disclosed, FieldReader, HeldCertificate, Refused } from "../services.ts";
import { readRange, readRow, readRows } from "../state/reader.ts";

/** Newest grants of one app that are looked at for one certificate; each that is opened costs an agreement of keys. */
const grantsMax = 50;
const openedMax = 10;

/**
 * C4 certificate by holder's address, block number and transaction hash: each that this entry issued to this holder, first issues and renewals
 * alike, with the issuer's organisation code and the fields that the caller may read.
 */
export async function certificatesOfHolder(
  context: Context,
  holder: string,
  blockNumber: number,
  transactionHash: string,
  reader: FieldReader | undefined,
): Promise<{ readonly items: readonly HeldCertificate[] } | Refused> {
  if ((await readRow(context, stateKeys.account(holder))) === undefined) return { refused: "unknown-account", detail: holder };
  const place = await context.ledger.entryPlace(transactionHash);
  if (place === undefined) return { refused: "unknown-transaction", detail: transactionHash };
  const rows = place.height === blockNumber && place.outcome.kind === "applied" ? await issuedBy(context, transactionHash, holder) : [];
  if (rows.length === 0)
    return { refused: "unknown-certificate", detail: "no certificate of this holder stands in this block under this transaction" };
  const items: HeldCertificate[] = [];
  for (const row of rows) {
    const issuer = await readRow(context, stateKeys.member(row.issuer));
    if (issuer === undefined) throw new Error("bug: a certificate's issuer is no member");
    items.push({ ...row, issuerCode: issuer.uscc, ...(await fieldsFor(context, row, reader)) });
  }
  return { items };
}

async function issuedBy(context: Context, transactionHash: string, holder: string): Promise<readonly CertificateRow[]> {
  const entry = await findEntry(context, transactionHash);
  const named = (entry?.payload.operations ?? []).flatMap(({ contract, operation, arguments: { certificate } }) =>
    contract === "certificates" && (operation === "issue" || operation === "renew") && typeof certificate === "string"
      ? [stateKeys.certificate(certificate)]
      : [],
  );
  return (await readRows(context, named)).filter((row) => row.holder === holder);
}

/** What the caller may read anyway, one by one: this member's own parts, and what was granted to this app. Nothing is asked for anew. */
async function fieldsFor(
  context: Context,
  row: CertificateRow,
  reader: FieldReader | undefined,
): Promise<Pick<HeldCertificate, "disclosed" | "withheld">> {
  const disclosed: Disclosed[] = [];
  const withheld: HeldCertificate["withheld"][number][] = [];
  if (reader === undefined || !reader.readsType(row.type)) return { disclosed, withheld };
  const take = async (part: string, request: string | null, read: () => Promise<Disclosed | Refused>): Promise<void> => {
    const answer = await read().catch((cause: unknown) => {
      if (cause instanceof Fault) return { refused: cause.code, detail: cause.detail };
      throw cause;
    });
    if ("refused" in answer) withheld.push({ part, request, code: answer.refused });
    else disclosed.push(answer);
  };
  for (const [part, { owner }] of Object.entries(row.parts))
    if (owner === context.member) await take(part, null, () => readOwn(context, row.certificate, part, reader.caller));
  for (const { part, request } of await grantsOf(context, row, reader.caller.app))
    await take(part, request, () => readGranted(context, request, reader.caller, { waitMs: 0 }));
  return { disclosed, withheld };
}

/** Newest first, and of each only what no newer one gives. */
async function grantsOf(context: Context, { certificate }: CertificateRow, app: string): Promise<readonly RequestRow[]> {
  const prefix = statePrefixes.certificateGrants(certificate, context.member, app);
  const page = await readRange(context, prefix, { limit: grantsMax, backward: true });
  const requests = await readRows(
    context,
    page.rows.map(({ key }) => stateKeys.request(key.slice(key.lastIndexOf("/") + 1))),
  );
  const given = new Set<string>();
  return requests
    .filter(({ part, fields }) => {
      const fresh = fields.map((field) => `${part}/${field}`).filter((field) => !given.has(field));
      for (const field of fresh) given.add(field);
      return fresh.length > 0;
    })
    .slice(0, openedMax);
}
