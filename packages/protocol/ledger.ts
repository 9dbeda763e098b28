import * as z from "zod";
import { bytes, json, memberId, natural, optional, sha256Hex, submission, time, typed, typeId } from "./forms.ts";
import type { Route } from "./route.ts";

const scopes = ["ledger:read"] as const;
/** Who writes may ask what became of it. */
const writers = [
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
] as const;

const block = z
  .object({
    height: z.int(),
    hash: sha256Hex,
    previous: z.string(),
    time,
    term: z.int(),
    proposer: memberId,
    first: z.int(),
    count: z.int(),
    root: z.string(),
    state: z.string(),
  })
  .meta({ id: "Block" });

const entry = z
  .object({
    transactionHash: sha256Hex,
    entryHash: sha256Hex,
    outcome: z.string(),
    blockNumber: z.int(),
    position: z.int(),
    leafIndex: z.int(),
    time,
    changed: z
      .array(
        z.object({
          kind: z.enum(["consortium", "member", "rules", "type", "certificate", "request", "account", "file", "evidence"]),
          id: z.string(),
        }),
      )
      .meta({ description: "它改变了什么；被拒绝的交易什么也没有改变 · what it changed; a refused entry changed nothing" }),
    entry: z.string().meta({ description: "存储的原始字节（JSON 文本）· the exact stored bytes" }),
    payload: json,
  })
  .meta({ id: "Entry" });

/** `acts`: operations of the entry that fit the question; a deposit counts by its digests. */
const entryHit = z.object({ ...entry.shape, acts: z.int() }).meta({ id: "EntryHit" });

export const ledgerRoutes = {
  blocks: {
    method: "get",
    path: "/v1/blocks",
    topic: "ledger",
    names: { zh: "区块列表，从新到旧", en: "Blocks, newest first" },
    scopes,
    items: block,
    refusals: ["invalid-cursor"],
  },
  blockByHash: {
    method: "get",
    path: "/v1/blocks/by-hash/{hash}",
    topic: "ledger",
    names: { zh: "按区块哈希查区块", en: "A block by the hash of its header" },
    scopes,
    params: { hash: sha256Hex },
    result: block,
    refusals: ["unknown-block"],
  },
  block: {
    method: "get",
    path: "/v1/blocks/{height}",
    topic: "ledger",
    names: { zh: "区块", en: "A block" },
    scopes,
    params: { height: natural },
    result: block,
    refusals: ["unknown-block"],
  },
  header: {
    method: "get",
    path: "/v1/blocks/{height}/header",
    topic: "ledger",
    names: { zh: "区块头的原始字节", en: "The stored bytes of a block's header" },
    scopes,
    params: { height: natural },
    result: typed<string>(z.object({ payload: z.string() }).loose().meta({ description: "签名对象 · a signed object" })),
    media: ["application/jose+json"],
    refusals: ["unknown-block"],
  },
  entriesOfBlock: {
    method: "get",
    path: "/v1/blocks/{height}/entries",
    topic: "ledger",
    names: { zh: "区块中的交易", en: "The entries of a block" },
    scopes,
    params: { height: natural },
    result: z.object({ items: z.array(entry) }),
    refusals: ["unknown-block"],
  },
  entries: {
    method: "get",
    path: "/v1/entries",
    topic: "ledger",
    names: { zh: "按条件查交易，从新到旧", en: "Entries that fit a question, newest first" },
    description:
      "统计数字的明细：各条 acts 之和即该数字。一页可能不满而仍有 next。" +
      "What stands behind a figure of the statistics: the sum of `acts` is the figure. A page may be short and yet have a `next`.",
    scopes,
    query: {
      from: optional(time),
      to: optional(time),
      member: optional(memberId).meta({ description: "作者 · the author" }),
      operation: optional(z.string().regex(/^[a-z]{1,32}[.][a-z]{1,32}$/)).meta({ examples: ["certificates.issue"] }),
      type: optional(typeId),
      reader: optional(memberId).meta({ description: "授权的读取方 · who reads, of grants" }),
      outcome: optional(z.enum(["applied", "refused"])),
    },
    items: entryHit,
    refusals: ["invalid-cursor", "unknown-type", "unknown-member", "empty-range"],
  },
  entry: {
    method: "get",
    path: "/v1/entries/{transactionHash}",
    topic: "ledger",
    names: { zh: "交易", en: "An entry" },
    scopes,
    params: { transactionHash: sha256Hex },
    result: entry,
    refusals: ["unknown-transaction"],
  },
  attachment: {
    method: "get",
    path: "/v1/attachments/{sha256}",
    topic: "ledger",
    names: { zh: "附件的原始字节", en: "The bytes of an attachment for all members" },
    description: "签发部分与加密的披露。Issuer-signed parts and encrypted disclosures, named by their SHA-256.",
    scopes,
    params: { sha256: sha256Hex },
    result: bytes,
    media: ["application/octet-stream"],
    refusals: ["unknown-attachment"],
  },
  submission: {
    method: "get",
    path: "/v1/submissions/{transactionHash}",
    topic: "ledger",
    names: { zh: "已受理交易的状态", en: "What became of an entry that was accepted" },
    scopes: writers,
    about: "any",
    params: { transactionHash: sha256Hex },
    result: submission,
    refusals: ["unknown-transaction"],
  },
} as const satisfies Readonly<Record<string, Route>>;
