import { chunkPlace, chunksOfSize, fileChunkBytes, fileChunksMax, fileRoot, fileSizeMax, isMediaType } from "@vermilion/certificates";
import { type FileRow, operationCall, stateKeys } from "@vermilion/contracts";
import { type ParsedEntry, toHex } from "@vermilion/ledger";
import type { Draft } from "@vermilion/node/chain/sign-entry";
import type { Context } from "../context.ts";
import { idSource } from "../entries/id-source.ts";
import { submit } from "../entries/submit.ts";
import type { FileRegistration } from "../ports/file-registration.ts";
import type { FilePlan, FileState } from "../ports/index.ts";
import type { Caller, FileChunks, FileUpload, Refused, Submitted, WriteOptions } from "../services.ts";
import { readRow } from "../state/reader.ts";
import { fileChunks, fileLinkLifeMs, fileLinksMax, openToken } from "./file-links.ts";

/** Uploads that one app may have open; the next one waits for one of them to be completed or abandoned. */
export const openUploadsMax = 8;

/** Opens an upload or finds it as it is: who was cut off asks again, with the same plan, and sends what is missing. */
export async function beginFile(
  context: Context,
  file: string,
  input: { readonly size: number; readonly chunks: readonly string[] },
  caller: Caller,
): Promise<FileUpload | Refused> {
  const plan: FilePlan = { file, size: input.size, chunks: input.chunks, app: caller.app, begunAt: context.clock.now() };
  const wrong = checkPlan(context, plan);
  if (wrong !== undefined) return wrong;
  const row = await readRow(context, stateKeys.file(file));
  if (row !== undefined && row.owner !== context.member) return ofAnother(row);
  let state = await context.files.state(file);
  if (state === undefined) {
    if ((await context.files.openUploads(caller.app)) >= openUploadsMax) return tooManyUploads();
    const begun = await context.files.begin(plan);
    // Others of the app may have begun since it was counted, each seeing room for one. Who finds too many takes his own back.
    if (begun === "begun" && (await context.files.openUploads(caller.app)) > openUploadsMax) {
      await context.files.abandon(file, undefined);
      return tooManyUploads();
    }
    state = await context.files.state(file);
  }
  if (state === undefined) return unknownUpload(file);
  // What is on the ledger may be asked for by every app of the member; what is on its way is of the app that sends it.
  if (row === undefined && state.app !== caller.app) return ofAnotherApp();
  return uploadOf(context, state, row !== undefined);
}

function tooManyUploads(): Refused {
  return { refused: "too-many-uploads", detail: `${openUploadsMax} uploads of this app are open; complete or abandon one` };
}

function checkPlan(context: Context, { file, size, chunks }: FilePlan): Refused | undefined {
  if (size > fileSizeMax) return { refused: "file-too-large", detail: `at most ${fileSizeMax} encrypted bytes in ${fileChunksMax} chunks` };
  if (chunksOfSize(size) !== chunks.length)
    return { refused: "file-size-does-not-match", detail: `${size} bytes are not ${chunks.length} chunks of ${fileChunkBytes}` };
  if (fileRoot(chunks, context.crypto) !== file)
    return { refused: "file-root-does-not-match", detail: "the file is named by the root over the hashes of its chunks" };
  return undefined;
}

async function uploadOf(context: Context, state: FileState, registered: boolean): Promise<FileUpload> {
  const present = new Set(state.present);
  const missing = state.chunks.map((_, chunk) => chunk).filter((chunk) => !present.has(chunk));
  const until = context.clock.now() + fileLinkLifeMs;
  const first = missing.slice(0, fileLinksMax);
  const isLong = (chunk: number) => chunkPlace(state.size, chunk).length > context.files.apiChunkBytesMax;
  const long = first.filter(isLong);
  const links = long.length === 0 ? undefined : await context.files.sendLinks(state.file, long, until);
  const sends = first.map((chunk): FileUpload["sends"][number] => {
    const link = isLong(chunk) ? links?.[long.indexOf(chunk)] : undefined;
    return link === undefined ? { through: "api", chunk } : { through: "link", chunk, until, ...link };
  });
  return { file: state.file, complete: state.complete, registered, missing, sends };
}

/** A chunk through the API. Nothing is kept of one that is not exactly the one that the upload names. */
export async function sendChunk(
  context: Context,
  file: string,
  chunk: number,
  bytes: Uint8Array,
  caller: Pick<Caller, "app">,
): Promise<{ readonly file: string; readonly chunk: number } | Refused> {
  const state = await context.files.state(file);
  if (state === undefined) return unknownUpload(file);
  if (state.app !== caller.app) return ofAnotherApp();
  const hash = state.chunks[chunk];
  if (hash === undefined) return { refused: "unknown-chunk", detail: `the file has ${state.chunks.length} chunks` };
  const { length } = chunkPlace(state.size, chunk);
  if (bytes.length !== length) return { refused: "chunk-size-does-not-match", detail: `chunk ${chunk} has ${length} bytes` };
  if (length > context.files.apiChunkBytesMax)
    return { refused: "chunk-not-through-api", detail: `chunks above ${context.files.apiChunkBytesMax} bytes are sent by their link` };
  if (toHex(context.crypto.sha256(bytes)) !== hash)
    return { refused: "chunk-does-not-match", detail: `chunk ${chunk} is not the one of its hash` };
  const written = await context.files.writeChunk(file, chunk, bytes);
  return written === "written" ? { file, chunk } : unknownUpload(file);
}

/** All chunks are here; then the file comes onto the ledger. May be called again: what is complete stays so, and the key names the entry. */
export async function completeFile(
  context: Context,
  file: string,
  input: { readonly mediaType: string; readonly plain: string },
  caller: Caller,
  options: WriteOptions,
): Promise<(Submitted & { readonly file: string }) | Refused> {
  if (!isMediaType(input.mediaType)) return { refused: "file-name-not-usable", detail: "a media type is type/subtype in lower case" };
  const begun = await context.files.state(file);
  if (begun !== undefined && begun.app !== caller.app) return ofAnotherApp();
  const completed = await context.files.complete(file);
  if (completed === "unknown-upload") return unknownUpload(file);
  if (completed !== "complete")
    return { refused: "chunks-missing", detail: `missing: ${completed.missing.slice(0, 10).join(", ")} (${completed.missing.length})` };
  const state = await context.files.state(file);
  if (state === undefined) return unknownUpload(file);
  const operation = operationCall("files.register", {
    version: 1,
    file,
    hashAlgorithm: "sha256",
    dataType: input.mediaType,
    size: state.size,
    chunks: state.chunks.length,
    chunkBytes: fileChunkBytes,
    plain: input.plain,
  });
  const draft: Draft = { operations: [operation], beforeProposal: (entry) => noteRegistration(context, file, entry) };
  const submitted = await submit(context, draft, idSource(caller, options), options);
  return "refused" in submitted ? submitted : { ...submitted, file };
}

/** From here on the chunks stay until the entry is decided: the caller may hear of it late or never, and it still commits. */
async function noteRegistration(context: Context, file: string, { transactionHash, payload }: ParsedEntry): Promise<Refused | undefined> {
  const noted = await context.files.register(file, { transaction: transactionHash, until: payload.until });
  return noted === "noted" ? undefined : unknownUpload(file);
}

/** Forgets what was sent of a file that nothing on the ledger names, and no entry on its way either. */
export async function abandonFile(context: Context, file: string, caller: Caller): Promise<{ readonly file: string } | Refused> {
  const state = await context.files.state(file);
  if (state === undefined) return unknownUpload(file);
  if (state.app !== caller.app) return ofAnotherApp();
  const undecided: Refused = { refused: "file-being-registered", detail: "an entry with this file is on its way to the ledger" };
  if (!(await isDecided(context, state.registration))) return undecided;
  // After the entry was found decided: what it has put on the ledger is seen here.
  if ((await readRow(context, stateKeys.file(file))) !== undefined) return { refused: "file-exists", detail: "the file is on the ledger" };
  return (await context.files.abandon(file, state.registration)) === "abandoned" ? { file } : undecided;
}

/**
 * Whether nothing of it can still come onto the ledger. The chain's own time says what has expired and no clock does: blocks that are
 * committed and not yet here may be old.
 */
async function isDecided(context: Context, registration: FileRegistration | undefined): Promise<boolean> {
  if (registration === undefined) return true;
  const { until, transaction } = registration;
  if (transaction !== null && (await context.ledger.entryPlace(transaction)) !== undefined) return true;
  return ((await context.ledger.published())?.time ?? 0) >= until;
}

export async function file(context: Context, root: string): Promise<FileRow | Refused> {
  return (await readRow(context, stateKeys.file(root))) ?? { refused: "unknown-file", detail: root };
}

/** This member's own file, for its apps. The key is in the certificate that names it, or where it was sent from. */
export async function ownFile(context: Context, root: string, from: number, caller: Caller): Promise<FileChunks | Refused> {
  const row = await readRow(context, stateKeys.file(root));
  if (row === undefined) return { refused: "unknown-file", detail: root };
  if (row.owner !== context.member) return ofAnother(row);
  const chunks = await fileChunks(context, root, from);
  if (!("refused" in chunks)) context.log.info("own-file-read", { file: root, from, ...caller });
  return chunks;
}

/** What a link of this member's API gives; for anybody who holds it, as long as it lives. */
export async function fileChunk(context: Context, token: string): Promise<Uint8Array | Refused> {
  const invalid: Refused = { refused: "file-link-invalid", detail: "" };
  const place = context.files.hasLinks ? undefined : await openToken(context, token);
  if (place === undefined) return invalid;
  return (await context.files.readChunk(place.file, place.chunk)) ?? invalid;
}

function unknownUpload(root: string): Refused {
  return { refused: "unknown-upload", detail: root };
}

function ofAnotherApp(): Refused {
  return { refused: "unknown-upload", detail: "the upload was begun by another app" };
}

function ofAnother(row: FileRow): Refused {
  return { refused: "file-of-another-member", detail: `the file is registered by ${row.owner}` };
}
