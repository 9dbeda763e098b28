import type { Attachment, ExecutedBlock, Ledger, Standing } from "@vermilion/member/ports/index";
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
} from "@vermilion/member/ports/limits";
import { chunked, digits, getAll, joined, pack, queryAll, unpack, writeEach } from "./items.ts";
import type { Action, Item, MemoryTable } from "./table.ts";

type Blocks = Pick<
  Ledger,
  | "saveBlock"
  | "readBlock"
  | "head"
  | "moveHead"
  | "saveCertificate"
  | "certificate"
  | "hashesFrom"
  | "attachment"
  | "saveSealed"
  | "sealed"
>;

const parts = ["entries", "outcomes", "writes", "attachments"] as const;

interface BlockHeader {
  readonly term: number;
  readonly previous: string;
  readonly header: Uint8Array;
  readonly after: Standing;
  readonly chunks: Readonly<Record<(typeof parts)[number], number>>;
}

export function ledgerBlocks(table: MemoryTable): Blocks {
  const headKey = { partition: "head", sort: "head" };

  async function head() {
    const item = await table.get(headKey);
    return item === undefined ? undefined : unpack<{ height: number; hash: string }>(item);
  }

  return {
    async saveBlock(block) {
      checkBlock(block);
      const header = headerKey(block.after.hash);
      if ((await table.get(header)) !== undefined) return;
      const chunks = parts.map((name) => chunked(header.partition, name, pack(contentOf(block, name))));
      // Chunks of an attempt that was cut are written over by the same bytes.
      await writeEach(table, [...block.attachments.map(attachmentAction), ...chunks.flat().map((put) => ({ put }))]);
      const counts = Object.fromEntries(parts.map((name, place) => [name, chunks[place]?.length ?? 0])) as BlockHeader["chunks"];
      const content: BlockHeader = { term: block.term, previous: block.previous, header: block.header, after: block.after, chunks: counts };
      await writeEach(table, [{ put: { ...header, bytes: pack(content) }, condition: "absent" }]);
    },

    async readBlock(hash) {
      checkHash(hash);
      const item = await table.get(headerKey(hash));
      return item === undefined ? undefined : await blockOf(table, item);
    },

    head,

    async moveHead(expected, steps) {
      checkSteps(expected, steps);
      const present = await head();
      if ((present?.hash ?? null) !== expected) return "stale";
      ensure(steps[0]?.height === (present?.height ?? -1) + 1, "the first step stands on the head");
      const headers = await getAll(
        table,
        steps.map(({ hash }) => headerKey(hash)),
      );
      for (const [place, item] of headers.entries()) ensure(item !== undefined, `block ${steps[place]?.hash} was not saved`);
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

    async saveCertificate(height, certificate) {
      checkCertificate(height, certificate);
      await writeEach(table, [{ put: { partition: "certificate", sort: digits(height), bytes: certificate }, condition: "absent" }]);
    },

    async certificate(height) {
      checkHeight("height", height);
      const item = await table.get({ partition: "certificate", sort: digits(height) });
      return item === undefined ? undefined : Uint8Array.from(item.bytes);
    },

    async hashesFrom(from, limit) {
      checkHeight("from", from);
      checkCount("limit", limit, storageLimits.hashesMax);
      return (await queryAll(table, "chain", { from: digits(from), limit })).map((item) => unpack<string>(item));
    },

    async attachment(sha256) {
      checkHash(sha256);
      const item = await table.get(attachmentKey(sha256));
      return item === undefined ? undefined : Uint8Array.from(item.bytes);
    },

    async saveSealed(attachment) {
      checkAttachment(attachment);
      await writeEach(table, [{ put: { ...sealedKey(attachment.sha256), bytes: attachment.bytes }, condition: "absent" }]);
    },

    async sealed(sha256) {
      checkHash(sha256);
      const item = await table.get(sealedKey(sha256));
      return item === undefined ? undefined : Uint8Array.from(item.bytes);
    },
  };
}

function headerKey(hash: string) {
  return { partition: `block/${hash}`, sort: "header" };
}

function attachmentKey(sha256: string) {
  return { partition: `attachment/${sha256}`, sort: "bytes" };
}

function sealedKey(sha256: string) {
  return { partition: `sealed/${sha256}`, sort: "bytes" };
}

function attachmentAction({ sha256, bytes }: Attachment): Action {
  return { put: { ...attachmentKey(sha256), bytes }, condition: "absent" };
}

function contentOf(block: ExecutedBlock, name: (typeof parts)[number]): unknown {
  return name === "attachments" ? block.attachments.map(({ sha256 }) => sha256) : block[name];
}

async function blockOf(table: MemoryTable, item: Item): Promise<ExecutedBlock> {
  const { chunks, ...header } = unpack<BlockHeader>(item);
  const [entries, outcomes, writes, names] = await Promise.all(
    parts.map(async (name) => unpack({ ...item, bytes: await joined(table, item.partition, name, chunks[name]) })),
  );
  const attachments = await getAll(table, (names as string[]).map(attachmentKey));
  return {
    ...header,
    entries: entries as Uint8Array[],
    outcomes: outcomes as string[],
    writes: writes as ExecutedBlock["writes"],
    attachments: attachments.map((found, place) => {
      ensure(found !== undefined, "attachments are written before the block");
      return { sha256: (names as string[])[place] ?? "", bytes: Uint8Array.from(found.bytes) };
    }),
  };
}
