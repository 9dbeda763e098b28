import { dynamoDbClient, kmsClient, s3Client, sfnClient, sqsClient } from "@vermilion/aws/lambda/clients";
import { build } from "esbuild";
import { afterEach, describe, expect, test, vi } from "vitest";

afterEach(() => vi.unstubAllEnvs());

const place = { region: "eu-central-1", credentials: { accessKeyId: "a", secretAccessKey: "s" } };

describe("clients of the AWS SDK", () => {
  test("speak to AWS by its own names, and to another endpoint by paths and without host prefixes", () => {
    vi.stubEnv("AWS_ENDPOINT_URL", "");
    expect([s3Client(place).config.forcePathStyle, sfnClient(place).config.disableHostPrefix]).toEqual([false, false]);
    vi.stubEnv("AWS_ENDPOINT_URL", "http://localhost:4566");
    expect([s3Client(place).config.forcePathStyle, sfnClient(place).config.disableHostPrefix]).toEqual([true, true]);
  });

  test("give up on a connection within a second, and on an answer before a function's time is over", async () => {
    for (const client of [dynamoDbClient(place), kmsClient(place), s3Client(place), sfnClient(place), sqsClient(place)]) {
      // What the handler was made with; waiting for a real time-out of each would take half a minute.
      const { configProvider } = client.config.requestHandler as unknown as { configProvider: Promise<Record<string, unknown>> };
      const settings = await configProvider;
      expect(settings).toMatchObject({ connectionTimeout: 1_000, throwOnRequestTimeout: true });
      expect(settings["requestTimeout"]).toBeLessThanOrEqual(30_000);
      expect(await client.config.maxAttempts()).toBe(5);
    }
  });

  test("throttled by KMS, send less", async () => {
    const modes = await Promise.all(
      [kmsClient(place), dynamoDbClient(place)].map(async (client) => {
        const { retryMode } = client.config as unknown as { retryMode: string | (() => Promise<string>) };
        return typeof retryMode === "string" ? retryMode : retryMode();
      }),
    );
    expect(modes).toEqual(["adaptive", "standard"]);
  });

  test("a bundle holds only those that it uses", async () => {
    const { metafile } = await build({
      stdin: {
        contents: 'import { kmsClient } from "./packages/aws/lambda/clients.ts"; export const handler = () => kmsClient();',
        resolveDir: new URL("../..", import.meta.url).pathname,
      },
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      platform: "node",
      mainFields: ["module", "main"],
      logLevel: "silent",
    });
    const [output] = Object.values(metafile.outputs);
    const used = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
    const clients = new Set(used.flatMap(([path]) => /@aws-sdk\/(client-[a-z0-9]+)\//.exec(path)?.[1] ?? []));
    expect([...clients]).toEqual(["client-kms"]);
  });
});
