import { setTimeout as sleep } from "node:timers/promises";
import {
  type _Object,
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { chunkPlace } from "@vermilion/certificates";
import { type FileRegistration, registrationWith, sameRegistration } from "@vermilion/member/ports/file-registration";
import type { ChunkLink, FilePlan, FileState, Files } from "@vermilion/member/ports/index";
import { checkAppId, checkFilePlan } from "@vermilion/member/ports/limits";
import { Fault } from "@vermilion/node/fault";
import type { Clock } from "@vermilion/node/ports/index";
import {
  attempt,
  checksumOf,
  dataKey,
  dataOf,
  type FileBucket,
  failed,
  findFile,
  findParts,
  isComplete,
  markKey,
  planKey,
  type ReadPlan,
  readOpenPlan,
  readPlan,
  remove,
  type StoredPlan,
  statusOf,
  unlessGone,
} from "./objects.ts";

export interface S3FilesOptions extends FileBucket {
  readonly clock: Pick<Clock, "now">;
}

/** API Gateway and Lambda carry at most 6 MB a call, of which base64 takes a third: 4 MiB are left for a chunk. Longer ones go by links. */
const apiChunkBytesMax = 4 * 1024 * 1024;
const conflictsMax = 10;
/** Each mark is asked for on its own, a page of them at once. */
const marksPerPage = 50;
/** A mark without an upload is stale when it is a day old: no call lasts nearly so long. */
const markAgeMsMin = 86_400_000;
const checksumHeader = "x-amz-checksum-sha256";

/**
 * `Files` in S3. S3 itself checks each part against the SHA-256 that is signed into its link. A lifecycle rule may end an upload that nobody
 * goes on with: then it is unknown here, and is begun anew.
 */
export function s3Files(options: S3FilesOptions): Files {
  return {
    apiChunkBytesMax,
    hasLinks: true,
    state: (file) => stateOf(options, file),
    begin: (plan) => begin(options, plan),
    openUploads: (app) => openUploads(options, app),
    writeChunk: (file, index, bytes) => writeChunk(options, file, index, bytes),
    sendLinks: (file, indexes, until) => linksTo(options, file, indexes, (stored, index) => sendLink(options, stored, index, until)),
    complete: (file) => complete(options, file),
    register: (file, entry) => register(options, file, entry),
    abandon: (file, registration) => abandon(options, file, registration),
    readChunk: (file, index) => readChunk(options, file, index),
    readLinks: (file, indexes, until) => linksTo(options, file, indexes, (stored, index) => readLink(options, stored, index, until)),
  };
}

async function stateOf(at: FileBucket, file: string): Promise<FileState | undefined> {
  const found = await findFile(at, file);
  if (found === undefined) return undefined;
  const { uploadId: _uploadId, parts, ...state } = found;
  const present = state.complete ? state.chunks.map((_, index) => index) : [...parts.keys()].sort((one, other) => one - other);
  return { ...state, present };
}

async function begin(at: FileBucket, plan: FilePlan): ReturnType<Files["begin"]> {
  checkFilePlan(plan);
  const { client, bucket } = at;
  const { file } = plan;
  const known = await readPlan(at, file);
  if (known?.stored.abandoned === true) {
    // Whoever abandoned it was cut off.
    await removeObjects(at, known.stored);
    return begin(at, plan);
  }
  if (known !== undefined && (await findParts(at, known.stored)) !== undefined) return "known";
  // The mark first: an upload that is not counted must not exist.
  await attempt(client.send(new PutObjectCommand({ Bucket: bucket, Key: markKey(at, plan.app, file), Body: "open" })), "mark", file);
  const create = { ...dataOf(at, file), ChecksumAlgorithm: "SHA256", ContentType: "application/octet-stream" } as const;
  const { UploadId: uploadId } = await attempt(client.send(new CreateMultipartUploadCommand(create)), "begin", file);
  if (uploadId === undefined) throw new Fault("storage-failed", `S3: no upload id for ${file}`);
  if ((await putPlan(at, { ...plan, uploadId }, known)) === "put") return "begun";
  // Another one has begun the same file at the same moment: his upload is the one that counts.
  await unlessGone(client.send(new AbortMultipartUploadCommand({ ...dataOf(at, file), UploadId: uploadId })), "end", file);
  return "known";
}

/** Writes the plan over the one that was read, or where there was none. */
async function putPlan(at: FileBucket, stored: StoredPlan, read: ReadPlan | undefined): Promise<"put" | "lost"> {
  const condition = read?.etag === undefined ? { IfNoneMatch: "*" } : { IfMatch: read.etag };
  const put = { Bucket: at.bucket, Key: planKey(at, stored.file), Body: JSON.stringify(stored), ContentType: "application/json" };
  return putIf(at, { ...put, ...condition }, stored.file);
}

/** 412: somebody else was first. 409 says that another write was under way, and one asks again. */
async function putIf({ client }: FileBucket, input: PutObjectCommandInput, file: string): Promise<"put" | "lost"> {
  for (let conflicts = 0; ; conflicts++) {
    try {
      await client.send(new PutObjectCommand(input));
      return "put";
    } catch (error) {
      const status = statusOf(error);
      // 404: what was to be written over is gone.
      if (status === 412 || status === 404) return "lost";
      if (status !== 409 || conflicts === conflictsMax) throw failed("begin", file, error);
      await sleep(Math.random() * 20 * (conflicts + 1));
    }
  }
}

async function openUploads(options: S3FilesOptions, app: string): Promise<number> {
  checkAppId(app);
  let open = 0;
  let token: string | undefined;
  do {
    const input = {
      Bucket: options.bucket,
      Prefix: markKey(options, app, ""),
      MaxKeys: marksPerPage,
      ...(token && { ContinuationToken: token }),
    };
    const listed = await attempt(options.client.send(new ListObjectsV2Command(input)), "list", app);
    const counted = await Promise.all((listed.Contents ?? []).map((mark) => isOpen(options, app, mark)));
    open += counted.filter((each) => each).length;
    token = listed.NextContinuationToken;
  } while (token !== undefined);
  return open;
}

/**
 * A mark outlives its upload where a process died between the two, or the lifecycle rule has ended it: then it counts for nothing, and is
 * deleted. A young one is left, for its plan may be on its way.
 */
async function isOpen(options: S3FilesOptions, app: string, { Key = "", LastModified }: _Object): Promise<boolean> {
  const file = Key.slice(markKey(options, app, "").length);
  if ((await findFile(options, file))?.complete === false) return true;
  if (LastModified !== undefined && options.clock.now() - LastModified.getTime() > markAgeMsMin) await remove(options, Key);
  return false;
}

async function writeChunk(at: FileBucket, file: string, index: number, bytes: Uint8Array): Promise<"written" | "unknown-upload"> {
  const found = await findFile(at, file);
  if (found === undefined) return "unknown-upload";
  if (found.complete || found.parts.has(index)) return "written";
  const command = new UploadPartCommand({ ...partOf(at, found, index), Body: bytes });
  const sent = await unlessGone(at.client.send(command), "write to", file);
  return sent === undefined && !(await isComplete(at, found)) ? "unknown-upload" : "written";
}

async function complete(at: FileBucket, file: string): ReturnType<Files["complete"]> {
  const found = await findFile(at, file);
  if (found === undefined) return "unknown-upload";
  const missing = found.complete ? [] : found.chunks.map((_, index) => index).filter((index) => !found.parts.has(index));
  if (missing.length > 0) return { missing };
  if (!found.complete) {
    const Parts = found.chunks.map((_, index) => {
      const { ETag, ChecksumSHA256 } = found.parts.get(index) ?? {};
      return { PartNumber: index + 1, ETag, ChecksumSHA256 };
    });
    const input = { ...dataOf(at, file), UploadId: found.uploadId, MultipartUpload: { Parts } };
    const done = await unlessGone(at.client.send(new CompleteMultipartUploadCommand(input)), "complete", file);
    // An upload that is gone was completed by a call whose answer was lost, or by somebody else.
    if (done === undefined && !(await isComplete(at, found))) return "unknown-upload";
  }
  await remove(at, markKey(at, found.app, file));
  return "complete";
}

async function register(at: FileBucket, file: string, entry: FileRegistration): Promise<"noted" | "unknown-upload"> {
  for (let conflicts = 0; conflicts <= conflictsMax; conflicts++) {
    const read = await readPlan(at, file);
    if (read === undefined || read.stored.abandoned === true) return "unknown-upload";
    const { stored } = read;
    if ((await putPlan(at, { ...stored, registration: registrationWith(stored.registration, entry) }, read)) === "put") return "noted";
  }
  throw new Fault("storage-failed", `S3: the plan of ${file} is written by too many`);
}

/** The plan is marked before anything is deleted, on the condition that it is as it was read: so no entry is noted meanwhile. */
async function abandon(at: FileBucket, file: string, registration: FileRegistration | undefined): ReturnType<Files["abandon"]> {
  for (let conflicts = 0; conflicts <= conflictsMax; conflicts++) {
    const read = await readPlan(at, file);
    if (read === undefined) return "abandoned";
    if (read.stored.abandoned !== true) {
      if (!sameRegistration(read.stored.registration, registration)) return "registering";
      if ((await putPlan(at, { ...read.stored, abandoned: true }, read)) === "lost") continue;
    }
    await removeObjects(at, read.stored);
    return "abandoned";
  }
  throw new Fault("storage-failed", `S3: the plan of ${file} is written by too many`);
}

async function removeObjects(at: FileBucket, { file, app, uploadId }: StoredPlan): Promise<void> {
  await unlessGone(at.client.send(new AbortMultipartUploadCommand({ ...dataOf(at, file), UploadId: uploadId })), "end", file);
  // The plan last: while it is there, the call can be made again.
  for (const key of [dataKey(at, file), markKey(at, app, file), planKey(at, file)]) await remove(at, key);
}

async function readChunk(at: FileBucket, file: string, index: number): Promise<Uint8Array | undefined> {
  const stored = await readOpenPlan(at, file);
  if (stored === undefined || index >= stored.chunks.length) return undefined;
  const answer = at.client.send(new GetObjectCommand({ ...dataOf(at, file), Range: rangeOf(stored, index) }));
  return unlessGone(
    answer.then(({ Body }) => Body?.transformToByteArray()),
    "read",
    file,
  );
}

async function linksTo(
  at: FileBucket,
  file: string,
  indexes: readonly number[],
  link: (stored: StoredPlan, index: number) => Promise<ChunkLink>,
): Promise<readonly ChunkLink[] | undefined> {
  const stored = await readOpenPlan(at, file);
  if (stored === undefined) return undefined;
  return attempt(Promise.all(indexes.map((index) => link(stored, index))), "sign for", file);
}

async function sendLink(options: S3FilesOptions, stored: StoredPlan, index: number, until: number): Promise<ChunkLink> {
  // As a header, and not in the address, S3 compares the checksum with what comes.
  const signing = { ...signedUntil(options, until), unhoistableHeaders: new Set([checksumHeader]) };
  const url = await getSignedUrl(options.client, new UploadPartCommand(partOf(options, stored, index)), signing);
  return { url, headers: { [checksumHeader]: checksumOf(stored, index) } };
}

async function readLink(options: S3FilesOptions, stored: StoredPlan, index: number, until: number): Promise<ChunkLink> {
  const range = rangeOf(stored, index);
  const command = new GetObjectCommand({ ...dataOf(options, stored.file), Range: range });
  return { url: await getSignedUrl(options.client, command, signedUntil(options, until)), headers: { range } };
}

function signedUntil({ clock }: S3FilesOptions, until: number) {
  const now = clock.now();
  return { expiresIn: Math.max(1, Math.floor((until - now) / 1000)), signingDate: new Date(now) };
}

function partOf(at: FileBucket, stored: StoredPlan, index: number) {
  const { file, uploadId } = stored;
  return { ...dataOf(at, file), UploadId: uploadId, PartNumber: index + 1, ChecksumSHA256: checksumOf(stored, index) };
}

function rangeOf({ size }: FilePlan, index: number): string {
  const { start, length } = chunkPlace(size, index);
  return `bytes=${start}-${start + length - 1}`;
}
