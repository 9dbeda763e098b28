import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheFolder, installPython } from "../../support/python.ts";
import { freePort, startServer } from "./server-process.ts";

/**
 * A second opinion on DynamoDB, in memory: moto, which reads expressions and conditions by a program of its own. What the adapters do must
 * hold on both. (DynamoDB Local would be a third; its licence is not an open one.)
 */
export async function startSecondDynamoDb(): Promise<{ readonly endpoint: string; stop(): Promise<void> }> {
  const python = await installPython("moto", new URL("moto-requirements.txt", import.meta.url));
  const port = await freePort();
  const endpoint = `http://localhost:${port}`;
  const { stop } = await startServer({
    python,
    script: new URL("moto-shim.py", import.meta.url).pathname,
    parameters: ["-H", "127.0.0.1", "-p", `${port}`],
    environment: { PATH: process.env["PATH"] ?? "", AWS_EC2_METADATA_DISABLED: "true" },
    folder: tmpdir(),
    logFile: join(cacheFolder, `moto-${port}.log`),
    healthUrl: `${endpoint}/moto-api/`,
  });
  return { endpoint, stop };
}
