import { chunkPlace, type FileReference, fileRoot, parseFileReference } from "@vermilion/certificates";
import type { FileChunks, FileLink } from "./answers.ts";
import { type ChunkCipher, chunkCipher, sha256Hex } from "./file-chunks.ts";
import { nobleCrypto } from "./noble-crypto.ts";
import type { CallOptions } from "./options.ts";
import { ClientProblem } from "./problem.ts";

export interface ReadFileOptions extends CallOptions {
  /** Chunks that are fetched ahead of their reader; 3 where absent. */
  readonly parallel?: number;
}

/** A file that is being read: iterated once, it gives the bytes of chunk after chunk, each checked and opened before it is given. */
export interface OpenedFile extends AsyncIterable<Uint8Array> {
  readonly file: string;
  readonly name: string;
  readonly mediaType: string;
  /** Bytes of the file itself. */
  readonly bytes: number;
  readonly chunks: number;
}

/** Fetches one encrypted chunk, of at most so many bytes. */
export interface FetchByLink {
  fetchByLink(link: FileLink, bytesMax: number, options?: CallOptions): Promise<Uint8Array>;
}

/** Asks for hashes and links from a chunk on. */
export type AskChunks = (from: number) => Promise<FileChunks>;

const parallelDefault = 3;

/**
 * Opens the file that a reference names. The hashes must give the reference's root, whoever has handed them over; after that neither the
 * member nor the owner nor the store can pass off another chunk. Throws `ClientProblem`, also out of the iteration.
 */
export async function openFile(
  calls: FetchByLink,
  value: string,
  ask: AskChunks,
  first: FileChunks,
  options: ReadFileOptions,
): Promise<OpenedFile> {
  const reference = readReference(value);
  const { hashes } = first;
  if (fileRoot(hashes, nobleCrypto) !== reference.file)
    throw wrongAnswer("the hashes of the chunks do not give the root of the file", "分块哈希与文件的根不符");
  const reading: Reading = { reference, hashes, calls, links: linkBook(ask, first), options };
  return {
    file: reference.file,
    name: reference.name,
    mediaType: reference.mediaType,
    bytes: reference.size - hashes.length * 16,
    chunks: hashes.length,
    [Symbol.asyncIterator]: () => chunksOf(reading),
  };
}

/** Throws `ClientProblem` `file-reference-malformed`. */
export function readReference(value: string): FileReference {
  const reference = parseFileReference(value);
  if (!("refused" in reference)) return reference;
  throw new ClientProblem({ code: "file-reference-malformed", status: 0, detail: reference.detail.en, detailZh: reference.detail.zh });
}

interface Reading {
  readonly reference: FileReference;
  readonly hashes: readonly string[];
  readonly calls: FetchByLink;
  readonly links: LinkBook;
  readonly options: ReadFileOptions;
}

async function* chunksOf(reading: Reading): AsyncGenerator<Uint8Array, void, undefined> {
  const { reference, hashes, options } = reading;
  const cipher = await chunkCipher(reference.key, hashes.length);
  const ahead: Promise<Uint8Array>[] = [];
  let next = 0;
  const fetchOn = (): void => {
    while (next < hashes.length && ahead.length < (options.parallel ?? parallelDefault)) {
      const chunk = readChunk(reading, cipher, next++);
      // Who waits for it is told; one that fails after its reader has left is nobody's to hear.
      chunk.catch(() => undefined);
      ahead.push(chunk);
    }
  };
  for (fetchOn(); ahead.length > 0; ) {
    const chunk = await ahead.shift();
    fetchOn();
    if (chunk !== undefined) yield chunk;
  }
}

/** One chunk: fetched, compared with its hash, then opened. */
async function readChunk(reading: Reading, cipher: ChunkCipher, index: number): Promise<Uint8Array> {
  const sealed = await fetchChunk(reading, index);
  if ((await sha256Hex(sealed)) !== reading.hashes[index]) {
    throw new ClientProblem({
      code: "chunk-does-not-match",
      status: 0,
      detail: `chunk ${index} is not the one that stands under the root on the ledger; it was not opened`,
      detailZh: `分块 ${index} 与链上的根不符，未予打开`,
    });
  }
  const plain = await cipher.open(index, sealed);
  if (plain !== undefined) return plain;
  throw new ClientProblem({
    code: "chunk-does-not-open",
    status: 0,
    detail: `chunk ${index} does not open with the key of the reference`,
    detailZh: `分块 ${index} 无法用引用中的密钥打开`,
  });
}

/** A link that has run out is asked for once more. */
async function fetchChunk({ reference, calls, links, options }: Reading, index: number): Promise<Uint8Array> {
  const { length } = chunkPlace(reference.size, index);
  const given = options.signal === undefined ? {} : { signal: options.signal };
  const link = await links.linkTo(index);
  try {
    return await calls.fetchByLink(link, length, given);
  } catch (error) {
    if (!(error instanceof ClientProblem) || error.status !== 403) throw error;
    return calls.fetchByLink(await links.renew(index, link), length, given);
  }
}

interface LinkBook {
  linkTo(chunk: number): Promise<FileLink>;
  renew(chunk: number, stale: FileLink): Promise<FileLink>;
}

/** Links as they are needed: one question at a time, each for the stretch that follows. */
function linkBook(ask: AskChunks, first: FileChunks): LinkBook {
  const known = new Map(first.links.map((link) => [link.chunk, link]));
  let asking: Promise<unknown> = Promise.resolve();
  const learn = async (chunk: number, stale: FileLink | undefined): Promise<void> => {
    const held = known.get(chunk);
    if (held !== undefined && held !== stale) return;
    for (const link of (await ask(chunk)).links) known.set(link.chunk, link);
  };
  const find = async (chunk: number, stale: FileLink | undefined): Promise<FileLink> => {
    const turn = asking.then(
      () => learn(chunk, stale),
      () => learn(chunk, stale),
    );
    asking = turn;
    await turn;
    const link = known.get(chunk);
    if (link === undefined || link === stale) throw wrongAnswer(`no link to chunk ${chunk} was given`, `没有得到分块 ${chunk} 的链接`);
    return link;
  };
  return {
    linkTo: async (chunk) => known.get(chunk) ?? find(chunk, undefined),
    renew: (chunk, stale) => find(chunk, stale),
  };
}

function wrongAnswer(detail: string, detailZh: string): ClientProblem {
  return new ClientProblem({ code: "file-answer-wrong", status: 0, detail, detailZh });
}
