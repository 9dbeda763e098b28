import { setTimeout as sleep } from "node:timers/promises";
import {
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { Fault } from "@vermilion/node/fault";
import type { Shelf } from "./publish.ts";

export interface S3ShelfOptions {
  readonly client: S3Client;
  readonly bucket: string;
  /** Before each path, for example `v1/log/`. */
  readonly prefix?: string;
}

const forEver = "public, max-age=31536000, immutable";
const briefly = "public, max-age=5";
const conflictsMax = 10;

/**
 * The shelf in S3, whose reads see every write that was answered. Conditions are S3's own (`If-None-Match: *`, `If-Match`): they need
 * `s3:GetObject` beside `s3:PutObject`, and `s3:ListBucket` so that what is not there is told apart from what may not be seen. Cache times
 * are those of the API's routes.
 */
export function s3Shelf({ client, bucket, prefix = "" }: S3ShelfOptions): Shelf {
  const place = (path: string) => ({ Bucket: bucket, Key: `${prefix}${path}` });
  return {
    read: async (path) => {
      try {
        const { Body, ETag } = await client.send(new GetObjectCommand(place(path)));
        if (Body === undefined || ETag === undefined) throw new Error("an object without a body or an ETag");
        return { bytes: await Body.transformToByteArray(), version: ETag };
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw failed("read", path, error);
      }
    },
    keep: async (path, bytes) => {
      // What is there already is the same, or it was there first; both are right.
      await putIf(client, { ...place(path), ...contentOf(path, bytes), CacheControl: forEver, IfNoneMatch: "*" });
    },
    replace: (path, bytes, version) => {
      const condition = version === undefined ? { IfNoneMatch: "*" } : { IfMatch: version };
      return putIf(client, { ...place(path), ...contentOf(path, bytes), CacheControl: briefly, ...condition });
    },
  };
}

/** The condition not met is an answer, 412; 409 says that another write was under way, and one asks again. */
async function putIf(client: S3Client, input: PutObjectCommandInput): Promise<"replaced" | "stale"> {
  for (let conflicts = 0; ; conflicts++) {
    try {
      await client.send(new PutObjectCommand(input));
      return "replaced";
    } catch (error) {
      const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
      // 404: an object that should be replaced is not there.
      if (status === 412 || (status === 404 && error instanceof NoSuchKey)) return "stale";
      if (status !== 409 || conflicts === conflictsMax) throw failed("put", input.Key ?? "", error);
      await sleep(Math.random() * 20 * (conflicts + 1));
    }
  }
}

function contentOf(path: string, bytes: Uint8Array) {
  const text = path.startsWith("tile/") ? undefined : path.endsWith(".json") ? "application/json" : "text/plain; charset=utf-8";
  return { Body: bytes, ContentType: text ?? "application/octet-stream" };
}

function failed(what: string, path: string, error: unknown): Fault {
  return new Fault("storage-failed", `S3: cannot ${what} ${path}`, error);
}
