import { z } from "@hono/zod-openapi";
import { answer, type Doors } from "../doors.ts";
import { submittedAnswer } from "../idempotency.ts";
import { refusedProblem } from "../problems.ts";
import {
  binary,
  block,
  entry,
  limitDefault,
  memberId,
  natural,
  optional,
  pageOf,
  pageQuery,
  sha256Hex,
  submission,
  typeId,
} from "../schemas.ts";
import type { Scope } from "../scopes.ts";

const blocks = pageOf(block);
const entries = z.object({ items: z.array(entry) });
const byHeight = z.object({ height: natural });
const byTransaction = z.object({ transactionHash: sha256Hex });
const ledgerRead: readonly Scope[] = ["ledger:read"];
/** Who writes may ask what became of it. */
const writers: readonly Scope[] = [
  "ledger:read",
  "types:define",
  "certificates:issue",
  "certificates:complete",
  "certificates:renew",
  "certificates:correct",
  "certificates:status",
  "certificates:receive",
  "requests:open",
  "requests:decide",
  "accounts:register",
  "verifications:record",
  "files:write",
  "evidence:deposit",
];

const entryHit = z.object({ ...entry.shape, acts: z.int() }).openapi("EntryHit");
const hits = pageOf(entryHit);
const ms = natural.openapi({ description: "ms since 1970-01-01T00:00:00Z" });

export function ledgerRoutes(doors: Doors): void {
  explorerRoutes(doors);
  entrySearchRoute(doors);
}

function entrySearchRoute({ reading, needs: { services } }: Doors): void {
  reading(
    {
      method: "get",
      path: "/v1/entries",
      topic: "ledger",
      summary: { zh: "按条件查交易，从新到旧", en: "Entries that fit a question, newest first" },
      description:
        "统计数字的明细：各条 acts 之和即该数字。一页可能不满而仍有 next。" +
        "What stands behind a figure of the statistics: the sum of `acts` is the figure. A page may be short and yet have a `next`.",
      scopes: ledgerRead,
      query: z.strictObject({
        ...pageQuery,
        from: optional(ms),
        to: optional(ms),
        member: optional(memberId).openapi({ description: "作者 · the author" }),
        operation: optional(z.string().regex(/^[a-z]{1,32}[.][a-z]{1,32}$/)).openapi({ example: "certificates.issue" }),
        type: optional(typeId),
        reader: optional(memberId).openapi({ description: "授权的读取方 · who reads, of grants" }),
        outcome: optional(z.enum(["applied", "refused"])),
      }),
      answers: { 200: { description: "交易 · entries", content: { "application/json": hits } } },
      problems: ["invalid-cursor", "unknown-type", "unknown-member", "empty-range"],
    },
    async ({ c, query: { cursor, limit, ...filter } }) => answer(c, hits, await services.entries(filter, cursor, limit ?? limitDefault)),
  );
}

function explorerRoutes({ reading, needs: { services } }: Doors): void {
  reading(
    {
      method: "get",
      path: "/v1/blocks/by-hash/{hash}",
      topic: "ledger",
      summary: { zh: "按区块哈希查区块", en: "A block by the hash of its header" },
      scopes: ledgerRead,
      params: z.object({ hash: sha256Hex }),
      answers: { 200: { description: "区块 · the block", content: { "application/json": block } } },
      problems: ["unknown-block"],
    },
    async ({ c, params }) => answer(c, block, await services.blockByHash(params.hash)),
  );
  reading(
    {
      method: "get",
      path: "/v1/blocks",
      topic: "ledger",
      summary: { zh: "区块列表，从新到旧", en: "Blocks, newest first" },
      scopes: ledgerRead,
      query: z.strictObject({ ...pageQuery, cursor: optional(natural) }),
      answers: { 200: { description: "区块 · blocks", content: { "application/json": blocks } } },
    },
    async ({ c, query }) => answer(c, blocks, await services.blocks(query.cursor, query.limit ?? limitDefault)),
  );
  reading(
    {
      method: "get",
      path: "/v1/blocks/{height}",
      topic: "ledger",
      summary: { zh: "区块", en: "A block" },
      scopes: ledgerRead,
      params: byHeight,
      answers: { 200: { description: "区块 · the block", content: { "application/json": block } } },
      problems: ["unknown-block"],
    },
    async ({ c, params }) => answer(c, block, await services.block(params.height)),
  );
  reading(
    {
      method: "get",
      path: "/v1/blocks/{height}/header",
      topic: "ledger",
      summary: { zh: "区块头的原始字节", en: "The stored bytes of a block's header" },
      scopes: ledgerRead,
      params: byHeight,
      answers: {
        200: { description: "签名对象 · a signed object", content: { "application/jose+json": z.object({ payload: z.string() }).loose() } },
      },
      problems: ["unknown-block"],
    },
    async ({ c, params }) => {
      const header = await services.header(params.height);
      if ("refused" in header) return refusedProblem(c, header);
      return c.body(Uint8Array.from(header), 200, { "Content-Type": "application/jose+json" });
    },
  );
  reading(
    {
      method: "get",
      path: "/v1/blocks/{height}/entries",
      topic: "ledger",
      summary: { zh: "区块中的交易", en: "The entries of a block" },
      scopes: ledgerRead,
      params: byHeight,
      answers: { 200: { description: "交易 · entries", content: { "application/json": entries } } },
      problems: ["unknown-block"],
    },
    async ({ c, params }) => {
      const found = await services.entriesOfBlock(params.height);
      return "refused" in found ? refusedProblem(c, found) : answer(c, entries, { items: found });
    },
  );
  reading(
    {
      method: "get",
      path: "/v1/entries/{transactionHash}",
      topic: "ledger",
      summary: { zh: "交易", en: "An entry" },
      scopes: ledgerRead,
      params: byTransaction,
      answers: { 200: { description: "交易 · the entry", content: { "application/json": entry } } },
      problems: ["unknown-transaction"],
    },
    async ({ c, params }) => answer(c, entry, await services.entry(params.transactionHash)),
  );
  reading(
    {
      method: "get",
      path: "/v1/attachments/{sha256}",
      topic: "ledger",
      summary: { zh: "附件的原始字节", en: "The bytes of an attachment for all members" },
      description: "签发部分与加密的披露。Issuer-signed parts and encrypted disclosures, named by their SHA-256.",
      scopes: ledgerRead,
      params: z.object({ sha256: sha256Hex }),
      answers: { 200: { description: "附件 · the attachment", content: { "application/octet-stream": binary } } },
      problems: ["unknown-attachment"],
    },
    async ({ c, params }) => {
      const bytes = await services.attachment(params.sha256);
      if ("refused" in bytes) return refusedProblem(c, bytes);
      return c.body(Uint8Array.from(bytes), 200, { "Content-Type": "application/octet-stream" });
    },
  );
  reading(
    {
      method: "get",
      path: "/v1/submissions/{transactionHash}",
      topic: "ledger",
      summary: { zh: "已受理交易的状态", en: "What became of an entry that was accepted" },
      scopes: writers,
      typeOf: "any",
      params: byTransaction,
      answers: { 200: { description: "状态 · its state", content: { "application/json": submission } } },
      problems: ["unknown-transaction"],
    },
    async ({ c, params }) => {
      const submitted = await services.submission(params.transactionHash);
      return answer(c, submission, "refused" in submitted ? submitted : submittedAnswer(submitted));
    },
  );
}
