import * as z from "zod";
import { actId, asOf, bytes, memberId, natural, optional, sha256Hex, time } from "./forms.ts";
import type { Route } from "./route.ts";

const note = z.string().meta({ examples: ["vermilion.example/3f2a…\n42\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— …\n"] });
/** A full tile never changes; a partial one is what it is for its width, but it will be superseded. */
const forEver = "public, max-age=31536000, immutable";

const lookupKind = z.enum(["transaction", "certificate", "file", "document", "evidence"]).meta({
  description: "document：摘要在存证之中；evidence：存证本身（清单或 root）· a deposited document; a deposit itself, by its list or root",
});

const checkpoint = {
  method: "get",
  topic: "proofs",
  names: { zh: "最新最终检查点", en: "The newest final checkpoint with its cosignatures" },
  result: note,
  media: ["text/plain"],
  cache: "public, max-age=5",
  refusals: ["no-checkpoint"],
} as const;

/** What anybody may take away to prove something with: C2SP tlog-checkpoint, tlog-tiles, tlog-proof, tlog-policy. */
export const proofRoutes = {
  checkpoint: { ...checkpoint, path: "/v1/checkpoint" },
  /** The path of C2SP tlog-tiles, whose prefix is /v1/log. */
  logCheckpoint: { ...checkpoint, path: "/v1/log/checkpoint" },
  tile: {
    method: "get",
    path: "/v1/log/tile/{tile}",
    topic: "proofs",
    names: { zh: "树块与叶记录包", en: "Hash tiles and bundles of leaf records" },
    description: "C2SP tlog-tiles: `<L>/<N>[.p/<W>]` or `entries/<N>[.p/<W>]`, N as in `x001/x234/067`. The parameter holds slashes.",
    params: {
      tile: z
        .string()
        .min(1)
        .max(128)
        .meta({ examples: ["0/000.p/1"] }),
    },
    tail: "tile",
    result: bytes,
    media: ["application/octet-stream"],
    cache: forEver,
    refusals: ["unknown-tile"],
  },
  cosignatures: {
    method: "get",
    path: "/v1/cosignatures",
    topic: "proofs",
    names: { zh: "检查点的见证签名", en: "Cosignature lines of the newest checkpoint, by member" },
    result: z.object({ size: z.int(), lines: z.record(z.string(), z.string()) }),
    refusals: ["no-checkpoint"],
  },
  policy: {
    method: "get",
    path: "/v1/policy",
    topic: "proofs",
    names: { zh: "验证策略", en: "The policy that receipts are verified by" },
    result: z.string().meta({ description: "C2SP tlog-policy" }),
    media: ["text/plain"],
    cache: "public, max-age=300",
  },
  inclusionProof: {
    method: "get",
    path: "/v1/proofs/inclusion",
    topic: "proofs",
    names: { zh: "包含证明", en: "Inclusion proof of a leaf in the tree of a size" },
    description: "RFC 9162, section 2.1.3; hashes in hex",
    query: { index: natural, size: natural },
    result: z.object({ leafHash: z.string(), proof: z.array(z.string()), root: z.string() }),
    refusals: ["size-out-of-range"],
  },
  consistencyProof: {
    method: "get",
    path: "/v1/proofs/consistency",
    topic: "proofs",
    names: { zh: "一致性证明", en: "Consistency proof between the trees of two sizes" },
    description: "RFC 9162, section 2.1.4; hashes in hex",
    query: { old: natural, size: natural },
    result: z.object({ proof: z.array(z.string()) }),
    refusals: ["size-out-of-range"],
  },
  receipt: {
    method: "get",
    path: "/v1/receipts/{transactionHash}",
    topic: "proofs",
    names: { zh: "回执", en: "The receipt of an entry" },
    description:
      "默认 text/plain（C2SP tlog-proof），Accept: application/json 得 JSON。wait 为等待最终确认的秒数，繁忙时不等待；响应头 Vermilion-Final 说明是否最终。" +
      "Plain tlog-proof by default. `wait` waits for finality, not while too many wait; the header `Vermilion-Final` says whether it is final.",
    params: { transactionHash: sha256Hex },
    waits: 0,
    result: z.object({
      transactionHash: sha256Hex,
      final: z.boolean(),
      leafIndex: z.int(),
      size: z.int(),
      receipt: z.string().meta({ description: "C2SP tlog-proof" }),
    }),
    media: ["application/json", "text/plain"],
    refusals: ["unknown-transaction", "no-checkpoint"],
  },
  statusList: {
    method: "get",
    path: "/v1/status-lists/{issuer}/{list}",
    topic: "status",
    signs: true,
    names: { zh: "颁发机构的状态列表", en: "A status list of an issuer" },
    description:
      "JWT（statuslist+jwt）。time：历史时点（秒）。其他成员的列表以 307 转到该成员。" +
      "`time` asks for the list of a moment past, in seconds. A list of another member is redirected to it.",
    params: { issuer: memberId, list: z.int().min(0).max(999_999) },
    query: { time: optional(natural) },
    result: z.string().meta({ description: "状态列表 · the status list" }),
    media: ["application/statuslist+jwt"],
    otherAnswers: { 304: "与 If-None-Match 相同 · unchanged", 307: "由该成员签发 · at the member that signs it" },
    refusals: ["unknown-issuer", "unknown-status-list", "as-of-in-the-future"],
  },
  lookup: {
    method: "get",
    path: "/v1/lookup/{hash}",
    topic: "lookup",
    names: {
      zh: "按哈希公开查询",
      en: "Public look-up of any SHA-256: of a transaction, an issuer-signed part, a deposited document, a deposit or a file",
    },
    description:
      "不含字段名、读取方、个人信息与交易内容。存证的文件附有由摘要通向 root 的路径（RFC 6962），receipt 为凭据所在。" +
      "No names of fields, readers or persons, no bodies. A deposited document comes with the path from its digest to the root (RFC 6962); `receipt` says where its receipt is.",
    params: { hash: sha256Hex },
    result: z
      .object({
        found: z.literal(true),
        kind: lookupKind,
        transactionHash: sha256Hex,
        outcome: z.string(),
        blockNumber: z.int(),
        leafIndex: z.int(),
        time,
        issuer: z.string().nullable(),
        part: z.string().nullable(),
        status: z.string().nullable(),
        /** Root of the file, also where it was looked up by its content. */
        file: sha256Hex.nullable(),
        /** The deposit; of a document also its index in the list and the path from its digest to the root. */
        evidence: z
          .object({
            evidence: actId,
            root: sha256Hex,
            count: z.int(),
            digest: z.object({ index: z.int(), path: z.array(sha256Hex) }).nullable(),
          })
          .nullable(),
        receipt: z.string().meta({ description: "凭据在本 API 的路径 · path of this API" }),
        /** What else has this hash, later or less surely: the oldest nine. `id` is the root of a file or the id of a deposit. */
        also: z.array(
          z.object({
            kind: lookupKind,
            transactionHash: sha256Hex,
            blockNumber: z.int(),
            issuer: memberId.nullable(),
            id: z.string().nullable(),
          }),
        ),
        final: z.boolean(),
        /** The newest block that this answer knows of: the status is that as of then. */
        asOf,
      })
      .meta({ id: "Lookup" }),
    refusals: ["unknown-hash"],
  },
} as const satisfies Readonly<Record<string, Route>>;
