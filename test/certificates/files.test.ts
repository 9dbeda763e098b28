import {
  chunkAad,
  chunkNonce,
  chunkPlace,
  chunksOfSize,
  fileBytesMax,
  fileChunksMax,
  fileLayout,
  filePlainChunkBytes,
  fileReferenceLengthMax,
  fileRoot,
  fileSizeMax,
  formatFileReference,
  isFileName,
  isMediaType,
  parseFileReference,
} from "@vermilion/certificates";
import { fromHex, toHex } from "@vermilion/ledger";
import { describe, expect, test } from "vitest";
import { patternBytes } from "./file-bytes.ts";
import { crypto, vectors } from "./fixtures.ts";

interface FileVector {
  readonly key: string;
  readonly files: readonly {
    readonly plainBytes: number;
    readonly chunks: number;
    readonly size: number;
    readonly sealed?: readonly string[];
    readonly hashes: readonly string[];
    readonly file: string;
    readonly reference: string;
  }[];
}

describe("the vectors of vermilion-file/1", () => {
  const { key, files } = vectors<FileVector>("file");
  const keyBytes = fromHex(key)!;

  test.each(files)("a file of $plainBytes bytes", ({ plainBytes, chunks, size, sealed, hashes, file, reference }) => {
    expect(fileLayout(plainBytes)).toEqual({ chunks, size });
    expect(chunksOfSize(size)).toBe(chunks);
    expect(fileRoot(hashes, crypto)).toBe(file);
    expect(parseFileReference(reference)).toEqual({ file, size, mediaType: "application/pdf", key: keyBytes, name: "附件 1.pdf" });
    let total = 0;
    for (let index = 0; index < chunks; index++) {
      const plain = patternBytes(index * filePlainChunkBytes, Math.min(plainBytes, (index + 1) * filePlainChunkBytes));
      const chunk = crypto.sealAes256Gcm(keyBytes, chunkNonce(index), chunkAad(index, chunks), plain);
      expect(toHex(crypto.sha256(chunk))).toBe(hashes[index]);
      expect(chunkPlace(size, index)).toEqual({ start: total, length: chunk.length });
      if (sealed !== undefined) expect(toHex(chunk)).toBe(sealed[index]);
      total += chunk.length;
    }
    expect(total).toBe(size);
  });

  test("a chunk opens at its own place of its own file alone", () => {
    const chunk = crypto.sealAes256Gcm(keyBytes, chunkNonce(1), chunkAad(1, 3), patternBytes(0, 100));
    const open = (index: number, count: number) => crypto.openAes256Gcm(keyBytes, chunkNonce(index), chunkAad(index, count), chunk);
    expect(open(1, 3)).toEqual(patternBytes(0, 100));
    for (const [index, count] of [
      [0, 3],
      [2, 3],
      [1, 2],
      [1, 4],
    ] as const)
      expect(open(index, count), `${index} of ${count}`).toBeUndefined();
  });
});

describe("sizes", () => {
  test("the longest file has 641 chunks, and one byte more is none", () => {
    expect([fileLayout(fileBytesMax).chunks, fileChunksMax]).toEqual([641, 641]);
    expect(chunksOfSize(fileSizeMax)).toBe(641);
    expect(chunksOfSize(fileSizeMax + 1)).toBeUndefined();
  });

  test.each([-1, 0, 15, 1.5, Number.NaN, 8 * 1024 * 1024 + 1, 8 * 1024 * 1024 + 16, Number.MAX_SAFE_INTEGER])(
    "no file encrypts to %s bytes",
    (size) => {
      expect(chunksOfSize(size)).toBeUndefined();
    },
  );

  test("each size that a file encrypts to is known again", () => {
    for (const plain of [0, 1, 2, filePlainChunkBytes - 1, filePlainChunkBytes, filePlainChunkBytes + 1, 3 * filePlainChunkBytes]) {
      const { chunks, size } = fileLayout(plain);
      expect(chunksOfSize(size), `${plain}`).toBe(chunks);
    }
  });
});

describe("references", () => {
  const reference = { file: "ab".repeat(32), size: 116, mediaType: "image/png", key: new Uint8Array(32).fill(7), name: "图 1.png" };
  const text = formatFileReference(reference);

  test("have one text", () => {
    expect(parseFileReference(text)).toEqual(reference);
    const longest = { ...reference, size: fileSizeMax, mediaType: `${"a".repeat(63)}/${"b".repeat(63)}`, name: "𠮷".repeat(200) };
    const longestText = formatFileReference(longest);
    expect([...longestText].length).toBeLessThanOrEqual(fileReferenceLengthMax);
    expect(parseFileReference(longestText)).toEqual(longest);
  });

  test.each([
    "",
    text.replace("vermilion-file/1", "vermilion-file/2"),
    text.replace("abab", "ABAB"),
    text.replace(" 116 ", " 0116 "),
    text.replace(" 116 ", " 15 "),
    text.replace(" 116 ", " 8388609 "),
    text.replace("image/png", "image"),
    text.replace("image/png", "Image/png"),
    text.replace("BwcH", "Bwc="),
    text.replace("c 图", "d 图"),
    text.replace(" 图", "  图"),
    `${text} `,
    text.replace("图", "a/b"),
    text.replace("图", "a\\b"),
    text.replace("图", "a\nb"),
    text.replace("图", "a\u202eb"),
    text.replace("图 1.png", ".."),
    text.replace("图", "x".repeat(200)),
    "x".repeat(100_000),
  ])("%j is none", (bad) => {
    expect(parseFileReference(bad)).toMatchObject({ refused: "bad-format" });
  });

  test("names and media types", () => {
    for (const name of ["a", "备案.pdf", "a b", "-", "..a"]) expect(isFileName(name), name).toBe(true);
    for (const name of ["", " a", "a ", ".", "..", "a/b", "a\u0000", "a\tb", "\ud800", "a".repeat(201)])
      expect(isFileName(name), name).toBe(false);
    for (const type of ["text/plain", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"])
      expect(isMediaType(type), type).toBe(true);
    for (const type of ["", "text", "text/", "/plain", "text/plain;a=b", "TEXT/plain", "text/pl ain"])
      expect(isMediaType(type), type).toBe(false);
  });
});
