import {
  checkpointText,
  cosignatureKeyType,
  cosignatureLine,
  cosignatureMessage,
  cosignerName,
  formatReceipt,
  fromBase64url,
  fromHex,
  frontierRoot,
  inclusionProof,
  logKeyType,
  logSignatureLine,
  logSignatureMessage,
  type PublicJwk,
  parseLeafRecord,
  parseNote,
  rootFromTiles,
  tileKey,
  tilesForInclusion,
  tilesForRoot,
  toHex,
  verifierKey,
  verifyCosignature,
} from "@vermilion/ledger";
import type { NodeContext, ReadingContext } from "../context.ts";
import type { Cosigned } from "../peers/wire.ts";
import type { Log, RaftStore } from "../ports/index.ts";
import type { Membership } from "../rules.ts";
import { frontierOf } from "./block.ts";

/** Cosigns the published head once; answers its size, or undefined where this member may not or has nothing to cosign. */
export async function cosignHead(context: NodeContext): Promise<number | undefined> {
  const published = await context.ledger.published();
  if (published === undefined) return undefined;
  const { size } = published;
  if ((await context.ledger.cosignatures(size)).has(context.member)) {
    await raiseFinalIfQuorum(context, size);
    return size;
  }
  const root = frontierRoot(frontierOf(published), context.crypto);
  if (!(await reserveSize(context, size, root))) return undefined;
  const text = checkpointText({ origin: context.origin, size, root });
  const seconds = Math.floor(context.clock.now() / 1000);
  const signature = await context.keys.cosign(cosignatureMessage(seconds, text));
  await context.ledger.saveCosignature(
    size,
    context.member,
    cosignatureLine(cosignerKey(context, context.member, context.keys.public.cosign), seconds, signature).trimEnd(),
  );
  await raiseFinalIfQuorum(context, size);
  return size;
}

/** A process that may only read reserves nothing: it signs what was reserved by others. */
interface Reserving {
  readonly raftStore: Pick<RaftStore, "highestReserved"> & Partial<Pick<RaftStore, "reserve">>;
  readonly log: Log;
}

/** Nobody signs two trees of one size: the size is reserved for this root before a checkpoint or a cosignature is signed. */
export async function reserveSize(context: Reserving, size: number, root: Uint8Array): Promise<boolean> {
  const hex = toHex(root);
  const place = sizePlace(size);
  // Looked up first, so that receipts go on where the store takes no more writes.
  const held = await context.raftStore.highestReserved(place);
  const reserved = held?.place === place ? held.what : await context.raftStore.reserve?.(place, hex);
  if (reserved !== undefined && reserved !== hex) context.log.error("size-signed-for-another-tree", { size, ours: hex, reserved });
  return reserved === hex;
}

function sizePlace(size: number): string {
  return `size/${String(size).padStart(16, "0")}`;
}

/** The cosignatures held for `size`, to be handed to others. */
export async function cosignedAt(context: NodeContext, size: number): Promise<Cosigned> {
  return { size, root: toHex(await rootAt(context, size)), lines: Object.fromEntries(await context.ledger.cosignatures(size)) };
}

/**
 * Whether another member shows a cosignature by this one of a larger tree than any it knows to have signed: proof, under its own key, that
 * its store has lost something.
 */
export async function showsForgotten(context: NodeContext, { size, root, lines }: Cosigned): Promise<boolean> {
  const line = lines[context.member];
  const rootBytes = fromHex(root);
  if (line === undefined || rootBytes === undefined) return false;
  const highest = await context.raftStore.highestReserved("size/");
  if (highest !== undefined && highest.place >= sizePlace(size)) return false;
  const text = checkpointText({ origin: context.origin, size, root: rootBytes });
  return isCosignature(context, { id: context.member, cosign: context.keys.public.cosign }, text, line);
}

/** Keeps those lines that are cosignatures of this member's own tree of that size; lines for a tree that is not here yet are passed over. */
export async function takeCosignatures(context: NodeContext, cosigned: Cosigned): Promise<void> {
  const published = await context.ledger.published();
  if (published === undefined || cosigned.size > published.size) return;
  const held = await context.ledger.cosignatures(cosigned.size);
  const { members } = await membershipOfSize(context, cosigned.size);
  const fresh = [...members.values()].flatMap(({ id, keys }) => {
    const line = Object.hasOwn(cosigned.lines, id) && !held.has(id) ? cosigned.lines[id] : undefined;
    return line === undefined ? [] : [{ id, cosign: keys.cosign, line }];
  });
  if (fresh.length === 0) return raiseFinalIfQuorum(context, cosigned.size);
  const text = checkpointText({ origin: context.origin, size: cosigned.size, root: await rootAt(context, cosigned.size) });
  for (const { id, cosign, line } of fresh) {
    if (isCosignature(context, { id, cosign }, text, line)) {
      await context.ledger.saveCosignature(cosigned.size, id, line);
    } else {
      context.log.warn("cosignature-does-not-verify", { member: id, size: cosigned.size });
    }
  }
  await raiseFinalIfQuorum(context, cosigned.size);
}

/** The members as of the block whose tree has `size` leaves, a size that this member has published. */
export async function membershipOfSize({ ledger, memberships }: ReadingContext, size: number): Promise<Membership> {
  const published = await ledger.published();
  const newest = await memberships.at(published?.height ?? 0);
  if (newest.from === 0 || published?.size === size) return newest;
  // The last leaf of a block's tree is its header.
  const [record] = await ledger.leafRecords(size - 1, 1);
  const header = record === undefined ? undefined : parseLeafRecord(record)?.sha256;
  const block = header === undefined ? undefined : await ledger.readBlock(header);
  return block === undefined ? newest : memberships.at(block.after.height);
}

/** What checking cosignatures needs of the chain. */
type Cosigning = Pick<NodeContext, "consortium" | "crypto">;

/** Whether `line` is the cosignature of the checkpoint `text` by the member `id`, whose key is `cosign`. */
export function isCosignature(
  context: Cosigning,
  { id, cosign }: { readonly id: string; readonly cosign: PublicJwk },
  text: string,
  line: string,
): boolean {
  const note = parseNote(`${text}\n${line}\n`);
  const [signature, ...more] = "refused" in note ? [] : note.signatures;
  return (
    signature !== undefined && more.length === 0 && verifyCosignature(text, signature, cosignerKey(context, id, cosign), context.crypto)
  );
}

async function raiseFinalIfQuorum(context: NodeContext, size: number): Promise<void> {
  if ((await context.ledger.finalSize()) >= size) return;
  if ((await context.ledger.cosignatures(size)).size < (await membershipOfSize(context, size)).quorum) return;
  // Reserved before it is shown as final, also where others were faster than this member's own cosignature: who signs checkpoints of what is
  // final may not be allowed to write.
  await reserveSize(context, size, await rootAt(context, size));
  await context.ledger.raiseFinal(size);
}

/** Root of the tree of `size` leaves, a size this member has published. */
export async function rootAt(context: Pick<ReadingContext, "ledger" | "crypto">, size: number): Promise<Uint8Array> {
  // The one that is asked for all the time, and whose right edge is at hand.
  const published = await context.ledger.published();
  if (published?.size === size) return frontierRoot(frontierOf(published), context.crypto);
  const wanted = tilesForRoot(size);
  return rootFromTiles(size, await loadTiles(context, wanted), context.crypto);
}

export async function loadTiles(
  context: Pick<ReadingContext, "ledger">,
  wanted: readonly { readonly level: number; readonly index: number }[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  const loaded = await context.ledger.tiles(wanted);
  return new Map(wanted.flatMap((tile, place) => (loaded[place] === undefined ? [] : [[tileKey(tile), loaded[place]] as const])));
}

/** What signing a checkpoint needs of a member. */
export type CheckpointSigning = Pick<ReadingContext, "ledger" | "keys" | "crypto" | "origin"> & Reserving;

/**
 * The checkpoint of `size` as a note: signed by this member's log key, with the cosignatures held, at most `linesMax` of them (a receipt
 * carries a quorum, so that it stays small). Undefined where the size is not this member's to sign for.
 */
export async function checkpointNote(
  context: CheckpointSigning,
  size: number,
  linesMax = Number.MAX_SAFE_INTEGER,
): Promise<string | undefined> {
  const root = await rootAt(context, size);
  if (!(await reserveSize(context, size, root))) return undefined;
  const text = checkpointText({ origin: context.origin, size, root });
  const key = verifierKey(context.origin, logKeyType, rawEd25519(context.keys.public.log), context.crypto);
  const log = logSignatureLine(key, await context.keys.signLog(logSignatureMessage(text))).trimEnd();
  const lines = [...(await context.ledger.cosignatures(size)).values()].slice(0, linesMax);
  return `${text}\n${[log, ...lines].join("\n")}\n`;
}

/** The tlog-proof of the leaf at `index` in the tree of `size` leaves. */
export async function receiptAt(context: ReadingContext, index: number, size: number): Promise<string | undefined> {
  const [record] = await context.ledger.leafRecords(index, 1);
  const { quorum } = await membershipOfSize(context, size);
  const checkpoint = await checkpointNote(context, size, quorum);
  if (record === undefined || checkpoint === undefined) return undefined;
  const proof = inclusionProof(index, size, await loadTiles(context, tilesForInclusion(index, size)), context.crypto);
  return formatReceipt({ record, index, proof, checkpoint });
}

function cosignerKey({ consortium, crypto }: Cosigning, member: string, cosign: PublicJwk) {
  return verifierKey(cosignerName(consortium, member), cosignatureKeyType, rawEd25519(cosign), crypto);
}

function rawEd25519(jwk: PublicJwk): Uint8Array {
  const raw = fromBase64url(jwk.x);
  if (raw === undefined) throw new Error("bug: a registered key is malformed");
  return raw;
}
