import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { KMSClient, type KMSClientConfig } from "@aws-sdk/client-kms";
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { SFNClient, type SFNClientConfig } from "@aws-sdk/client-sfn";
import { SQSClient, type SQSClientConfig } from "@aws-sdk/client-sqs";

/**
 * The one place that makes clients of the AWS SDK; make each once a process. Region and credentials come from the environment, and so does
 * another endpoint (`AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_<SERVICE>`), which the SDK reads by itself. One function a service, so that a
 * bundle holds only the clients that it uses. `overrides` are for tests and tools.
 */

/**
 * A function has seconds, not minutes: a connection that does not open at once, or an answer that does not come, is better tried again.
 * An attempt that is given up may have happened; every caller is ready for that.
 */
const patience = { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true } as const;

/** Losing against another writer is an answer, not a failure: the SDK repeats only what failed. */
export function dynamoDbClient(overrides: DynamoDBClientConfig = {}): DynamoDBClient {
  return new DynamoDBClient({ retryMode: "standard", maxAttempts: 5, requestHandler: patience, ...overrides });
}

/** All asymmetric KMS calls of an account share one quota: whoever is throttled sends less, not just later. */
export function kmsClient(overrides: KMSClientConfig = {}): KMSClient {
  return new KMSClient({ retryMode: "adaptive", maxAttempts: 5, requestHandler: patience, ...overrides });
}

/** Bucket names as host names need a DNS that another endpoint does not have. Files may be large: they get more time. */
export function s3Client(overrides: S3ClientConfig = {}): S3Client {
  return new S3Client({
    retryMode: "standard",
    maxAttempts: 5,
    requestHandler: { ...patience, requestTimeout: 30_000 },
    forcePathStyle: hasEndpoint("S3"),
    ...overrides,
  });
}

export function sqsClient(overrides: SQSClientConfig = {}): SQSClient {
  return new SQSClient({ retryMode: "standard", maxAttempts: 5, requestHandler: patience, ...overrides });
}

/** `StartSyncExecution` goes to a host of its own (`sync-states.…`), which another endpoint does not have. */
export function sfnClient(overrides: SFNClientConfig = {}): SFNClient {
  return new SFNClient({
    retryMode: "standard",
    maxAttempts: 5,
    requestHandler: patience,
    disableHostPrefix: hasEndpoint("SFN"),
    ...overrides,
  });
}

function hasEndpoint(service: "S3" | "SFN"): boolean {
  return (process.env[`AWS_ENDPOINT_URL_${service}`] ?? process.env["AWS_ENDPOINT_URL"] ?? "") !== "";
}
