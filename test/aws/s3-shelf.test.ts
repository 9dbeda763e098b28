import { GetObjectCommand, PutObjectCommand, S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import { s3Shelf } from "@vermilion/aws/tiles/s3-shelf";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, test } from "vitest";
import { bytesOf } from "../contracts/chain.ts";
import { expectFault } from "../contracts/opened.ts";
import { MemoryShelf } from "./memory-shelf.ts";
import { shelfSuite } from "./shelf.suite.ts";

shelfSuite("memory", async () => new MemoryShelf());

describe("the shelf in S3", () => {
  const s3 = mockClient(S3Client);
  beforeEach(() => void s3.reset());
  const shelf = s3Shelf({ client: new S3Client({ region: "eu-central-1" }), bucket: "tiles" });
  const answered = (name: string, httpStatusCode: number) =>
    new S3ServiceException({ name, message: name, $fault: "client", $metadata: { httpStatusCode } });

  test("asks again after 409, a while", async () => {
    const conflict = answered("ConditionalRequestConflict", 409);
    s3.on(PutObjectCommand).rejectsOnce(conflict).rejectsOnce(conflict).resolves({});
    expect(await shelf.replace("checkpoint", bytesOf("1"), '"etag"')).toBe("replaced");
    expect(s3.commandCalls(PutObjectCommand).map(({ args }) => args[0].input.IfMatch)).toEqual(['"etag"', '"etag"', '"etag"']);
    s3.on(PutObjectCommand).rejects(conflict);
    await expectFault(shelf.replace("checkpoint", bytesOf("1"), undefined), "storage-failed");
  });

  test("takes 412 for an answer: kept already, or stale", async () => {
    s3.on(PutObjectCommand).rejects(answered("PreconditionFailed", 412));
    await shelf.keep("tile/0/000", bytesOf("tile"));
    expect(await shelf.replace("checkpoint", bytesOf("1"), undefined)).toBe("stale");
    expect(s3.commandCalls(PutObjectCommand).map(({ args }) => args[0].input.IfNoneMatch)).toEqual(["*", "*"]);
  });

  test("says a fault for everything else", async () => {
    for (const error of [answered("SlowDown", 503), answered("AccessDenied", 403), new Error("socket hang up")]) {
      s3.on(PutObjectCommand).rejects(error);
      s3.on(GetObjectCommand).rejects(error);
      await expectFault(shelf.keep("tile/0/000", bytesOf("tile")), "storage-failed");
      await expectFault(shelf.replace("checkpoint", bytesOf("1"), undefined), "storage-failed");
      await expectFault(shelf.read("checkpoint"), "storage-failed");
    }
  });
});
