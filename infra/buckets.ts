import { Duration } from "aws-cdk-lib";
import { AnyPrincipal, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { BlockPublicAccess, Bucket, BucketEncryption, HttpMethods, ObjectOwnership } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import type { MemberConfig } from "./config.ts";
import { removalOf } from "./removal.ts";

export interface Buckets {
  /** What stays off the ledger: large files, encrypted by whoever sends them. */
  readonly files: Bucket;
  /** Checkpoints and hash tiles, made to be read by anybody. */
  readonly tiles: Bucket;
}

/** Where the names of plans and data begin in the bucket of files, and of marks of open uploads; the only ones that the API may use. */
export const filesPrefix = "files/";
export const marksPrefix = "uploads/";

type Wishes = Pick<MemberConfig, "retain" | "tilesAccess">;

export function createBuckets(scope: Construct, wishes: Wishes): Buckets {
  return { files: filesBucket(scope, wishes), tiles: tilesBucket(scope, wishes) };
}

function common({ retain }: Wishes) {
  return {
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    removalPolicy: removalOf(retain),
  };
}

/** Not versioned: what is erased must be gone. Browsers send and fetch files by presigned addresses, hence CORS for any origin. */
function filesBucket(scope: Construct, wishes: Wishes): Bucket {
  return new Bucket(scope, "FilesBucket", {
    ...common(wishes),
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    lifecycleRules: [{ id: "abandoned-uploads", abortIncompleteMultipartUploadAfter: Duration.days(7) }],
    cors: [
      {
        id: "presigned",
        allowedMethods: [HttpMethods.GET, HttpMethods.HEAD, HttpMethods.PUT],
        allowedOrigins: ["*"],
        allowedHeaders: ["*"],
        exposedHeaders: ["ETag", "x-amz-checksum-sha256"],
        maxAge: 3_600,
      },
    ],
  });
}

/** Versioned: a tile that was overwritten could be shown as it was. Partial tiles are written again and again, so old versions go. */
function tilesBucket(scope: Construct, wishes: Wishes): Bucket {
  const open = wishes.tilesAccess === "bucket";
  const bucket = new Bucket(scope, "TilesBucket", {
    ...common(wishes),
    versioned: true,
    blockPublicAccess: open
      ? new BlockPublicAccess({ blockPublicAcls: true, ignorePublicAcls: true, blockPublicPolicy: false, restrictPublicBuckets: false })
      : BlockPublicAccess.BLOCK_ALL,
    lifecycleRules: [
      { id: "abandoned-uploads", abortIncompleteMultipartUploadAfter: Duration.days(7) },
      { id: "old-versions", noncurrentVersionExpiration: Duration.days(90) },
    ],
  });
  if (open)
    bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: "AnybodyMayRead",
        principals: [new AnyPrincipal()],
        actions: ["s3:GetObject"],
        resources: [bucket.arnForObjects("*")],
      }),
    );
  return bucket;
}
