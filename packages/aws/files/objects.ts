import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListPartsCommand,
  type Part,
  type S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { chunkPlace } from "@vermilion/certificates";
import { fromHex, toBase64 } from "@vermilion/ledger";
import type { FileRegistration } from "@vermilion/member/ports/file-registration";
import type { FilePlan } from "@vermilion/member/ports/index";
import { Fault } from "@vermilion/node/fault";
import { checkHash } from "@vermilion/node/ports/limits";

/**
 * How a file of a chain lies in S3: `files/<chain>/<root>/data` is a multipart object whose parts are the chunks, `plan.json` beside it names
 * its upload, and `uploads/<chain>/<app>/<root>` marks an open one. A file that stands on two chains lies here twice: what one of them forgets
 * the other keeps.
 */
export interface FileBucket {
  readonly client: S3Client;
  readonly bucket: string;
  /** Chain id, hex. */
  readonly chain: string;
}

export const planKey = ({ chain }: FileBucket, file: string): string => `files/${chain}/${file}/plan.json`;
export const dataKey = ({ chain }: FileBucket, file: string): string => `files/${chain}/${file}/data`;
export const markKey = ({ chain }: FileBucket, app: string, file: string): string => `uploads/${chain}/${app}/${file}`;
export const dataOf = (at: FileBucket, file: string) => ({ Bucket: at.bucket, Key: dataKey(at, file) });

export interface StoredPlan extends FilePlan {
  readonly uploadId: string;
  readonly registration?: FileRegistration;
  /** Its objects are being deleted, this one last; there is no upload and no file any more. */
  readonly abandoned?: true;
}

/** An upload or a file as S3 knows it. `parts` are those whose length and SHA-256 are the plan's, by chunk number. */
export interface FoundFile extends StoredPlan {
  readonly complete: boolean;
  readonly parts: ReadonlyMap<number, Part>;
}

export interface ReadPlan {
  readonly stored: StoredPlan;
  readonly etag: string | undefined;
}

export async function readPlan(at: FileBucket, file: string): Promise<ReadPlan | undefined> {
  checkHash(file);
  const object = await unlessGone(at.client.send(new GetObjectCommand({ Bucket: at.bucket, Key: planKey(at, file) })), "read", file);
  const text = await object?.Body?.transformToString("utf-8");
  return text === undefined ? undefined : { stored: JSON.parse(text) as StoredPlan, etag: object?.ETag };
}

/** The plan of an upload or file that nobody has abandoned. */
export async function readOpenPlan(at: FileBucket, file: string): Promise<StoredPlan | undefined> {
  const stored = (await readPlan(at, file))?.stored;
  return stored?.abandoned === true ? undefined : stored;
}

/** Undefined where there is no plan, or its upload is gone and has left no file. */
export async function findFile(at: FileBucket, file: string): Promise<FoundFile | undefined> {
  const stored = await readOpenPlan(at, file);
  return stored === undefined ? undefined : findParts(at, stored);
}

/** S3 lists at most 1,000 parts at once; a file has at most 641. */
export async function findParts(at: FileBucket, stored: StoredPlan): Promise<FoundFile | undefined> {
  const { file, uploadId } = stored;
  const whole = { ...stored, complete: true, parts: new Map<number, Part>() };
  if (await isComplete(at, stored)) return whole;
  const command = new ListPartsCommand({ ...dataOf(at, file), UploadId: uploadId });
  const listed = await unlessGone(at.client.send(command), "list", file);
  if (listed !== undefined) return { ...stored, complete: false, parts: partsOfPlan(stored, listed.Parts ?? []) };
  // Completed between the two questions, or ended by the lifecycle rule.
  return (await isComplete(at, stored)) ? whole : undefined;
}

export async function isComplete(at: FileBucket, { file, size }: FilePlan): Promise<boolean> {
  const head = await unlessGone(at.client.send(new HeadObjectCommand(dataOf(at, file))), "look at", file);
  return head?.ContentLength === size;
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

/** base64, as S3 has it. */
export function checksumOf({ chunks }: FilePlan, index: number): string {
  const bytes = fromHex(chunks[index] ?? "");
  if (bytes?.length !== 32) throw new Error(`bug: the plan has no chunk ${index}`);
  return toBase64(bytes);
}

export async function remove({ client, bucket }: FileBucket, key: string): Promise<void> {
  await attempt(client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key })), "delete", key);
}

/** The answer; undefined where the object or the upload is not there. */
export async function unlessGone<T>(answer: Promise<T>, what: string, file: string): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw failed(what, file, error);
  }
}

export async function attempt<T>(answer: Promise<T>, what: string, file: string): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw failed(what, file, error);
  }
}

export function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

export function failed(what: string, file: string, error: unknown): Fault {
  return new Fault("storage-failed", `S3: cannot ${what} ${file}`, error);
}
