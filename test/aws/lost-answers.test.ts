import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { s3Client } from "@vermilion/aws/lambda/clients";
import { publishTiles } from "@vermilion/aws/tiles/publish";
import { s3Shelf } from "@vermilion/aws/tiles/s3-shelf";
import { afterEach, expect, test } from "vitest";
import { TileLog, verifyShelf } from "./tile-log.ts";

/** The SDK repeats a call whose answer got lost; its second try then meets what the first has done. */

let server: Server | undefined;
afterEach(() => void server?.closeAllConnections());

test("a write whose answer is lost is done once, and the checkpoint comes", async () => {
  const objects = new Map<string, { readonly bytes: Buffer; readonly etag: string }>();
  let lost = 0;
  let etags = 0;
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const path = (request.url ?? "").split("?")[0]?.replace("/tiles/", "") ?? "";
      const held = objects.get(path);
      if (request.method === "GET") {
        const headers = { etag: held?.etag ?? "", "content-type": "application/xml" };
        response.writeHead(held === undefined ? 404 : 200, headers).end(held?.bytes ?? "<Error><Code>NoSuchKey</Code></Error>");
        return;
      }
      const wanted = request.headers["if-match"];
      if (wanted === undefined ? held !== undefined : held?.etag !== wanted) {
        response.writeHead(412, { "content-type": "application/xml" }).end("<Error><Code>PreconditionFailed</Code></Error>");
        return;
      }
      etags += 1;
      objects.set(path, { bytes: Buffer.concat(parts), etag: `"${etags}"` });
      lost += 1;
      request.socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const client = s3Client({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: "eu-central-1",
    credentials: { accessKeyId: "a", secretAccessKey: "s" },
    forcePathStyle: true,
    // Bodies as they are, not in chunks with a checksum behind them.
    requestChecksumCalculation: "WHEN_REQUIRED",
  });
  const shelf = s3Shelf({ client, bucket: "tiles" });
  const log = new TileLog();
  for (const count of [2, 300]) {
    log.grow(count);
    expect(await publishTiles({ ledger: log.ledger, note: log.note, shelf })).toBe(log.final);
    expect(await verifyShelf(async (path) => objects.get(path)?.bytes)).toBe(log.final);
  }
  expect(lost).toBe(objects.size + 1);
  client.destroy();
});
