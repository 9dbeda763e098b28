import { depositsOf, type FileRow, stateKeys, statePrefixes } from "@vermilion/contracts";
import { formatOutcome, toHex } from "@vermilion/ledger";
import type { BlockPosition } from "@vermilion/node/ports/index";
import type { ReadingContext } from "../context.ts";
import type { InnerTrees } from "../evidence/inner-trees.ts";
import { blockAt, parsedAt } from "../explorer/entries.ts";
import type { LookupView, Refused } from "../services.ts";
import { readRange, readRow, readRows } from "../state/reader.ts";

/** Other things that a hash may name too and that are told of. */
const alsoMax = 9;
/** Deposits whose trees are made for one question; the depositor's word for the root may be wrong. */
const treesMax = 4;

/** What a hash names: a thing with the entry that brought it, oldest first. */
interface Found {
  readonly kind: LookupView["kind"];
  readonly transactionHash: string;
  readonly issuer: string | null;
  readonly part?: string;
  readonly status?: string;
  readonly file?: string;
  readonly evidence?: NonNullable<LookupView["evidence"]>;
}

/**
 * For anybody: what this ledger knows of a SHA-256, be it a transaction's, an issuer-signed part's, a file's (of its chunks or its content), a
 * deposited document's, or that of a deposit (its list or its root).
 */
export async function lookup(context: ReadingContext, trees: InnerTrees, hash: string): Promise<LookupView | Refused> {
  const published = await context.ledger.published();
  const found = await namedBy(context, trees, hash);
  const [first] = found;
  const place = first && (await context.ledger.entryPlace(first.transactionHash));
  if (first === undefined || place === undefined)
    return { refused: "unknown-hash", detail: "nothing with this hash is on this ledger: no transaction, certificate, file or evidence" };
  const { time = 0 } = await context.node.read.submitted(place);
  return {
    found: true,
    kind: first.kind,
    transactionHash: first.transactionHash,
    outcome: formatOutcome(place.outcome),
    blockNumber: place.height,
    leafIndex: place.index,
    time,
    issuer: first.issuer,
    part: first.part ?? null,
    status: first.status ?? null,
    file: first.file ?? null,
    evidence: first.evidence ?? null,
    receipt: receiptOf(first, hash),
    also: await alsoNamed(context, found.slice(1)),
    final: (await context.ledger.finalSize()) > place.index,
    asOf: { blockNumber: published?.height ?? 0, time: published?.time ?? 0 },
  };
}

function receiptOf({ kind, evidence, transactionHash }: Found, hash: string): string {
  return kind === "document" && evidence !== undefined
    ? `/v1/evidence/${evidence.evidence}/receipts/${hash}`
    : `/v1/receipts/${transactionHash}`;
}

async function alsoNamed(context: ReadingContext, found: readonly Found[]): Promise<LookupView["also"]> {
  const some = found.slice(0, alsoMax);
  const places = await context.ledger.entryPlaces(some.map(({ transactionHash }) => transactionHash));
  return some.flatMap(({ kind, transactionHash, issuer, file, evidence }, at) => {
    const blockNumber = places[at]?.height;
    const id = file ?? evidence?.evidence ?? null;
    return blockNumber === undefined ? [] : [{ kind, transactionHash, blockNumber, issuer, id }];
  });
}

/** What an entry's signature says of a hash comes before what a member only states of it. */
async function namedBy(context: ReadingContext, trees: InnerTrees, hash: string): Promise<readonly Found[]> {
  const one = (await document(context, hash)) ?? (await fileOfRoot(context, hash)) ?? (await transaction(context, hash));
  if (one !== undefined) return [one];
  return [...(await deposited(context, trees, hash)), ...(await filesOfContent(context, hash))];
}

async function document(context: ReadingContext, hash: string): Promise<Found | undefined> {
  const row = await readRow(context, stateKeys.digest(hash));
  const certificate = row && (await readRow(context, stateKeys.certificate(row.certificate)));
  if (row === undefined || certificate === undefined) return undefined;
  const issuer = certificate.parts[row.part]?.owner ?? null;
  return { kind: "certificate", transactionHash: row.transaction, issuer, part: row.part, status: certificate.status };
}

async function transaction(context: ReadingContext, hash: string): Promise<Found | undefined> {
  const place = await context.ledger.entryPlace(hash);
  return place && { kind: "transaction", transactionHash: hash, issuer: null };
}

async function fileOfRoot(context: ReadingContext, hash: string): Promise<Found | undefined> {
  const row = await readRow(context, stateKeys.file(hash));
  return row && foundFile(row);
}

async function filesOfContent(context: ReadingContext, hash: string): Promise<readonly Found[]> {
  const page = await readRange(context, statePrefixes.filesOfContent(hash), { limit: alsoMax + 1 });
  const keys = page.rows.map(({ key }) => stateKeys.file(key.slice(key.lastIndexOf("/") + 1)));
  return (await readRows(context, keys)).map(foundFile);
}

function foundFile({ file, owner, transaction: transactionHash }: FileRow): Found {
  return { kind: "file", transactionHash, issuer: owner, file };
}

/** Deposits that hold the hash. Of the first the way from the digest to its root is given; one whose root is not that of its list proves nothing. */
async function deposited(context: ReadingContext, trees: InnerTrees, hash: string): Promise<readonly Found[]> {
  const [positions = []] = await context.ledger.named([hash]);
  const found: Found[] = [];
  for (const position of positions) {
    if (found.length === 0 && positions.indexOf(position) >= treesMax) break;
    found.push(...(await depositsAt(context, trees, position, hash, found.length === 0)));
  }
  return found;
}

async function depositsAt(
  context: ReadingContext,
  trees: InnerTrees,
  { height, position }: BlockPosition,
  hash: string,
  withPath: boolean,
): Promise<readonly Found[]> {
  const block = await blockAt(context, height);
  if (block === undefined || block.outcomes[position]?.kind !== "applied") return [];
  const entry = parsedAt(context, block, position);
  const found: Found[] = [];
  for (const { evidence, root, count, digests } of depositsOf(entry)) {
    const issuer = (await readRow(context, stateKeys.evidence(evidence)))?.owner ?? null;
    const of = { transactionHash: entry.transactionHash, issuer };
    if (hash === root || hash === digests) {
      found.push({ ...of, kind: "evidence", evidence: { evidence, root, count, digest: null } });
      continue;
    }
    const path = withPath ? await pathOf(trees, digests, root, hash) : { index: 0, path: [] };
    if (path !== undefined) found.push({ ...of, kind: "document", evidence: { evidence, root, count, digest: path } });
  }
  return found;
}

/** Undefined where the list does not hold the digest, or has another root than was deposited. */
async function pathOf(trees: InnerTrees, list: string, root: string, digest: string) {
  const made = await trees.of(list);
  const index = made?.indexOf(digest) ?? -1;
  if (made === undefined || index < 0 || toHex(made.tree.root) !== root) return undefined;
  return { index, path: made.tree.pathOf(index).map(toHex) };
}
