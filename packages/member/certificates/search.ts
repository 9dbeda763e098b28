import { serialFromNumber } from "@vermilion/certificates";
import { type CertificateListRow, type CertificateRow, positionsFrom, stateKeys, statePrefixes } from "@vermilion/contracts";
import { canonicalText, type StatePrefix } from "@vermilion/ledger";
import type { Context } from "../context.ts";
import { queryCursors } from "../paging.ts";
import type { CertificateCount, CertificateFilter, CertificateItem, Page, Refused } from "../services.ts";
import { readRange, readRow, readRows } from "../state/reader.ts";
import { latestType } from "./certificates.ts";

/** Certificates looked at for one page; where few of them fit, the page is short and `next` goes on. */
const looksMax = 500;
/** What a count without totals looks at before it says "at least". */
const countMax = 1_000;
const perReading = 100;

/** Certificates on the ledger that fit a question, in the order of their issue, newest first unless asked otherwise. */
export async function certificates(
  context: Context,
  filter: CertificateFilter,
  cursor: string | undefined,
  limit: number,
): Promise<Page<CertificateItem> | Refused> {
  if (filter.number !== undefined) return byNumber(context, filter, filter.number, limit);
  const wrong = checkFilter(filter);
  if (wrong !== undefined) return wrong;
  const prefix = prefixOf(filter);
  const cursors = queryCursors(canonicalText({ ...filter }), prefix, context.crypto);
  const from = cursors.decode(cursor);
  if (typeof from === "object") return from;
  const found: CertificateRow[] = [];
  for await (const page of walk(context, filter, prefix, from)) {
    for (const { key, row } of page.rows) {
      if (row !== undefined) found.push(row);
      if (found.length === limit)
        return { items: await itemsOf(context, found), ...(page.isLast && key === page.lastKey ? {} : cursors.encode(key)) };
    }
    if (page.isLast) break;
    if (page.looked >= looksMax) return { items: await itemsOf(context, found), ...cursors.encode(page.lastKey) };
  }
  return { items: await itemsOf(context, found) };
}

/** How many fit. Exact where the ledger keeps a total of them, and below the bound; else `atLeast`. */
export async function countCertificates(context: Context, filter: CertificateFilter): Promise<CertificateCount | Refused> {
  if (filter.number !== undefined) {
    const page = await byNumber(context, filter, filter.number, countMax);
    return "refused" in page ? page : { count: page.items.length, atLeast: false };
  }
  const wrong = checkFilter(filter);
  if (wrong !== undefined) return wrong;
  const total = await fromTotals(context, filter);
  if (total !== undefined) return { count: total, atLeast: false };
  let count = 0;
  for await (const page of walk(context, filter, prefixOf(filter), undefined)) {
    count += page.rows.filter(({ row }) => row !== undefined).length;
    if (!page.isLast && page.looked >= countMax) return { count, atLeast: true };
  }
  return { count, atLeast: false };
}

function checkFilter({ type, part, from, to }: CertificateFilter): Refused | undefined {
  if (part !== undefined && type === undefined) return { refused: "type-needed", detail: "a part is one of a type: name the type too" };
  if (from !== undefined && to !== undefined && from > to) return { refused: "empty-range", detail: "`from` is later than `to`" };
  return undefined;
}

/** The shortest list that holds all that can fit. */
function prefixOf({ type, issuer, holder, status, part, partState }: CertificateFilter): StatePrefix<CertificateListRow> {
  if (holder !== undefined) return statePrefixes.certificatesOfHolder(holder);
  if (status === "suspended" || status === "revoked" || status === "replaced") return statePrefixes.certificatesOfStatus(status);
  if (type !== undefined && part !== undefined && partState === "missing") return statePrefixes.certificatesAwaiting(type, part);
  if (type !== undefined) return statePrefixes.certificatesOfType(type);
  return issuer === undefined ? statePrefixes.certificates : statePrefixes.certificatesOfIssuer(issuer);
}

interface Walked {
  /** In order; without `row` where the certificate does not fit. */
  readonly rows: readonly { readonly key: string; readonly row: CertificateRow | undefined }[];
  readonly lastKey: string | undefined;
  readonly isLast: boolean;
  readonly looked: number;
}

/** Goes along a list from `from`, reading the certificates that it names and telling those that fit. */
async function* walk(
  context: Context,
  filter: CertificateFilter,
  prefix: StatePrefix<CertificateListRow>,
  from: string | undefined,
): AsyncGenerator<Walked> {
  const backward = filter.sort !== "oldest";
  const now = context.clock.now();
  let at = from ?? (await edgeOf(context, filter, prefix, backward));
  let looked = 0;
  for (;;) {
    const page = await readRange(context, prefix, { from: at, limit: perReading, backward });
    const keys = page.rows.map(({ value }) => stateKeys.certificate(value.certificate));
    const certificates = new Map((await readRows(context, keys)).map((row) => [row.certificate, row]));
    looked += page.rows.length;
    const rows: { key: string; row: CertificateRow | undefined }[] = [];
    for (const { key, value } of page.rows) {
      const row = certificates.get(value.certificate);
      // Beyond the end of the time that is asked for there is nothing more.
      if (row !== undefined && isBeyond(row, filter, backward)) {
        yield { rows, lastKey: rows.at(-1)?.key, isLast: true, looked };
        return;
      }
      rows.push({ key, row: row !== undefined && fits(row, filter, now) ? row : undefined });
    }
    at = page.next;
    yield { rows, lastKey: page.rows.at(-1)?.key, isLast: at === undefined, looked };
    if (at === undefined) return;
  }
}

function isBeyond({ issuedAt }: CertificateRow, { from, to }: CertificateFilter, backward: boolean): boolean {
  return backward ? from !== undefined && issuedAt < from : to !== undefined && issuedAt > to;
}

function fits(row: CertificateRow, filter: CertificateFilter, now: number): boolean {
  const { type, issuer, holder, status, part, partState, from, to } = filter;
  const hasPart = part === undefined || Object.hasOwn(row.parts, part) === (partState !== "missing");
  const isOf = (type ?? row.type) === row.type && (issuer ?? row.issuer) === row.issuer && (holder ?? row.holder) === row.holder;
  const isThen = (from === undefined || row.issuedAt >= from) && (to === undefined || row.issuedAt <= to);
  return isOf && isThen && hasPart && (status === undefined || statusNow(row, now) === status);
}

export function statusNow({ status, expiresAt }: CertificateRow, now: number): CertificateRow["status"] | "expired" {
  const isOver = status === "revoked" || status === "replaced";
  return !isOver && expiresAt !== null && expiresAt <= now ? "expired" : status;
}

/**
 * Where to begin so that the first certificate is the first within the time asked for: a search for the block by halves, for time rises with
 * the height. Undefined: at the end of the list.
 */
async function edgeOf(
  context: Context,
  { from, to }: CertificateFilter,
  prefix: StatePrefix<CertificateListRow>,
  backward: boolean,
): Promise<string | undefined> {
  const bound = backward ? to : from;
  if (bound === undefined) return undefined;
  const isBefore = (row: CertificateRow) => (backward ? row.issuedAt <= bound : row.issuedAt < bound);
  let low = 0;
  let high = ((await context.ledger.published())?.height ?? 0) + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const first = await firstFrom(context, `${prefix}${positionsFrom(middle)}`, prefix);
    if (first !== undefined && isBefore(first)) low = first.height + 1;
    else high = middle;
  }
  return `${prefix}${positionsFrom(low)}`;
}

async function firstFrom(context: Context, from: string, prefix: StatePrefix<CertificateListRow>): Promise<CertificateRow | undefined> {
  const page = await readRange(context, prefix, { from, limit: 1 });
  const [first] = page.rows;
  return first === undefined ? undefined : readRow(context, stateKeys.certificate(first.value.certificate));
}

/** Where a type marks its number public, the number is the serial of the identifier, and all versions of it stand together. */
async function byNumber(
  context: Context,
  filter: CertificateFilter,
  number: string,
  limit: number,
): Promise<Page<CertificateItem> | Refused> {
  if (filter.type === undefined) return { refused: "type-needed", detail: "a number is one of a type: name the type too" };
  const type = await latestType(context, filter.type);
  if (type === undefined) return { refused: "unknown-type", detail: filter.type };
  const serial = serialFromNumber(number);
  // Numbers that are not public are encrypted, and nobody searches them here.
  if (type.number?.public !== true || typeof serial !== "string") return { items: [] };
  const issuers = filter.issuer === undefined ? type.issuers : [filter.issuer];
  const codes = (
    await readRows(
      context,
      issuers.map((id) => stateKeys.member(id)),
    )
  ).map(({ uscc }) => uscc);
  const found: CertificateRow[] = [];
  for (const code of codes) {
    const prefix = statePrefixes.certificateVersions(type.code, code, serial);
    found.push(...(await readRange(context, prefix, { limit })).rows.map(({ value }) => value));
  }
  const order = filter.sort === "oldest" ? 1 : -1;
  const now = context.clock.now();
  const rows = found
    .filter((row) => fits(row, filter, now))
    .sort((one, other) => order * (one.height - other.height || one.version - other.version));
  return { items: await itemsOf(context, rows.slice(0, limit)) };
}

/** Undefined where the question is about more than type, issuer and status as the ledger has it. */
async function fromTotals(context: Context, filter: CertificateFilter): Promise<number | undefined> {
  const { type, issuer, status, sort: _sort, ...more } = filter;
  // A status is judged at this moment and totals do not know who has expired; only ended certificates never expire.
  const isCounted = status === undefined || status === "revoked" || status === "replaced";
  if (!isCounted || Object.keys(more).length > 0) return undefined;
  const prefix = type === undefined ? statePrefixes.certificateTotals : statePrefixes.certificateTotalsOfType(type);
  let sum = 0;
  for (let from: string | undefined, again = true; again; ) {
    const page = await readRange(context, prefix, { from, limit: perReading });
    for (const { key, value } of page.rows) {
      if (issuer !== undefined && !key.endsWith(`/${issuer}`)) continue;
      sum += status === undefined ? value.valid + value.suspended + value.revoked + value.replaced : value[status];
    }
    from = page.next;
    again = from !== undefined;
  }
  return sum;
}

/** What a list shows of a certificate beside its register: names to read, and the parts that it still waits for (录入). */
async function itemsOf(context: Context, rows: readonly CertificateRow[]): Promise<readonly CertificateItem[]> {
  const versions = [...new Set(rows.map(({ type, typeVersion }) => stateKeys.type(type, typeVersion)))];
  const issuers = [...new Set(rows.map(({ issuer }) => stateKeys.member(issuer)))];
  const types = new Map((await readRows(context, versions)).map((type) => [`${type.id}/${type.version}`, type]));
  const members = new Map((await readRows(context, issuers)).map(({ id, names }) => [id, names]));
  return rows.map((row) => {
    const type = types.get(`${row.type}/${row.typeVersion}`);
    const isOver = row.status === "revoked" || row.status === "replaced";
    const awaiting = isOver ? [] : (type?.parts ?? []).filter(({ id }) => !Object.hasOwn(row.parts, id));
    return {
      ...row,
      typeNames: type?.names ?? { zh: row.type, en: row.type },
      issuerNames: members.get(row.issuer) ?? { zh: row.issuer, en: row.issuer },
      awaiting: awaiting.map(({ id, names, completers }) => ({ part: id, names, mayComplete: completers.includes(context.member) })),
    };
  });
}
