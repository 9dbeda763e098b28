import { randomUUID } from "node:crypto";
import { AbortMultipartUploadCommand, CreateBucketCommand, ListMultipartUploadsCommand, type S3Client } from "@aws-sdk/client-s3";
import { s3Files } from "@vermilion/aws/files/s3";
import { s3Client } from "@vermilion/aws/lambda/clients";
import type { Files } from "@vermilion/member/ports/index";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clientOptions } from "../aws/emulator/functions.ts";
import { type Emulator, startMiniStack } from "../aws/emulator/ministack.ts";
import type { WriteFaults } from "../support/memory/index.ts";
import { filesSuite } from "./files.suite.ts";
import { type OpenChain, testChains } from "./opened.ts";
import { moves, testFile } from "./test-file.ts";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startMiniStack({ account: "777777777777" });
});
afterAll(async () => emulator.stop());

const newClient = () => s3Client({ ...clientOptions(emulator), forcePathStyle: true });
const clock = { now: () => Date.now() };

async function newBucket(): Promise<string> {
  const bucket = `files-${randomUUID()}`;
  await newClient().send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: "eu-central-1" } }));
  return bucket;
}

const readings = new Set(["GetObjectCommand", "HeadObjectCommand", "ListPartsCommand", "ListObjectsV2Command"]);

/** The client's writes fail before or after they happened. S3 itself is never full. */
function faultsOf(client: S3Client): WriteFaults {
  let ordered: { readonly when: "before" | "after"; left: number } | undefined;
  client.middlewareStack.add(
    (next, context) => async (given) => {
      if (readings.has(String(context["commandName"])) || ordered === undefined) return next(given);
      ordered.left -= 1;
      if (ordered.left > 0) return next(given);
      const { when } = ordered;
      ordered = undefined;
      if (when === "after") await next(given);
      throw new Error("the connection broke");
    },
    { step: "initialize", name: "faults", priority: "high" },
  );
  const never = () => {
    throw new Error("S3 has no such fault");
  };
  return {
    failBefore(n) {
      ordered = { when: "before", left: n };
    },
    failAfter(n) {
      ordered = { when: "after", left: n };
    },
    full: never,
    readOnly: never,
    clear() {
      ordered = undefined;
    },
  } as WriteFaults;
}

const openS3: OpenChain<Files> = async () => {
  const [chain, other] = testChains;
  const bucket = await newBucket();
  const client = newClient();
  const faults = faultsOf(client);
  return {
    port: s3Files({ client, bucket, chain, clock }),
    reopen: async () => s3Files({ client: newClient(), bucket, chain, clock }),
    otherChain: async () => s3Files({ client, bucket, chain: other, clock }),
    close: async () => client.destroy(),
    faults,
  };
};

filesSuite("S3", openS3);

test("S3: a link takes its own chunk and gives its own chunk, until it runs out", async () => {
  const bucket = await newBucket();
  const files = s3Files({ client: newClient(), bucket, chain: testChains[0], clock });
  const { plan, chunks } = testFile(9 * 1024 * 1024);
  await files.begin(plan);
  const [send] = (await files.sendLinks(plan.file, [0], Date.now() + 60_000)) ?? [];
  expect(send?.url).toMatch(/X-Amz-SignedHeaders=host%3Bx-amz-checksum-sha256/);
  const put = (headers: Readonly<Record<string, string>>, url = send!.url) =>
    fetch(url, { method: "PUT", headers, body: Uint8Array.from(chunks[0]!) });
  expect((await put({})).status).toBe(403);
  expect((await put({ ...send!.headers, "x-amz-checksum-sha256": Buffer.alloc(32).toString("base64") })).status).toBe(403);
  expect((await put(send!.headers, send!.url.replace("partNumber=1", "partNumber=2"))).status).toBe(403);
  expect((await files.state(plan.file))?.present).toEqual([]);
  expect((await put(send!.headers)).status).toBe(200);
  await moves.send(files, plan.file, 1, chunks[1]!);
  expect(await files.complete(plan.file)).toBe("complete");
  const [read] = (await files.readLinks(plan.file, [1], Date.now() + 60_000)) ?? [];
  expect((await fetch(read!.url)).status).toBe(403);
  expect((await fetch(read!.url, { headers: { range: "bytes=0-9" } })).status).toBe(403);
  expect((await (await fetch(read!.url, { headers: read!.headers })).arrayBuffer()).byteLength).toBe(chunks[1]!.length);
  const past = s3Files({ client: newClient(), bucket, chain: testChains[0], clock: { now: () => Date.now() - 3_600_000 } });
  const [old] = (await past.readLinks(plan.file, [1], Date.now() - 3_000_000)) ?? [];
  expect((await fetch(old!.url, { headers: old!.headers })).status).toBe(403);
});

test("S3: an upload that a lifecycle rule has ended is begun anew, and no upload is left behind by racers", async () => {
  const bucket = await newBucket();
  const client = newClient();
  const files = s3Files({ client, bucket, chain: testChains[0], clock });
  const { plan, chunks } = testFile(1_000);
  const uploads = async () => (await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads ?? [];
  await Promise.all(Array.from({ length: 8 }, () => files.begin(plan)));
  const [open, ...others] = await uploads();
  expect(others).toEqual([]);
  await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: open?.Key, UploadId: open?.UploadId }));
  expect(await files.state(plan.file)).toBeUndefined();
  expect(await files.openUploads(plan.app)).toBe(0);
  await files.begin(plan);
  await moves.send(files, plan.file, 0, chunks[0]!);
  expect(await files.complete(plan.file)).toBe("complete");
  expect(await uploads()).toEqual([]);
});
