import { attachmentBytesMax, canonicalText, entryBytesMax, headerBytesMax, type Json, memberIdForm, stateKeyForm } from "@vermilion/ledger";
import type { Attachment, ExecutedBlock, Publication } from "./ledger.ts";
import type { Proposal } from "./raft-store.ts";

/**
 * The visible limits of the storage ports, the same for every adapter. They leave room for what an adapter adds to a value (its key, a
 * height), so that no value is too large for an item of 400 KB and none is refused by one platform and taken by another.
 */
export const storageLimits = {
  headStepsMax: 50,
  hashesMax: 1_000,
  stateKeysMax: 1_000,
  rangeRowsMax: 1_000,
  leafRecordsMax: 256,
  entryPlacesMax: 1_000,
  namesMax: 1_000,
  positionsOfNameMax: 16,
  leafRecordBytesMax: 1_024,
  tilesMax: 1_000,
  tileLevelMax: 63,
  /** Entries and attachments of a block or of a proposal together. */
  blockBytesMax: 4 * 1024 * 1024,
  /** Any single value that is kept in one item: a state row, the Raft state, an answer, an app, a wrapped key. */
  valueBytesMax: 380 * 1024,
  commitCertificateBytesMax: 64 * 1024,
  nameBytesMax: 1_024,
} as const;

/** A caller that breaks the contract of a port has a bug: nobody is meant to catch this. */
export function ensure(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`bug: ${message}`);
}

const hashForm = /^[0-9a-f]{64}$/;
const nameForm = /^[!-~]+$/;

export function checkHash(hash: string): void {
  ensure(hashForm.test(hash), `not a hash of 64 hex digits: ${hash}`);
}

/** Names are ASCII without spaces: their order in bytes is then the order of every data base and of JavaScript. */
export function checkName(what: string, name: string): void {
  ensure(
    nameForm.test(name) && name.length <= storageLimits.nameBytesMax,
    `${what} is ASCII of at most ${storageLimits.nameBytesMax} bytes: ${name}`,
  );
}

export function checkPrefix(prefix: string): void {
  if (prefix !== "") checkName("prefix", prefix);
}

export function checkCount(what: string, count: number, max: number): void {
  ensure(Number.isSafeInteger(count) && count >= 0 && count <= max, `${what} is a number from 0 to ${max}: ${count}`);
}

export function checkHeight(what: string, height: number): void {
  checkCount(what, height, Number.MAX_SAFE_INTEGER);
}

/** `text` or bytes that must fit into one item. */
export function checkValue(what: string, value: string | Uint8Array): void {
  const bytes = typeof value === "string" ? Buffer.byteLength(value) : value.length;
  ensure(bytes <= storageLimits.valueBytesMax, `${what} has ${bytes} bytes, more than ${storageLimits.valueBytesMax}`);
}

/** The canonical text of a state row's value, checked to fit. */
export function stateText(key: string, value: Json): string {
  ensure(stateKeyForm.test(key), `not a state key: ${key}`);
  const text = valueText(value);
  checkValue(`state row ${key}`, text);
  return text;
}

const texts = new WeakMap<object, string>();

/** The canonical text of a value that nobody changes any more: it goes into the state hash, into the block and into the row. */
export function valueText(value: Json): string {
  if (typeof value !== "object" || value === null) return canonicalText(value);
  const text = texts.get(value) ?? canonicalText(value);
  texts.set(value, text);
  return text;
}

export function checkAttachment(attachment: Attachment): void {
  checkHash(attachment.sha256);
  ensure(attachment.bytes.length <= attachmentBytesMax, `attachment ${attachment.sha256} has more than ${attachmentBytesMax} bytes`);
}

/** A block that is refused here could be stored but never published, or not by every platform. */
export function checkBlock(block: ExecutedBlock): void {
  checkHash(block.after.hash);
  checkHeight("height", block.after.height);
  if (block.after.height > 0) checkHash(block.previous);
  else ensure(block.previous === "", "genesis has no previous block");
  ensure(block.header.length <= headerBytesMax, `header has more than ${headerBytesMax} bytes`);
  ensure(block.outcomes.length === block.entries.length, "one outcome an entry");
  checkEntriesAndAttachments(block.entries, block.attachments);
  for (const write of block.writes) stateText(write.key, write.value);
}

export function checkProposal(proposal: Proposal): void {
  checkHash(proposal.transactionHash);
  checkName("author", proposal.author);
  checkName("entry id", proposal.id);
  checkHeight("until", proposal.until);
  checkEntriesAndAttachments([proposal.entry], proposal.attachments);
}

function checkEntriesAndAttachments(entries: readonly Uint8Array[], attachments: readonly Attachment[]): void {
  let bytes = 0;
  for (const entry of entries) {
    ensure(entry.length <= entryBytesMax, `an entry has more than ${entryBytesMax} bytes`);
    bytes += entry.length;
  }
  for (const attachment of attachments) {
    checkAttachment(attachment);
    bytes += attachment.bytes.length;
  }
  ensure(new Set(attachments.map(({ sha256 }) => sha256)).size === attachments.length, "each attachment once");
  ensure(bytes <= storageLimits.blockBytesMax, `entries and attachments have ${bytes} bytes, more than ${storageLimits.blockBytesMax}`);
}

/** Steps of `moveHead`: 1 to 50, ascending without gaps, from height 0 where nothing is expected. */
export function checkSteps(expected: string | null, steps: readonly { readonly height: number; readonly hash: string }[]): void {
  const [first] = steps;
  ensure(
    first !== undefined && steps.length <= storageLimits.headStepsMax,
    `1 to ${storageLimits.headStepsMax} steps, not ${steps.length}`,
  );
  ensure((expected === null) === (first.height === 0), "only genesis stands on nothing");
  if (expected !== null) checkHash(expected);
  for (const [place, step] of steps.entries()) {
    checkHash(step.hash);
    ensure(step.height === first.height + place, "steps ascend without gaps");
  }
}

/** All but the state rows, which `stateText` checks where they are written. */
export function checkPublication(publication: Publication): void {
  checkHash(publication.standing.hash);
  checkHeight("height", publication.standing.height);
  checkHeight("first leaf", publication.first);
  ensure(
    publication.first + publication.leafRecords.length === publication.standing.size,
    "the leaf records of a block end at its tree size",
  );
  for (const record of publication.leafRecords) {
    ensure(record.length <= storageLimits.leafRecordBytesMax, `a leaf record has more than ${storageLimits.leafRecordBytesMax} bytes`);
  }
  for (const tile of publication.tiles) {
    checkTile(tile);
    ensure(tile.hashes.length % 32 === 0 && tile.hashes.length >= 32 && tile.hashes.length <= 256 * 32, "a tile holds 1 to 256 hashes");
  }
  for (const entry of publication.entries) {
    checkHash(entry.transactionHash);
    checkHash(entry.entryHash);
  }
  for (const { position, hashes } of publication.names) {
    ensure(publication.entries[position] !== undefined, `names of entry ${position}, which the block does not have`);
    ensure(hashes.length > 0 && hashes.length % 32 === 0, "names are hashes of 32 bytes");
  }
}

export function checkTile(tile: { readonly level: number; readonly index: number }): void {
  checkCount("tile level", tile.level, storageLimits.tileLevelMax);
  checkHeight("tile index", tile.index);
}

export function checkCertificate(height: number, certificate: Uint8Array): void {
  checkHeight("height", height);
  const max = storageLimits.commitCertificateBytesMax;
  ensure(certificate.length > 0 && certificate.length <= max, `a commit certificate has 1 to ${max} bytes, not ${certificate.length}`);
}

export function checkCosignature(size: number, member: string, line: string): void {
  checkHeight("size", size);
  ensure(memberIdForm.test(member), `not a member: ${member}`);
  ensure(line !== "" && !line.includes("\n") && line.length <= storageLimits.nameBytesMax, "a cosignature is one line");
}
