import { chmodSync } from "node:fs";
import { createConnection, createServer, type Server, type Socket } from "node:net";

/** Requests and answers are one JSON line each; an app's public key is the largest. */
const lineBytesMax = 64 * 1024;
const requestTimeoutMs = 10_000;

export interface SocketDoor {
  close(): Promise<void>;
}

/** An answer over a socket: a value, or why not, with a stable code. */
export type SocketAnswer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: string; readonly detail: string };

/**
 * Serves one JSON line for one JSON line on a Unix socket that only its owner may open. The caller holds the folder's lock, so a socket
 * left at `path` by a dead process has been removed before. `handle` judges the parsed request; its exceptions become `failed`.
 */
export async function serveSocket(path: string, handle: (request: unknown) => Promise<SocketAnswer>): Promise<SocketDoor> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    // A caller that went away is no fault of this process.
    socket.on("error", () => socket.destroy());
    socket.setTimeout(requestTimeoutMs, () => socket.destroy());
    readLine(socket, (line) => void answer(socket, line, handle));
  });
  await listenPrivately(server, path);
  return {
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of open) socket.end();
      }),
  };
}

/** The mask is set while the name appears, so that there is no moment at which another user could connect. */
function listenPrivately(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    const mask = process.umask(0o177);
    try {
      server.listen(path, () => {
        chmodSync(path, 0o600);
        server.off("error", reject);
        resolve();
      });
    } finally {
      process.umask(mask);
    }
  });
}

async function answer(socket: Socket, line: string, handle: (request: unknown) => Promise<SocketAnswer>): Promise<void> {
  let reply: SocketAnswer;
  try {
    // The work itself may take longer than a silent caller is suffered.
    socket.setTimeout(0);
    reply = await handle(JSON.parse(line));
  } catch (error) {
    reply = { ok: false, code: "failed", detail: error instanceof Error ? error.message : String(error) };
  }
  socket.end(`${JSON.stringify(reply)}\n`);
}

function readLine(socket: Socket, use: (line: string) => void): void {
  let held = Buffer.alloc(0);
  const take = (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    const end = held.indexOf(10);
    if (end >= 0) {
      socket.off("data", take);
      use(held.subarray(0, end).toString("utf8"));
    } else if (held.length > lineBytesMax) socket.destroy();
  };
  socket.on("data", take);
}

/** Asks the process behind the socket. Undefined: nobody serves it (no such socket, or one left by a dead process). */
export function askSocket(path: string, request: unknown, timeoutMs: number): Promise<SocketAnswer | undefined> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    const timer = setTimeout(() => {
      socket.destroy();
      resolve({ ok: false, code: "no-answer", detail: `no answer within ${timeoutMs} ms` });
    }, timeoutMs);
    socket.on("connect", () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      if (error.code === "ENOENT" || error.code === "ECONNREFUSED") resolve(undefined);
      else reject(error);
    });
    socket.on("close", () => {
      clearTimeout(timer);
      resolve({ ok: false, code: "no-answer", detail: "the process closed the connection without an answer" });
    });
    readLine(socket, (line) => {
      clearTimeout(timer);
      socket.end();
      resolve(parseAnswer(line));
    });
  });
}

function parseAnswer(line: string): SocketAnswer {
  try {
    return JSON.parse(line) as SocketAnswer;
  } catch {
    return { ok: false, code: "no-answer", detail: "the answer is not JSON" };
  }
}
