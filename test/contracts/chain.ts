import { createHash } from "node:crypto";
import { applied, formatOutcome, type Outcome, refusedWith } from "@vermilion/ledger";
import type { Attachment, EntryPlace, ExecutedBlock, Ledger, Publication, StateWrite } from "@vermilion/node/ports/index";

export interface TestBlock {
  readonly block: ExecutedBlock;
  readonly publication: Publication;
}

export interface BlockContent {
  readonly entries?: readonly Uint8Array[];
  readonly outcomes?: readonly Outcome[];
  readonly writes?: readonly StateWrite[];
  readonly attachments?: readonly Attachment[];
  readonly names?: Publication["names"];
  /** Gives another block at the same place. */
  readonly salt?: string;
}

export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function attachmentOf(bytes: Uint8Array): Attachment {
  return { sha256: sha256(bytes), bytes };
}

/**
 * Makes blocks one upon the other whose shape is right for storage; nothing in them is signed. The content follows from height and salt
 * alone, so that another process makes the same block again.
 */
export function testChain(): { next(content?: BlockContent): TestBlock; readonly blocks: readonly TestBlock[] } {
  const blocks: TestBlock[] = [];
  const leaves: string[] = [];
  return {
    blocks,
    next(content = {}) {
      const made = makeBlock(blocks.at(-1)?.block, content, leaves);
      blocks.push(made);
      leaves.push(...made.publication.leafRecords.map(sha256));
      return made;
    },
  };
}

/** A block on `previous` beside the one that the chain has there. */
export function makeBlock(previous: ExecutedBlock | undefined, content: BlockContent, leavesBefore: readonly string[] = []): TestBlock {
  const height = previous === undefined ? 0 : previous.after.height + 1;
  const first = previous?.after.size ?? 0;
  const entries = content.entries ?? [bytesOf(`entry ${height} ${content.salt ?? ""}`)];
  const outcomes = content.outcomes ?? entries.map((_, place) => (place % 2 === 0 ? applied : refusedWith("unknown-type")));
  const writes = content.writes ?? [{ key: "counter", value: height }];
  const header = bytesOf(
    JSON.stringify({ height, salt: content.salt ?? "", previous: previous?.after.hash ?? "", entries: sha256(entries.map(sha256).join()) }),
  );
  const hash = sha256(header);
  const places: EntryPlace[] = entries.map((entry, position) => ({
    transactionHash: sha256(`payload of ${sha256(entry)}`),
    entryHash: sha256(entry),
    height,
    position,
    index: first + position,
    outcome: outcomes[position] ?? applied,
  }));
  const leafRecords = [
    ...places.map((place) => bytesOf(`entry ${formatOutcome(place.outcome)} ${place.entryHash}`)),
    bytesOf(`header ${hash}`),
  ];
  const size = first + leafRecords.length;
  const after = { height, hash, size, edge: [sha256(`edge ${size}`)], state: sha256(`state ${hash}`), time: 1_700_000_000_000 + height };
  const leaves = [...leavesBefore, ...leafRecords.map(sha256)];
  return {
    block: {
      term: 1,
      previous: previous?.after.hash ?? "",
      header,
      entries,
      outcomes,
      attachments: content.attachments ?? [],
      writes,
      after,
    },
    publication: {
      standing: after,
      writes,
      tiles: leafTiles(leaves, first, size),
      first,
      leafRecords,
      entries: places,
      names: content.names ?? [],
    },
  };
}

/** Level 0 of the tree: the tiles that leaves from `first` up to `size` lie in. */
function leafTiles(leaves: readonly string[], first: number, size: number): Publication["tiles"] {
  const tiles: Publication["tiles"][number][] = [];
  for (let index = Math.floor(first / 256); index * 256 < size; index++) {
    const hashes = leaves.slice(index * 256, Math.min(size, (index + 1) * 256));
    if (hashes.length > 0) tiles.push({ level: 0, index, hashes: Buffer.from(hashes.join(""), "hex") });
  }
  return tiles;
}

export function stepOf({ block }: TestBlock): { height: number; hash: string } {
  return { height: block.after.height, hash: block.after.hash };
}

/** Saves, commits and publishes one block upon the head. */
export async function commit(ledger: Ledger, made: TestBlock): Promise<void> {
  await ledger.saveBlock(made.block);
  const expected = made.block.after.height === 0 ? null : made.block.previous;
  if ((await ledger.moveHead(expected, [stepOf(made)])) !== "moved") throw new Error("the head has moved");
  await ledger.publish(made.publication);
}
