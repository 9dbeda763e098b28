import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type HttpLimits, serveHttp } from "@vermilion/local/http/server";
import { expect, onTestFinished, test } from "vitest";

async function serving(limits: Partial<HttpLimits>): Promise<() => Promise<Socket>> {
  const server = await serveHttp({ handle: async (request) => new Response(await request.text()), host: "127.0.0.1", port: 0, limits });
  onTestFinished(() => server.close(0));
  return async () => {
    const socket = connect(server.port, "127.0.0.1");
    socket.on("error", () => undefined);
    onTestFinished(() => void socket.destroy());
    await once(socket, "connect");
    return socket;
  };
}

/** All that the server says until it closes the connection. */
async function heard(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(socket, "close");
  return Buffer.concat(chunks).toString();
}

test("one connection too many is closed, and the others are answered", async () => {
  const connection = await serving({ connectionsMax: 2 });
  const [first] = [await connection(), await connection()];
  expect(await heard(await connection())).toBe("");
  first?.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  expect(await heard(first as Socket)).toMatch(/^HTTP\/1\.1 200 /);
});

test("a head that does not end, and a body that does not come, are given up", async () => {
  const head = await (await serving({ headTimeoutMs: 100, checkEveryMs: 50 }))();
  head.write("GET / HTTP/1.1\r\nHost: x\r\n");
  expect(await heard(head)).toMatch(/^HTTP\/1\.1 408 /);
  const body = await (await serving({ headTimeoutMs: 100, requestTimeoutMs: 200, checkEveryMs: 50 }))();
  body.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nbegun");
  expect(await heard(body)).not.toMatch(/^HTTP\/1\.1 200 /);
});
