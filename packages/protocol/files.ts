import { fileChunkBytes, fileChunksMax } from "@vermilion/certificates";
import * as z from "zod";
import { actId, bytes, fieldName, memberId, natural, sha256Hex, time } from "./forms.ts";
import type { Route } from "./route.ts";
import { ofGranted } from "./shapes/refusals.ts";

const chunkNumber = z.int().min(0).max(fileChunksMax);
const params = { file: sha256Hex };
const from = natural.default(0).meta({ description: "第一个需要链接的分块 · the first chunk that a link is wanted for" });
const ofStore = ["storage-full", "storage-read-only"] as const;

/** A way to fetch or send exactly one chunk until `until`; called as it stands, with these headers and no credentials. */
const link = { chunk: chunkNumber, url: z.string(), headers: z.record(z.string(), z.string()), until: time };
export const fileLink = z.object(link);

/** What a reader of a file needs. The hashes are those of the root; who fetches a chunk checks it against its hash before he opens it. */
const chunkList = { file: sha256Hex, size: z.int(), chunkBytes: z.int(), hashes: z.array(sha256Hex), links: z.array(fileLink) };
export const fileChunks = z.object(chunkList).meta({ id: "FileChunks" });

export const fileRoutes = {
  beginFile: {
    method: "put",
    path: "/v1/files/{file}",
    topic: "files",
    names: { zh: "开始或继续上传加密文件", en: "Begin the upload of an encrypted file, or go on with it" },
    description:
      "文件以其加密分块哈希之 RFC 9162 根命名。应答说明缺少哪些分块、各自送往何处；中断后以相同内容再次调用即可继续。" +
      "Named by the root over the hashes of its chunks. The answer says which chunks are missing and where each is sent; asked again, it says what is left.",
    scopes: ["files:write"],
    caller: "operator",
    params,
    body: {
      size: z.int().min(1).meta({ description: "加密后的字节数 · bytes of the encrypted file" }),
      chunks: z
        .array(sha256Hex)
        .min(1)
        .max(fileChunksMax)
        .meta({ description: `SHA-256 of each encrypted chunk of ${fileChunkBytes} bytes` }),
    },
    result: z
      .object({
        file: sha256Hex,
        /** All chunks are here and the file can be read. */
        complete: z.boolean(),
        /** It stands on the ledger as this member's. */
        registered: z.boolean(),
        missing: z.array(chunkNumber),
        /** For the first of the missing ones: where each is sent, by PUT. `api`: to this member's own API, with the app's token. */
        sends: z.array(
          z.union([z.object({ through: z.literal("api"), chunk: chunkNumber }), z.object({ through: z.literal("link"), ...link })]),
        ),
      })
      .meta({ id: "FileUpload" }),
    refusals: [
      "file-too-large",
      "file-size-does-not-match",
      "file-root-does-not-match",
      "file-of-another-member",
      "too-many-uploads",
      "unknown-upload",
      ...ofStore,
    ],
  },
  abandonFile: {
    method: "delete",
    path: "/v1/files/{file}",
    topic: "files",
    names: { zh: "放弃上传", en: "Abandon an upload, or a file that never came onto the ledger" },
    scopes: ["files:write"],
    caller: "operator",
    params,
    result: z.object(params),
    refusals: ["unknown-upload", "file-exists", "file-being-registered", ...ofStore],
  },
  sendChunk: {
    method: "put",
    path: "/v1/files/{file}/chunks/{chunk}",
    topic: "files",
    names: { zh: "上传一个加密分块", en: "Send one encrypted chunk" },
    scopes: ["files:write"],
    caller: "app",
    params: { ...params, chunk: natural },
    upload: true,
    result: z.object({ file: sha256Hex, chunk: z.int() }),
    refusals: [
      "unknown-upload",
      "unknown-chunk",
      "chunk-size-does-not-match",
      "chunk-does-not-match",
      "chunk-not-through-api",
      "files-busy",
      ...ofStore,
    ],
  },
  completeFile: {
    method: "post",
    path: "/v1/files/{file}/complete",
    topic: "files",
    names: { zh: "完成上传并登记文件", en: "Complete an upload and put the file on the ledger" },
    scopes: ["files:write"],
    params,
    body: {
      mediaType: z
        .string()
        .min(1)
        .max(127)
        .meta({ examples: ["application/pdf"] }),
      plain: sha256Hex.meta({
        description:
          "加密前文件的 SHA-256，供公开查询；由登记方陈述 · SHA-256 of the file before its encryption, for the public look-up; the registering agency's word",
      }),
    },
    makes: "files.register",
    adds: { file: sha256Hex },
    location: "/v1/files/{file}",
    refusals: ["unknown-upload", "chunks-missing", "file-exists", "file-size-does-not-match", "file-name-not-usable"],
  },
  file: {
    method: "get",
    path: "/v1/files/{file}",
    topic: "files",
    names: { zh: "文件登记信息", en: "What the ledger says of a file" },
    scopes: ["files:read", "files:write"],
    params,
    result: z
      .object({
        version: z.literal(1),
        file: sha256Hex,
        hashAlgorithm: z.literal("sha256"),
        dataType: z.string(),
        size: z.int(),
        chunks: z.int(),
        chunkBytes: z.int(),
        plain: sha256Hex,
        owner: memberId,
        transaction: sha256Hex,
        height: z.int(),
        at: time,
      })
      .meta({ id: "File" }),
    refusals: ["unknown-file"],
  },
  ownFile: {
    method: "get",
    path: "/v1/files/{file}/chunks",
    topic: "files",
    names: { zh: "本成员文件的分块链接", en: "Hashes of this member's own file, and links to its chunks" },
    scopes: ["files:read"],
    caller: "operator",
    params,
    query: { from },
    result: fileChunks,
    refusals: ["unknown-file", "unknown-chunk", "file-of-another-member", "file-not-here"],
  },
  grantedFile: {
    method: "get",
    path: "/v1/requests/{request}/files/{field}",
    topic: "files",
    names: { zh: "读取获准的文件", en: "Read a granted file" },
    description:
      "应答含该字段的值（含文件密钥）、与链上根一致的分块哈希，以及所有者给出的分块链接。解密之前应逐块核对哈希。" +
      "The field's value with the file's key, hashes that give the root on the ledger, and links of the owner. Check each chunk before it is opened.",
    scopes: ["fields:read"],
    about: "request",
    caller: "operator",
    params: { request: actId, field: fieldName },
    query: { from },
    waits: 5,
    result: z.object({ ...chunkList, reference: z.string() }).meta({ id: "GrantedFile" }),
    refusals: [
      ...ofGranted,
      "field-not-granted",
      "not-a-file-field",
      "unknown-file",
      "unknown-chunk",
      "file-of-another-member",
      "file-does-not-match",
      "file-answer-wrong",
      "peer-refused",
    ],
  },
  fileChunk: {
    method: "get",
    path: "/v1/file-chunks/{token}",
    topic: "files",
    names: { zh: "按链接下载一个加密分块", en: "One encrypted chunk, by its link" },
    params: { token: z.string().max(160) },
    result: bytes,
    media: ["application/octet-stream"],
    refusals: ["file-link-invalid", "files-busy"],
  },
} as const satisfies Readonly<Record<string, Route>>;
