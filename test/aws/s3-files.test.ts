import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { s3Files } from "@vermilion/aws/files/s3";
import { fromHex, toBase64 } from "@vermilion/ledger";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, expect, test } from "vitest";
import { testFile } from "../contracts/test-file.ts";

/** What S3 says at bad moments, which the emulator does not say by itself. */

const s3 = mockClient(S3Client);
const chain = "a".repeat(64);
const client = new S3Client({ region: "eu-central-1" });
const files = s3Files({ client, bucket: "files", chain, clock: { now: () => 1_800_000_000_000 } });
const { plan, chunks } = testFile(9 * 1024 * 1024);
const planKey = `files/${chain}/${plan.file}/plan.json`;
const body = (value: unknown) => ({ transformToString: async () => JSON.stringify(value) }) as never;
const refused = (name: string, status: number) =>
  new S3ServiceException({ name, $fault: "client", $metadata: { httpStatusCode: status }, message: name });
const part = (index: number) => ({
  PartNumber: index + 1,
  ETag: `"${index}"`,
  Size: chunks[index]!.length,
  ChecksumSHA256: toBase64(fromHex(plan.chunks[index]!)!),
});

beforeEach(() => {
  s3.reset();
  s3.on(GetObjectCommand).resolves({ Body: body({ ...plan, uploadId: "u1" }), ETag: '"p"' });
  s3.on(HeadObjectCommand).rejects(refused("NotFound", 404));
  s3.on(ListPartsCommand).resolves({ Parts: [part(0), part(1)] });
  s3.on(PutObjectCommand).resolves({});
  s3.on(DeleteObjectCommand).resolves({});
  s3.on(CreateMultipartUploadCommand).resolves({ UploadId: "u2" });
  s3.on(AbortMultipartUploadCommand).resolves({});
});

test("409 while another begins the same file: it is asked again; 412: the other's upload counts, and ours is ended", async () => {
  s3.on(GetObjectCommand).rejects(refused("NoSuchKey", 404));
  s3.on(PutObjectCommand, { Key: planKey }).rejectsOnce(refused("ConditionalRequestConflict", 409)).resolves({});
  await files.begin(plan);
  const puts = s3.commandCalls(PutObjectCommand, { Key: planKey });
  expect(puts.map(({ args: [{ input }] }) => input.IfNoneMatch)).toEqual(["*", "*"]);
  expect(s3.commandCalls(AbortMultipartUploadCommand)).toHaveLength(0);
  s3.on(PutObjectCommand, { Key: planKey }).rejects(refused("PreconditionFailed", 412));
  await files.begin(plan);
  expect(s3.commandCalls(AbortMultipartUploadCommand, { UploadId: "u2" })).toHaveLength(1);
});

test("an answer that was lost: what was completed is complete, by whichever call", async () => {
  s3.on(CompleteMultipartUploadCommand).rejects(refused("NoSuchUpload", 404));
  s3.on(HeadObjectCommand).rejectsOnce(refused("NotFound", 404)).resolves({ ContentLength: plan.size });
  expect(await files.complete(plan.file)).toBe("complete");
  s3.on(HeadObjectCommand).rejects(refused("NotFound", 404));
  expect(await files.complete(plan.file)).toBe("unknown-upload");
  s3.on(CompleteMultipartUploadCommand).rejects(new Error("socket hang up"));
  await expect(files.complete(plan.file)).rejects.toMatchObject({ name: "Fault", code: "storage-failed" });
});

test("a plan is marked as abandoned as it was read, before anything is deleted; what was cut off then is ended by the next upload", async () => {
  s3.on(PutObjectCommand, { Key: planKey }).rejects(refused("PreconditionFailed", 412));
  await expect(files.abandon(plan.file, undefined)).rejects.toMatchObject({ code: "storage-failed" });
  expect(s3.commandCalls(DeleteObjectCommand)).toHaveLength(0);
  s3.on(PutObjectCommand, { Key: planKey }).resolves({});
  s3.on(DeleteObjectCommand).rejectsOnce(new Error("socket hang up")).resolves({});
  await expect(files.abandon(plan.file, undefined)).rejects.toMatchObject({ code: "storage-failed" });
  const marked = s3.commandCalls(PutObjectCommand, { Key: planKey }).at(-1)!.args[0].input;
  expect(marked).toMatchObject({ IfMatch: '"p"', Body: expect.stringContaining('"abandoned":true') });
  s3.on(GetObjectCommand).resolves({ Body: { transformToString: async () => String(marked.Body) } as never, ETag: '"q"' });
  expect(await files.state(plan.file)).toBeUndefined();
  expect(await files.readChunk(plan.file, 0)).toBeUndefined();
  expect(await files.register(plan.file, { until: 1, transaction: null })).toBe("unknown-upload");
  s3.on(DeleteObjectCommand, { Key: planKey }).callsFake(() => {
    s3.on(GetObjectCommand).rejects(refused("NoSuchKey", 404));
    return {};
  });
  await files.begin(plan);
  expect(s3.commandCalls(DeleteObjectCommand, { Key: `files/${chain}/${plan.file}/data` })).not.toHaveLength(0);
  expect(s3.commandCalls(PutObjectCommand, { Key: planKey }).at(-1)!.args[0].input.IfNoneMatch).toBe("*");
});

test("marks are counted to the last page, and those of uploads that were ended are deleted once they are a day old", async () => {
  const now = 1_800_000_000_000;
  const mark = (name: string, ageMs: number) => ({ Key: `uploads/${chain}/desk/${name}`, LastModified: new Date(now - ageMs) });
  const [gone, young] = ["aa".repeat(32), "bb".repeat(32)];
  s3.on(ListObjectsV2Command).resolves({ Contents: [mark(gone, 90_000_000), mark(young, 60_000)], NextContinuationToken: "next" });
  s3.on(ListObjectsV2Command, { ContinuationToken: "next" }).resolves({ Contents: [mark(plan.file, 90_000_000)] });
  for (const name of [gone, young]) s3.on(GetObjectCommand, { Key: `files/${chain}/${name}/plan.json` }).rejects(refused("NoSuchKey", 404));
  expect(await files.openUploads("desk")).toBe(1);
  expect(s3.commandCalls(DeleteObjectCommand).map(({ args: [{ input }] }) => input.Key)).toEqual([`uploads/${chain}/desk/${gone}`]);
});

test("a part of another length, without a checksum or with another one, is not there", async () => {
  for (const wrong of [{ Size: 5 }, { ChecksumSHA256: undefined }, { ChecksumSHA256: part(0).ChecksumSHA256 }]) {
    s3.on(ListPartsCommand).resolves({ Parts: [part(0), { ...part(1), ...wrong } as never, { PartNumber: 9, Size: 1 }] });
    expect((await files.state(plan.file))?.present).toEqual([0]);
    expect(await files.complete(plan.file)).toEqual({ missing: [1] });
  }
});

test("an object of another size is not the file", async () => {
  s3.on(HeadObjectCommand).resolves({ ContentLength: plan.size - 1 });
  expect((await files.state(plan.file))?.complete).toBe(false);
});

test.each([
  ["no right", refused("AccessDenied", 403)],
  ["slow down", refused("SlowDown", 503)],
  ["no connection", new Error("ECONNRESET")],
])("%s is a fault, never taken for an absent file", async (_name, error) => {
  s3.on(GetObjectCommand).rejects(error);
  await expect(files.state(plan.file)).rejects.toMatchObject({ name: "Fault", code: "storage-failed" });
  await expect(files.readChunk(plan.file, 0)).rejects.toMatchObject({ name: "Fault", code: "storage-failed" });
});
