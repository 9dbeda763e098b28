import { setTimeout as sleep } from "node:timers/promises";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  type Part,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { chunkPlace } from "@vermilion/certificates";
import { fromHex, toBase64 } from "@vermilion/ledger";
import { Fault } from "@vermilion/member/fault";
import type { Clock, FilePlan, Files } from "@vermilion/member/ports/index";
import { checkFilePlan, checkHash } from "@vermilion/member/ports/limits";

export interface S3FilesOptions {
  readonly client: S3Client;
  readonly bucket: string;
  readonly clock: Pick<Clock, "now">;
}

/**
 * API Gateway and Lambda carry at most 6 MB a call, of which base64 takes a third: 4 MiB are left for a chunk. Longer ones go by links.
 */
const apiChunkBytesMax = 4 * 1024 * 1024;
const conflictsMax = 10;
/** S3 lists at most 1,000 parts at once, and a file has at most 641. */
const checksumHeader = "x-amz-checksum-sha256";

interface Stored extends FilePlan {
  readonly uploadId: string;
}

/** An upload or a file as S3 knows it. `parts` are those whose length and SHA-256 are the plan's. */
interface Found extends Stored {
  readonly complete: boolean;
  readonly parts: ReadonlyMap<number, Part>;
}

/**
 * `Files` in S3: `files/<root>/data` is a multipart object whose parts are the chunks, `files/<root>/plan.json` names its upload, and
 * `uploads/<app>/<root>` marks an open one. S3 itself checks each part against the SHA-256 that is signed into its link. A lifecycle rule
 * may end an upload that nobody goes on with: then it is unknown here, and is begun anew.
 */
export function s3Files({ client, bucket, clock }: S3FilesOptions): Files {
  const planKey = (file: string) => `files/${file}/plan.json`;
  const dataKey = (file: string) => `files/${file}/data`;
  const markKey = (app: string, file: string) => `uploads/${app}/${file}`;
  const data = (file: string) => ({ Bucket: bucket, Key: dataKey(file) });

  async function planOf(file: string): Promise<{ readonly stored: Stored; readonly etag: string | undefined } | undefined> {
    checkHash(file);
    const object = await unlessGone(client.send(new GetObjectCommand({ Bucket: bucket, Key: planKey(file) })), "read", file);
    const text = await object?.Body?.transformToString("utf-8");
    return text === undefined ? undefined : { stored: JSON.parse(text) as Stored, etag: object?.ETag };
  }

  async function isComplete({ file, size }: FilePlan): Promise<boolean> {
    return (await unlessGone(client.send(new HeadObjectCommand(data(file))), "look at", file))?.ContentLength === size;
  }

  /** Undefined where there is no plan, or its upload is gone and has left no file. */
  async function find(file: string): Promise<Found | undefined> {
    const stored = (await planOf(file))?.stored;
    return stored === undefined ? undefined : withParts(stored);
  }

  async function withParts(stored: Stored): Promise<Found | undefined> {
    const { file, uploadId } = stored;
    if (await isComplete(stored)) return { ...stored, complete: true, parts: new Map() };
    const listed = await unlessGone(client.send(new ListPartsCommand({ ...data(file), UploadId: uploadId })), "list", file);
    if (listed !== undefined) return { ...stored, complete: false, parts: partsOfPlan(stored, listed.Parts ?? []) };
    // Completed between the two questions, or ended by the lifecycle rule.
    return (await isComplete(stored)) ? { ...stored, complete: true, parts: new Map() } : undefined;
  }

  const remove = (key: string) => attempt(client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key })), "delete", key);

  const signed = (until: number) => {
    const now = clock.now();
    return { expiresIn: Math.max(1, Math.floor((until - now) / 1000)), signingDate: new Date(now) };
  };

  return {
    apiChunkBytesMax,
    hasLinks: true,

    async state(file) {
      const found = await find(file);
      if (found === undefined) return undefined;
      const { uploadId: _uploadId, parts, complete, ...plan } = found;
      const present = complete ? plan.chunks.map((_, index) => index) : [...parts.keys()].sort((one, other) => one - other);
      return { ...plan, complete, present };
    },

    async begin(plan) {
      checkFilePlan(plan);
      const { file } = plan;
      const known = await planOf(file);
      if (known !== undefined && (await withParts(known.stored)) !== undefined) return;
      // The mark first: an upload that is not counted must not exist.
      await attempt(client.send(new PutObjectCommand({ Bucket: bucket, Key: markKey(plan.app, file), Body: "open" })), "mark", file);
      const create = new CreateMultipartUploadCommand({
        ...data(file),
        ChecksumAlgorithm: "SHA256",
        ContentType: "application/octet-stream",
      });
      const { UploadId: uploadId } = await attempt(client.send(create), "begin", file);
      if (uploadId === undefined) throw new Fault("storage-failed", `S3: no upload id for ${file}`);
      const condition = known?.etag === undefined ? { IfNoneMatch: "*" } : { IfMatch: known.etag };
      const body = JSON.stringify({ ...plan, uploadId } satisfies Stored);
      const put = () =>
        new PutObjectCommand({ Bucket: bucket, Key: planKey(file), Body: body, ContentType: "application/json", ...condition });
      if ((await putIf(client, put, file)) === "lost") {
        // Another one has begun the same file at the same moment: his upload is the one that counts.
        await unlessGone(client.send(new AbortMultipartUploadCommand({ ...data(file), UploadId: uploadId })), "end", file);
      }
    },

    async openUploads(app) {
      const list = new ListObjectsV2Command({ Bucket: bucket, Prefix: markKey(app, "") });
      const { Contents = [] } = await attempt(client.send(list), "list", app);
      const files = Contents.flatMap(({ Key = "" }) => Key.slice(markKey(app, "").length));
      // A mark outlives its upload where a process died between the two; then it counts for nothing.
      const found = await Promise.all(files.map(find));
      return found.filter((upload) => upload?.complete === false).length;
    },

    async writeChunk(file, index, bytes) {
      const found = await find(file);
      if (found === undefined) return "unknown-upload";
      if (found.complete || found.parts.has(index)) return "written";
      const checksum = checksumOf(found, index);
      const part = { ...data(file), UploadId: found.uploadId, PartNumber: index + 1, ChecksumSHA256: checksum };
      const sent = await unlessGone(client.send(new UploadPartCommand({ ...part, Body: bytes })), "write to", file);
      return sent === undefined && !(await isComplete(found)) ? "unknown-upload" : "written";
    },

    async sendLinks(file, indexes, until) {
      const stored = (await planOf(file))?.stored;
      if (stored === undefined) return undefined;
      // As a header, and not in the address, S3 compares the checksum with what comes.
      const options = { ...signed(until), unhoistableHeaders: new Set([checksumHeader]) };
      const links = indexes.map(async (index) => {
        const checksum = checksumOf(stored, index);
        const part = { ...data(file), UploadId: stored.uploadId, PartNumber: index + 1, ChecksumSHA256: checksum };
        const url = await getSignedUrl(client, new UploadPartCommand(part), options);
        return { url, headers: { [checksumHeader]: checksum } };
      });
      return attempt(Promise.all(links), "sign for", file);
    },

    async complete(file) {
      const found = await find(file);
      if (found === undefined) return "unknown-upload";
      const missing = found.complete ? [] : found.chunks.map((_, index) => index).filter((index) => !found.parts.has(index));
      if (missing.length > 0) return { missing };
      if (!found.complete) {
        const Parts = found.chunks.map((_, index) => {
          const { ETag, ChecksumSHA256 } = found.parts.get(index) ?? {};
          return { PartNumber: index + 1, ETag, ChecksumSHA256 };
        });
        const command = new CompleteMultipartUploadCommand({ ...data(file), UploadId: found.uploadId, MultipartUpload: { Parts } });
        // An upload that is gone was completed by a call whose answer was lost, or by somebody else.
        const done = await unlessGone(client.send(command), "complete", file);
        if (done === undefined && !(await isComplete(found))) return "unknown-upload";
      }
      await remove(markKey(found.app, file));
      return "complete";
    },

    async abandon(file) {
      const stored = (await planOf(file))?.stored;
      if (stored === undefined) return;
      await unlessGone(client.send(new AbortMultipartUploadCommand({ ...data(file), UploadId: stored.uploadId })), "end", file);
      // The plan last: while it is there, the call can be made again.
      for (const key of [dataKey(file), markKey(stored.app, file), planKey(file)]) await remove(key);
    },

    async readChunk(file, index) {
      const stored = (await planOf(file))?.stored;
      if (stored === undefined || index >= stored.chunks.length) return undefined;
      const command = new GetObjectCommand({ ...data(file), Range: rangeOf(stored, index) });
      return unlessGone(
        client.send(command).then(({ Body }) => Body?.transformToByteArray()),
        "read",
        file,
      );
    },

    async readLinks(file, indexes, until) {
      const stored = (await planOf(file))?.stored;
      if (stored === undefined) return undefined;
      const links = indexes.map(async (index) => {
        const range = rangeOf(stored, index);
        return {
          url: await getSignedUrl(client, new GetObjectCommand({ ...data(file), Range: range }), signed(until)),
          headers: { range },
        };
      });
      return attempt(Promise.all(links), "sign for", file);
    },
  };
}

/** base64, as S3 has it. */
function checksumOf({ chunks }: FilePlan, index: number): string {
  const bytes = fromHex(chunks[index] ?? "");
  if (bytes?.length !== 32) throw new Error(`bug: the plan has no chunk ${index}`);
  return toBase64(bytes);
}

function rangeOf({ size }: FilePlan, index: number): string {
  const { start, length } = chunkPlace(size, index);
  return `bytes=${start}-${start + length - 1}`;
}

/** What was sent with another length, or without its checksum, is as if it were not there; it is sent again over itself. */
function partsOfPlan(plan: FilePlan, parts: readonly Part[]): ReadonlyMap<number, Part> {
  const right = parts.flatMap((part): [number, Part][] => {
    const index = (part.PartNumber ?? 0) - 1;
    if (plan.chunks[index] === undefined) return [];
    const fits = part.Size === chunkPlace(plan.size, index).length && part.ChecksumSHA256 === checksumOf(plan, index);
    return fits ? [[index, part]] : [];
  });
  return new Map(right);
}

/** 412: somebody else was first. 409 says that another write was under way, and one asks again. */
async function putIf(client: S3Client, command: () => PutObjectCommand, file: string): Promise<"put" | "lost"> {
  for (let conflicts = 0; ; conflicts++) {
    try {
      await client.send(command());
      return "put";
    } catch (error) {
      const status = statusOf(error);
      if (status === 412) return "lost";
      if (status !== 409 || conflicts === conflictsMax) throw failed("begin", file, error);
      await sleep(Math.random() * 20 * (conflicts + 1));
    }
  }
}

/** The answer; undefined where the object or the upload is not there. */
async function unlessGone<T>(answer: Promise<T>, what: string, file: string): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw failed(what, file, error);
  }
}

async function attempt<T>(answer: Promise<T>, what: string, file: string): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw failed(what, file, error);
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

function failed(what: string, file: string, error: unknown): Fault {
  return new Fault("storage-failed", `S3: cannot ${what} ${file}`, error);
}
