import { appendLeaf, type Crypto, emptyFrontier, fromHex, frontierRoot, leafHash, parseHash, toHex, utf8 } from "@vermilion/ledger";

/**
 * Format `vermilion-file/1` of files that stay off the chain (mission C6). A file is encrypted where it is, under a key of its own that is
 * never used for another one, in chunks of AES-256-GCM: chunk `i` of `n` has the nonce `i` (96 bits, big endian) and is bound to `i` and
 * `n`, so that none can be left out, put elsewhere or cut off. The same bytes under the same key give the same chunks, which is what lets an
 * upload that was cut off go on. The file is named by the RFC 9162 root over the SHA-256 of its encrypted chunks: who holds the root and
 * the list of hashes checks each chunk before he opens it.
 */

/** Bytes of an encrypted chunk; the last one may be shorter. */
export const fileChunkBytes = 8 * 1024 * 1024;
export const fileTagBytes = 16;
/** Bytes of the file itself that go into a whole chunk. */
export const filePlainChunkBytes = fileChunkBytes - fileTagBytes;
/** Longest file, before its encryption: 5 GiB. */
export const fileBytesMax = 5 * 1024 * 1024 * 1024;
export const fileKeyBytes = 32;

/** Of a file of `plainBytes`: how many chunks it has, and how many bytes they have together. An empty file has one chunk, a bare tag. */
export function fileLayout(plainBytes: number): { readonly chunks: number; readonly size: number } {
  const chunks = Math.max(1, Math.ceil(plainBytes / filePlainChunkBytes));
  return { chunks, size: plainBytes + chunks * fileTagBytes };
}

/** Longest encrypted file and its number of chunks. */
export const { size: fileSizeMax, chunks: fileChunksMax } = fileLayout(fileBytesMax);

/** Chunks of an encrypted file of `size` bytes; undefined where no file encrypts to that many, or only one that is too long. */
export function chunksOfSize(size: number): number | undefined {
  if (!Number.isSafeInteger(size) || size < fileTagBytes || size > fileSizeMax) return undefined;
  const chunks = Math.ceil(size / fileChunkBytes);
  return fileLayout(size - chunks * fileTagBytes).chunks === chunks ? chunks : undefined;
}

/** Where chunk `index` of an encrypted file of `size` bytes begins, and its length; both in bytes. */
export function chunkPlace(size: number, index: number): { readonly start: number; readonly length: number } {
  const start = index * fileChunkBytes;
  return { start, length: Math.min(fileChunkBytes, size - start) };
}

/** 12 bytes. The key is used for one file only, so that no nonce comes twice. */
export function chunkNonce(index: number): Uint8Array {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setUint32(8, index);
  return nonce;
}

/** Additional authenticated data of chunk `index` of `count`. */
export function chunkAad(index: number, count: number): Uint8Array {
  return utf8(`vermilion-file/1 chunk ${index} of ${count}`);
}

/** Name of a file, hex: the root over the hashes (hex) of its encrypted chunks in order; undefined where one of them is no hash. */
export function fileRoot(chunkHashes: readonly string[], crypto: Crypto): string | undefined {
  let frontier = emptyFrontier;
  for (const hash of chunkHashes) {
    const bytes = parseHash(hash) === undefined ? undefined : fromHex(hash);
    if (bytes === undefined) return undefined;
    frontier = appendLeaf(frontier, leafHash(bytes, crypto), crypto);
  }
  return toHex(frontierRoot(frontier, crypto));
}
