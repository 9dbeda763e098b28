import { chunkAad, chunkNonce, fileTagBytes } from "@vermilion/certificates";
import { toHex } from "@vermilion/ledger";

/** Chunks of `vermilion-file/1` by the host's own cryptography (WebCrypto): megabytes are too much for plain JavaScript. */
export interface ChunkCipher {
  seal(index: number, plain: Uint8Array): Promise<Uint8Array>;
  /** Undefined where the chunk is not of this file, this key and this place. */
  open(index: number, sealed: Uint8Array): Promise<Uint8Array | undefined>;
}

/** WebCrypto takes bytes that no other thread can share; ours never are. */
type OwnBytes = Uint8Array<ArrayBuffer>;

/** For a file of `count` chunks under its key of 32 bytes. */
export async function chunkCipher(keyBytes: Uint8Array, count: number): Promise<ChunkCipher> {
  const key = await crypto.subtle.importKey("raw", keyBytes as OwnBytes, "AES-GCM", false, ["encrypt", "decrypt"]);
  const parameters = (index: number) => ({
    name: "AES-GCM",
    iv: chunkNonce(index) as OwnBytes,
    additionalData: chunkAad(index, count) as OwnBytes,
    tagLength: fileTagBytes * 8,
  });
  return {
    seal: async (index, plain) => new Uint8Array(await crypto.subtle.encrypt(parameters(index), key, plain as OwnBytes)),
    async open(index, sealed) {
      try {
        return new Uint8Array(await crypto.subtle.decrypt(parameters(index), key, sealed as OwnBytes));
      } catch {
        // WebCrypto tells a wrong tag by an exception and nothing else.
        return undefined;
      }
    },
  };
}

/** SHA-256, hex. */
export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as OwnBytes)));
}
