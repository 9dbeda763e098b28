import { sha256 } from "@noble/hashes/sha2.js";
import {
  type FileReference,
  fileBytesMax,
  fileKeyBytes,
  fileLayout,
  filePlainChunkBytes,
  fileRoot,
  formatFileReference,
  isFileName,
  isMediaType,
} from "@vermilion/certificates";
import { fromBase64url, toBase64url, toHex } from "@vermilion/ledger";
import type { Result } from "@vermilion/protocol";
import type { FileLink, FileUpload } from "./answers.ts";
import type { Calls } from "./calls.ts";
import { type ChunkCipher, chunkCipher, sha256Hex } from "./file-chunks.ts";
import { eachOf, type FileSource, readSource } from "./file-source.ts";
import { nobleCrypto } from "./noble-crypto.ts";
import type { CallOptions } from "./options.ts";
import { ClientProblem } from "./problem.ts";

/**
 * All that is needed to go on with an upload after an interruption, as plain JSON. It holds the key of the file: keep it as secret as the
 * file itself, and drop it once the file is on the ledger.
 */
export interface UploadState {
  readonly version: 1;
  readonly name: string;
  readonly mediaType: string;
  /** Bytes of the file before its encryption. */
  readonly bytes: number;
  /** base64url. */
  readonly key: string;
  readonly file: string;
  /** SHA-256 of the file before its encryption, hex. */
  readonly plain: string;
  readonly chunks: readonly string[];
}

export interface FileProgress {
  /** First every chunk is encrypted and hashed here, then every one is encrypted again and sent. */
  readonly phase: "hashing" | "sending";
  /** Of `chunks`. */
  readonly done: number;
  readonly chunks: number;
}

export interface PutFileOptions extends CallOptions {
  /** As readers save it: no path. */
  readonly name: string;
  /** `type/subtype`, lower case. Stands on the ledger, for all members to see. */
  readonly mediaType: string;
  /** What `onState` was given, where an upload of the same file is to go on. */
  readonly resume?: UploadState;
  /** Told once, before anything is sent. What it answers is waited for, so that the state is kept before it is needed. */
  readonly onState?: (state: UploadState) => unknown;
  readonly onProgress?: (progress: FileProgress) => void;
  /** Chunks in memory and on their way at one time; 3 where absent. */
  readonly parallel?: number;
}

/** A file that is at its member and on the ledger. */
export interface StoredFile extends Result<"submission"> {
  /** For a field of format `file`. It holds the key of the file. */
  readonly value: string;
  readonly file: string;
  /** Bytes of the encrypted file. */
  readonly size: number;
  readonly chunks: number;
}

export interface FileCalls extends Pick<Calls, "beginFile" | "sendChunk" | "completeFile" | "file"> {
  sendByLink(link: FileLink, bytes: Uint8Array, options?: CallOptions): Promise<Uint8Array>;
}

const parallelDefault = 3;
/** Rounds of asking what is missing that may pass without any of it becoming less. */
const idleRoundsMax = 3;

/**
 * Encrypts a file here and sends it to the app's member, which puts it on the ledger. At no time more than `parallel` chunks are in memory.
 * Throws `ClientProblem`; what was sent stays, and the same call with `resume` goes on from there.
 */
export async function putFile(calls: FileCalls, source: FileSource, options: PutFileOptions): Promise<StoredFile> {
  const state = options.resume === undefined ? await prepare(source, options) : await checkResumed(options.resume, source, options);
  await options.onState?.(state);
  const { size, chunks } = fileLayout(state.bytes);
  const key = keyOf(state);
  const registered = await sendMissing(calls, source, { state, size, cipher: await chunkCipher(key, chunks) }, options);
  const submitted = registered ? await submittedOf(calls, state.file, options) : await register(calls, state, size, options);
  const reference: FileReference = { file: state.file, size, mediaType: state.mediaType, key, name: state.name };
  return { ...submitted, value: formatFileReference(reference), file: state.file, size, chunks };
}

/** Draws the key of this one file and hashes what it encrypts to. Nothing is sent of it yet. */
async function prepare(source: FileSource, options: PutFileOptions): Promise<UploadState> {
  const { name, mediaType } = options;
  if (!isFileName(name) || !isMediaType(mediaType)) {
    const detail = "a file has a name without a path, and a media type of the form type/subtype in lower case";
    throw new ClientProblem({
      code: "file-name-not-usable",
      status: 0,
      detail,
      detailZh: "文件名不得含路径，媒体类型应为小写的 type/subtype",
    });
  }
  if (source.size > fileBytesMax)
    throw new ClientProblem({ code: "file-too-large", status: 0, detail: "a file has at most 5 GiB", detailZh: "文件不得超过5 GiB" });
  const key = crypto.getRandomValues(new Uint8Array(fileKeyBytes));
  const { chunks, plain } = await hashesOf(source, key, options);
  const file = fileRoot(chunks, nobleCrypto) ?? "";
  return { version: 1, name, mediaType, bytes: source.size, key: toBase64url(key), file, plain, chunks };
}

/** SHA-256 (hex) of each chunk that the file encrypts to under its key, and of the file as it is. */
async function hashesOf(
  source: FileSource,
  key: Uint8Array,
  options: PutFileOptions,
): Promise<{ readonly chunks: readonly string[]; readonly plain: string }> {
  const { parallel, onProgress, signal } = options;
  const { chunks: count } = fileLayout(source.size);
  const cipher = await chunkCipher(key, count);
  const chunks: string[] = [];
  const whole = sha256.create();
  let done = 0;
  // Chunks are begun in their order, and read one after the other: the hash of the whole takes them so.
  let reading: Promise<unknown> = Promise.resolve();
  await eachOf(count, parallel ?? parallelDefault, async (index) => {
    signal?.throwIfAborted();
    const read = reading.then(() => plainChunk(source, source.size, index));
    reading = read.then((plain) => whole.update(plain));
    reading.catch(() => undefined);
    chunks[index] = await sha256Hex(await cipher.seal(index, await read));
    onProgress?.({ phase: "hashing", done: ++done, chunks: count });
  });
  await reading;
  return { chunks, plain: toHex(whole.digest()) };
}

/** All of the file is read again: what was sent already is of the file as it was, and would stand on the ledger as if it were of this one. */
async function checkResumed(state: UploadState, source: FileSource, options: PutFileOptions): Promise<UploadState> {
  const fits = state.version === 1 && state.bytes === source.size && fileRoot(state.chunks, nobleCrypto) === state.file;
  if (!fits) throw sourceChanged("the saved state is not of this file", "保存的状态不属于此文件");
  const { chunks, plain } = await hashesOf(source, keyOf(state), options);
  if (plain !== state.plain || chunks.some((hash, at) => hash !== state.chunks[at]))
    throw sourceChanged("the file has changed since its upload began", "上传开始后文件内容已改变");
  return state;
}

function keyOf({ key }: UploadState): Uint8Array {
  const bytes = fromBase64url(key);
  if (bytes?.length === fileKeyBytes) return bytes;
  throw sourceChanged("the saved state is damaged", "保存的状态已损坏");
}

async function sealedChunk(source: FileSource, bytes: number, index: number, cipher: ChunkCipher): Promise<Uint8Array> {
  return cipher.seal(index, await plainChunk(source, bytes, index));
}

async function plainChunk(source: FileSource, bytes: number, index: number): Promise<Uint8Array> {
  const start = index * filePlainChunkBytes;
  const end = Math.min(bytes, start + filePlainChunkBytes);
  const plain = await readSource(source, start, end);
  if (plain.length !== end - start) throw sourceChanged("the file has become shorter", "文件已变短");
  return plain;
}

interface Sending {
  readonly state: UploadState;
  readonly size: number;
  readonly cipher: ChunkCipher;
}

/** Sends what the member says is missing, round by round; true where the file is on the ledger already. */
async function sendMissing(calls: FileCalls, source: FileSource, sending: Sending, options: PutFileOptions): Promise<boolean> {
  const { state, size } = sending;
  const { signal, onProgress } = options;
  const plan = { size, chunks: state.chunks };
  let least = Number.POSITIVE_INFINITY;
  for (let idle = 0; idle < idleRoundsMax; ) {
    const upload = await calls.beginFile({ file: state.file, ...plan }, signalOf(signal));
    const left = upload.missing.length;
    if (upload.registered || left === 0) return upload.registered;
    idle = left < least ? 0 : idle + 1;
    least = Math.min(least, left);
    let done = state.chunks.length - left;
    let stale = false;
    await eachOf(upload.sends.length, options.parallel ?? parallelDefault, async (at) => {
      const send = upload.sends[at];
      if (send === undefined) return;
      signal?.throwIfAborted();
      const sent = await sendOne(calls, source, sending, send, signal);
      if (sent) onProgress?.({ phase: "sending", done: ++done, chunks: state.chunks.length });
      else stale = true;
    });
    // The last window, all of it acknowledged: no need to ask again.
    if (!stale && left === upload.sends.length) return false;
  }
  throw new ClientProblem({
    code: "bad-answer",
    status: 0,
    detail: "the member goes on missing chunks that it has taken",
    detailZh: "成员反复报告缺少已接收的分块",
  });
}

/** False where the link has run out meanwhile: the next round brings a new one. */
async function sendOne(
  calls: FileCalls,
  source: FileSource,
  { state, cipher }: Sending,
  send: FileUpload["sends"][number],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const bytes = await sealedChunk(source, state.bytes, send.chunk, cipher);
  // Under one key a nonce may encrypt one text only: a chunk of a file that has changed must never leave this computer.
  if ((await sha256Hex(bytes)) !== state.chunks[send.chunk])
    throw sourceChanged("the file has changed since it was hashed", "文件内容已改变");
  if (send.through === "api") {
    await calls.sendChunk({ file: state.file, chunk: send.chunk, bytes }, signalOf(signal));
    return true;
  }
  try {
    await calls.sendByLink(send, bytes, signalOf(signal));
    return true;
  } catch (error) {
    if (error instanceof ClientProblem && error.status === 403) return false;
    throw error;
  }
}

/** A first attempt whose answer was lost, or whose process ended, has put the file there: then its entry is the answer. */
async function register(calls: FileCalls, state: UploadState, size: number, { signal }: PutFileOptions): Promise<Result<"submission">> {
  const { file, mediaType, plain, chunks } = state;
  try {
    return await calls.completeFile({ file, mediaType, plain }, signalOf(signal));
  } catch (error) {
    if (!(error instanceof ClientProblem) || error.code !== "file-exists") throw error;
    // Whoever sees an entry on its way can register its root first: then the member refuses the upload, and the file is not ours.
    await calls.beginFile({ file, size, chunks }, signalOf(signal));
    return submittedOf(calls, file, { signal });
  }
}

async function submittedOf(
  calls: FileCalls,
  file: string,
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<Result<"submission">> {
  const row = await calls.file({ file }, signalOf(signal));
  return { status: "committed", outcome: "applied", transactionHash: row.transaction, blockNumber: row.height, time: row.at };
}

function signalOf(signal: AbortSignal | undefined): CallOptions {
  return signal === undefined ? {} : { signal };
}

function sourceChanged(detail: string, detailZh: string): ClientProblem {
  return new ClientProblem({ code: "source-changed", status: 0, detail, detailZh });
}
