import { chunkPlace, fileLayout, fileRoot } from "@vermilion/certificates";
import type { FilePlan, Files } from "@vermilion/member/ports/index";
import { nativeCrypto } from "@vermilion/node";
import { expect } from "vitest";
import { sha256 } from "./chain.ts";

export interface TestFile {
  readonly plan: FilePlan;
  readonly chunks: readonly Uint8Array[];
}

let made = 0;

/** A file of so many plain bytes that no other test has; its chunks are not really encrypted, which is nothing to the port. */
export function testFile(plainBytes: number, app = "desk"): TestFile {
  const { size, chunks: count } = fileLayout(plainBytes);
  const seed = ++made;
  const chunks = Array.from({ length: count }, (_, index) => {
    const bytes = new Uint8Array(chunkPlace(size, index).length).fill(index + 1);
    new DataView(bytes.buffer).setUint32(0, seed);
    return bytes;
  });
  const hashes = chunks.map(sha256);
  return { plan: { file: fileRoot(hashes, nativeCrypto)!, size, chunks: hashes, app, begunAt: 1_800_000_000_000 }, chunks };
}

/** How a test sends and fetches: by the link where there is one, through the port where there is none. */
export interface Moves {
  send(files: Files, file: string, index: number, bytes: Uint8Array): Promise<void>;
  fetch(files: Files, file: string, index: number): Promise<Uint8Array | undefined>;
}

const soon = () => Date.now() + 60_000;

export const moves: Moves = {
  async send(files, file, index, bytes) {
    const [link] = bytes.length > files.apiChunkBytesMax ? ((await files.sendLinks(file, [index], soon())) ?? []) : [];
    if (link === undefined) {
      expect(await files.writeChunk(file, index, bytes)).toBe("written");
      return;
    }
    const answer = await fetch(link.url, { method: "PUT", headers: link.headers, body: Uint8Array.from(bytes) });
    if (!answer.ok) throw new Error(`the link answered ${answer.status}`);
  },
  async fetch(files, file, index) {
    const [link] = (await files.readLinks(file, [index], soon())) ?? [];
    if (link === undefined) return files.readChunk(file, index);
    const answer = await fetch(link.url, { headers: link.headers });
    return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : undefined;
  },
};
