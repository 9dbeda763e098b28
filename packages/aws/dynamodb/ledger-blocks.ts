import { createHash } from "node:crypto";
import { formatOutcome, type OutcomeText } from "@vermilion/ledger";
import { damaged, frame, storedOutcome, unframe } from "@vermilion/node/ports/framing";
import type { Attachment, ExecutedBlock, Ledger, Standing, StateWrite } from "@vermilion/node/ports/index";
import {
  checkAttachment,
  checkBlock,
  checkCertificate,
  checkCount,
  checkHash,
  checkHeight,
  checkSteps,
  ensure,
  storageLimits,
} from "@vermilion/node/ports/limits";
import { blobOf, contentOf } from "./blob.ts";
import { digits, getAll, hasAll, jsonOf, pack, queryAll, unpack, writeAll } from "./items.ts";
import type { Action, Key, Table } from "./table.ts";

type Blocks = Pick<Ledger, "saveBlock" | "readBlock" | "head" | "moveHead" | "saveCertificate" | "certificate" | "hashesFrom">;

/**
 * Stored bytes of blocks that are kept at hand. The newest are read over and over, by whoever stands on them or waits for them; a member
 * that catches up walks back over all blocks of a message for each of them, and a message has some MB.
 */
const recentBytesMax = 16 * 1024 * 1024;

export function ledgerBlocks(table: Table): Blocks {
  return { ...storedBlocks(table), ...committedChain(table), ...commitCertificates(table) };
}

/** Blocks as they were read from the table. What stands under a hash there never changes, so that they are as good as read again. */
class RecentBlocks {
  private readonly held = new Map<string, { readonly block: ExecutedBlock; readonly bytes: number }>();
  private heldBytes = 0;

  get(hash: string): ExecutedBlock | undefined {
    return this.held.get(hash)?.block;
  }

  add(hash: string, block: ExecutedBlock, contentBytes: number): void {
    const bytes = block.attachments.reduce((sum, attachment) => sum + attachment.bytes.length, contentBytes);
    this.heldBytes += bytes - (this.held.get(hash)?.bytes ?? 0);
    this.held.set(hash, { block, bytes });
    for (const [oldest, one] of this.held) {
      if (this.heldBytes <= recentBytesMax || this.held.size === 1) return;
      this.held.delete(oldest);
      this.heldBytes -= one.bytes;
    }
  }
}

/** Under their hashes, committed or not. */
function storedBlocks(table: Table): Pick<Blocks, "saveBlock" | "readBlock"> {
  const recent = new RecentBlocks();
  return {
    async saveBlock(block) {
      checkBlock(block);
      const key = blockKey(block.after.hash);
      if ((await table.has([key]))[0]) return;
      const content = encodeBlock(block);
      const { head: first, rest } = blobOf(key, createHash("sha256").update(content).digest("hex"), content);
      await writeAll(table, [...block.attachments.map(attachmentAction), ...rest.map((put) => ({ put }))]);
      await table.write({ put: first, condition: "absent" });
    },

    async readBlock(hash) {
      checkHash(hash);
      const known = recent.get(hash);
      if (known !== undefined) return known;
      const item = await table.get(blockKey(hash));
      if (item === undefined) return undefined;
      const place = `block ${hash}`;
      const content = (await contentOf(table, item)) ?? damaged(place, "a part is missing");
      const block = await decodeBlock(table, content, place);
      recent.add(hash, block, content.length);
      return block;
    },
  };
}

/** Which block stands at which height, and the last of them. */
function committedChain(table: Table): Pick<Blocks, "head" | "moveHead" | "hashesFrom"> {
  const headKey = { partition: "head", sort: "head" };

  async function head() {
    const item = await table.get(headKey);
    return item === undefined ? undefined : unpack<{ height: number; hash: string }>(item);
  }

  return {
    head,

    async moveHead(expected, steps) {
      checkSteps(expected, steps);
      const present = await head();
      if ((present?.hash ?? null) !== expected) return "stale";
      ensure(steps[0]?.height === (present?.height ?? -1) + 1, "the first step stands on the head");
      const saved = await hasAll(
        table,
        steps.map(({ hash }) => blockKey(hash)),
      );
      for (const [place, is] of saved.entries()) ensure(is, `block ${steps[place]?.hash} was not saved`);
      const last = steps.at(-1);
      ensure(last !== undefined, "there are steps");
      const result = await table.transact([
        {
          put: { ...headKey, bytes: pack({ height: last.height, hash: last.hash }), number: last.height },
          condition: present === undefined ? "absent" : { is: present.height },
        },
        ...steps.map(({ height, hash }) => ({ put: { partition: "chain", sort: digits(height), bytes: pack(hash) } })),
      ]);
      return result === "done" ? "moved" : "stale";
    },

    async hashesFrom(from, limit) {
      checkHeight("from", from);
      checkCount("limit", limit, storageLimits.hashesMax);
      return (await queryAll(table, "chain", { from: digits(from), limit })).map((item) => unpack<string>(item));
    },
  };
}

function commitCertificates(table: Table): Pick<Blocks, "saveCertificate" | "certificate"> {
  return {
    async saveCertificate(height, certificate) {
      checkCertificate(height, certificate);
      await table.write({ put: { partition: "certificate", sort: digits(height), bytes: certificate }, condition: "absent" });
    },

    async certificate(height) {
      checkHeight("height", height);
      const item = await table.get({ partition: "certificate", sort: digits(height) });
      return item === undefined ? undefined : Uint8Array.from(item.bytes);
    },
  };
}

/** Attachments of blocks, and apart from them those for an audience. */
export function ledgerAttachments(table: Table, records: Table | undefined): Pick<Ledger, "attachment" | "saveSealed" | "sealed"> {
  function sealedTable(): Table {
    ensure(records !== undefined, "this process was not given the table of sealed attachments");
    return records;
  }
  async function bytesAt(from: Table, key: Key): Promise<Uint8Array | undefined> {
    const item = await from.get(key);
    return item === undefined ? undefined : Uint8Array.from(item.bytes);
  }
  return {
    async attachment(sha256) {
      checkHash(sha256);
      return bytesAt(table, attachmentKey(sha256));
    },

    async saveSealed(attachment) {
      checkAttachment(attachment);
      await sealedTable().write({ put: { ...sealedKey(attachment.sha256), bytes: attachment.bytes }, condition: "absent" });
    },

    async sealed(sha256) {
      checkHash(sha256);
      return bytesAt(sealedTable(), sealedKey(sha256));
    },
  };
}

function blockKey(hash: string): Key {
  return { partition: `block/${hash}`, sort: "block" };
}

function attachmentKey(sha256: string): Key {
  return { partition: `attachment/${sha256}`, sort: "bytes" };
}

function sealedKey(sha256: string): Key {
  return { partition: `sealed/${sha256}`, sort: "bytes" };
}

function attachmentAction({ sha256, bytes }: Attachment): Action {
  return { put: { ...attachmentKey(sha256), bytes }, condition: "absent" };
}

interface BlockFacts {
  readonly term: number;
  readonly previous: string;
  readonly after: Standing;
  readonly outcomes: readonly OutcomeText[];
  /** SHA-256, hex, of each attachment. */
  readonly attachments: readonly string[];
  readonly writes: readonly (readonly [key: string, value: StateWrite["value"]])[];
}

function encodeBlock({ term, previous, after, outcomes, header, entries, attachments, writes }: ExecutedBlock): Uint8Array {
  const facts: BlockFacts = {
    term,
    previous,
    after,
    outcomes: outcomes.map(formatOutcome),
    attachments: attachments.map(({ sha256 }) => sha256),
    writes: writes.map(({ key, value }) => [key, value]),
  };
  return frame([pack(facts), header, ...entries]);
}

async function decodeBlock(table: Table, content: Uint8Array, place: string): Promise<ExecutedBlock> {
  const [json, header, ...entries] = unframe(content, place);
  if (json === undefined || header === undefined) damaged(place, "no facts or no header");
  const { attachments: names, writes, outcomes, ...facts } = jsonOf<BlockFacts>(json, place);
  if (outcomes.length !== entries.length) damaged(place, `${outcomes.length} outcomes for ${entries.length} entries`);
  const attachments = await getAll(table, names.map(attachmentKey));
  return {
    ...facts,
    outcomes: outcomes.map((text) => storedOutcome(text, place)),
    header,
    entries,
    writes: writes.map(([key, value]) => ({ key, value })),
    attachments: names.map((sha256, n) => ({
      sha256,
      bytes: Uint8Array.from(attachments[n]?.bytes ?? damaged(place, `attachment ${sha256} is missing`)),
    })),
  };
}
