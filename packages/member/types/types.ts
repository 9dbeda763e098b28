import { checkTypeChange, parseCertificateType } from "@vermilion/certificates";
import { operationCall, stateKeys, statePrefixes, type TypeRow } from "@vermilion/contracts";
import type { Json } from "@vermilion/ledger";
import { latestType } from "../certificates/certificates.ts";
import type { Context } from "../context.ts";
import { idSource } from "../entries/id-source.ts";
import { submit } from "../entries/submit.ts";
import { decodeCursor, encodeCursor } from "../paging.ts";
import type { Caller, Page, Refused, Submitted, WriteOptions } from "../services.ts";
import { readRange, readRow, readRows } from "../state/reader.ts";

export async function defineType(context: Context, input: Json, caller: Caller, options: WriteOptions): Promise<Submitted | Refused> {
  const type = parseCertificateType(input);
  if ("refused" in type) {
    const problems = type.problems.map(({ path, code, detail }) => ({ field: path, code, detail }));
    return { refused: type.refused, detail: "the type definition is wrong", problems };
  }
  const old = await latestType(context, type.id);
  const broken = old === undefined || old.owner !== context.member ? [] : checkTypeChange(old, type);
  if (broken.length > 0) {
    const problems = broken.map(({ path, code, detail }) => ({ field: path, code, detail }));
    return { refused: "type-change-breaks", detail: "the new version would break what works with the one before", problems };
  }
  const operation = operationCall("types.define", { type });
  return submit(context, { operations: [operation] }, idSource(caller, options), options);
}

/** Latest version of each type, by id. */
export async function types(context: Context, cursor: string | undefined, limit: number): Promise<Page<TypeRow> | Refused> {
  const from = decodeCursor(cursor, statePrefixes.types);
  if (typeof from === "object") return from;
  const page = await readRange(context, statePrefixes.types, { from, limit });
  const keys = page.rows.map(({ key, value }) => stateKeys.type(key.slice(statePrefixes.types.length), value.version));
  return { items: await readRows(context, keys), ...encodeCursor(page.next) };
}

export async function type(context: Context, id: string, version?: number): Promise<TypeRow | Refused> {
  const found = version === undefined ? await latestType(context, id) : await readRow(context, stateKeys.type(id, version));
  return found ?? { refused: "unknown-type", detail: version === undefined ? id : `${id} version ${version}` };
}
