import { z } from "@hono/zod-openapi";
import { fileChunkBytes, fileChunksMax } from "@vermilion/certificates";
import { memberId, natural, optional, sha256Hex } from "./schemas.ts";

/** Forms of the answers about files that stay off the chain. */

const time = z.int().openapi({ description: "ms since 1970-01-01T00:00:00Z" });
const chunkNumber = z.int().min(0).max(fileChunksMax);
export const byFile = z.object({ file: sha256Hex });
export const fromChunk = z.strictObject({
  from: optional(natural).openapi({ description: "第一个需要链接的分块 · the first chunk that a link is wanted for", default: 0 }),
});

export const fileRow = z
  .object({
    version: z.literal(1),
    file: sha256Hex,
    hashAlgorithm: z.literal("sha256"),
    dataType: z.string(),
    size: z.int(),
    chunks: z.int(),
    chunkBytes: z.int(),
    owner: memberId,
    transaction: sha256Hex,
    height: z.int(),
    at: time,
  })
  .openapi("File");

const link = { chunk: chunkNumber, url: z.string(), headers: z.record(z.string(), z.string()), until: time };

export const filePlan = z.strictObject({
  size: z.int().min(1).openapi({ description: "加密后的字节数 · bytes of the encrypted file" }),
  chunks: z
    .array(sha256Hex)
    .min(1)
    .max(fileChunksMax)
    .openapi({ description: `SHA-256 of each encrypted chunk of ${fileChunkBytes} bytes` }),
});

export const fileUpload = z
  .object({
    file: sha256Hex,
    complete: z.boolean(),
    registered: z.boolean(),
    missing: z.array(chunkNumber),
    sends: z.array(
      z.union([z.object({ through: z.literal("api"), chunk: chunkNumber }), z.object({ through: z.literal("link"), ...link })]),
    ),
  })
  .openapi("FileUpload");

const chunkList = {
  file: sha256Hex,
  size: z.int(),
  chunkBytes: z.int(),
  hashes: z.array(sha256Hex),
  links: z.array(z.object(link)),
};
export const fileChunks = z.object(chunkList).openapi("FileChunks");
export const grantedFile = z.object({ ...chunkList, reference: z.string() }).openapi("GrantedFile");
