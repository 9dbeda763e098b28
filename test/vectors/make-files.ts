import { writeFileSync } from "node:fs";
import { chunkAad, chunkNonce, fileLayout, filePlainChunkBytes, fileRoot, formatFileReference } from "@vermilion/certificates";
import { toHex } from "@vermilion/ledger";
import { nativeCrypto } from "@vermilion/node/host/native-crypto";
import { patternBytes } from "../certificates/file-bytes.ts";

/** Writes the vector of format `vermilion-file/1`, once: `node test/vectors/make-files.ts`. Byte `i` of a plain file is `i * 31 mod 251`. */

const key = Uint8Array.from({ length: 32 }, (_, at) => at);
const files = [0, 1, 1_000, filePlainChunkBytes, filePlainChunkBytes + 1, 2 * filePlainChunkBytes + 5].map((plainBytes) => {
  const { chunks, size } = fileLayout(plainBytes);
  const sealed = Array.from({ length: chunks }, (_, index) => {
    const start = index * filePlainChunkBytes;
    const plain = patternBytes(start, Math.min(plainBytes, start + filePlainChunkBytes));
    return nativeCrypto.sealAes256Gcm(key, chunkNonce(index), chunkAad(index, chunks), plain);
  });
  const hashes = sealed.map((chunk) => toHex(nativeCrypto.sha256(chunk)));
  const file = fileRoot(hashes, nativeCrypto) ?? "";
  const reference = formatFileReference({ file, size, mediaType: "application/pdf", key, name: "附件 1.pdf" });
  return { plainBytes, chunks, size, sealed: size <= 1_100 ? sealed.map(toHex) : undefined, hashes, file, reference };
});
const vector = { comment: "vermilion-file/1; byte i of a plain file is i * 31 mod 251", key: toHex(key), files };
writeFileSync(new URL("certificates/file.json", import.meta.url), `${JSON.stringify(vector, null, 1)}\n`, { flag: "wx" });
