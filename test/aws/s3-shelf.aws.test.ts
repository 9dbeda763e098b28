import { randomUUID } from "node:crypto";
import { CreateBucketCommand, HeadObjectCommand } from "@aws-sdk/client-s3";
import { s3Client } from "@vermilion/aws/lambda/clients";
import { publishTiles } from "@vermilion/aws/tiles/publish";
import { s3Shelf } from "@vermilion/aws/tiles/s3-shelf";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clientOptions } from "./emulator/functions.ts";
import { type Emulator, startMiniStack } from "./emulator/ministack.ts";
import { shelfSuite } from "./shelf.suite.ts";
import { TileLog, verifyShelf } from "./tile-log.ts";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startMiniStack({ account: "666666666666" });
});
afterAll(async () => emulator.stop());

const newClient = () => s3Client({ ...clientOptions(emulator), forcePathStyle: true });

async function newBucket(): Promise<string> {
  const bucket = `tiles-${randomUUID()}`;
  await newClient().send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: "eu-central-1" } }));
  return bucket;
}

shelfSuite("S3", async () => s3Shelf({ client: newClient(), bucket: await newBucket() }));

test("S3: anybody reads the whole log over HTTP alone, with the cache times of the API", async () => {
  const bucket = await newBucket();
  const shelf = s3Shelf({ client: newClient(), bucket, prefix: "v1/log/" });
  const log = new TileLog();
  const get = async (path: string) => {
    const answer = await fetch(`${emulator.endpoint}/${bucket}/v1/log/${path}`);
    return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : undefined;
  };
  for (const count of [3, 300, 1]) {
    log.grow(count);
    const publish = () => publishTiles({ ledger: log.ledger, note: log.note, shelf });
    expect(await Promise.all([publish(), publish(), publish()])).toEqual([log.final, log.final, log.final]);
    expect(await verifyShelf(get)).toBe(log.final);
  }
  const head = (path: string) => newClient().send(new HeadObjectCommand({ Bucket: bucket, Key: `v1/log/${path}` }));
  expect(await head("checkpoint")).toMatchObject({ CacheControl: "public, max-age=5", ContentType: "text/plain; charset=utf-8" });
  expect(await head("tile/0/000")).toMatchObject({
    CacheControl: "public, max-age=31536000, immutable",
    ContentType: "application/octet-stream",
  });
  expect(await head("progress.json")).toMatchObject({ ContentType: "application/json" });
});
