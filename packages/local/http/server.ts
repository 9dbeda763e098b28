import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { createAdaptorServer, type ServerType } from "@hono/node-server";
import { Cannot } from "../cannot.ts";

export interface HttpServer {
  readonly port: number;
  /**
   * Waits until the calls have ended that run now, or `graceMs` have passed; until then the door stays open, and what comes is handed over as
   * before. Then takes no more, and cuts what still runs when `graceMs` are over.
   */
  close(graceMs: number): Promise<void>;
}

/** What one caller, or many, may hold of this process without having said anything worth it. */
export interface HttpLimits {
  /** Connections at one time; one more is closed at once. */
  readonly connectionsMax: number;
  /** The head of a request must come within this time, counted from its connection or the end of the request before. */
  readonly headTimeoutMs: number;
  /** The whole of a request, its body included, must come within this time; lines of a bulk call may come for as long. */
  readonly requestTimeoutMs: number;
  /** How often both are looked after. */
  readonly checkEveryMs: number;
  /** Peers and apps keep connections; ours stay open longer than theirs, so that no call meets a closing one. */
  readonly keepAliveMs: number;
}

const defaultLimits: HttpLimits = {
  connectionsMax: 4_096,
  headTimeoutMs: 10_000,
  requestTimeoutMs: 3_600_000,
  checkEveryMs: 5_000,
  keepAliveMs: 75_000,
};

/** Serves `handle` over HTTP, or HTTPS with PEM files. Throws `Cannot` `port-taken` or `tls-unusable`. */
export async function serveHttp(options: {
  readonly handle: (request: Request, caller: { readonly address?: string }) => Response | Promise<Response>;
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly certificate: string; readonly key: string };
  readonly limits?: Partial<HttpLimits>;
}): Promise<HttpServer> {
  const limits = { ...defaultLimits, ...options.limits };
  const running: Running = new Set();
  const server = createServer(options, limits, running);
  server.maxConnections = limits.connectionsMax;
  await listen(server, options.host, options.port);
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : options.port;
  return {
    port,
    async close(graceMs) {
      const until = performance.now() + graceMs;
      await ended(running, graceMs);
      await drain(server as Server, Math.max(0, until - performance.now()));
    },
  };
}

/** Calls on their way, from the head of the request to the last byte of the answer or the loss of the connection. */
type Running = Set<Promise<void>>;

/** Settles when all that run now have ended, or after `withinMs`. */
async function ended(running: Running, withinMs: number): Promise<void> {
  const patience = new AbortController();
  await Promise.race([Promise.all(running), sleep(withinMs, undefined, { signal: patience.signal }).catch(() => undefined)]);
  patience.abort();
}

function createServer({ handle, tls }: Parameters<typeof serveHttp>[0], limits: HttpLimits, running: Running): ServerType {
  const timing = {
    headersTimeout: limits.headTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    connectionsCheckingInterval: limits.checkEveryMs,
    keepAliveTimeout: limits.keepAliveMs,
  };
  const fetch: NonNullable<Parameters<typeof createAdaptorServer>[0]>["fetch"] = (request, { incoming, outgoing }) => {
    const over = new Promise<void>((resolve) => outgoing.once("close", () => resolve()));
    running.add(over);
    void over.then(() => running.delete(over));
    const address = incoming.socket?.remoteAddress;
    return handle(request, address === undefined ? {} : { address });
  };
  if (tls === undefined) return createAdaptorServer({ fetch, serverOptions: timing });
  try {
    const serverOptions = { ...timing, cert: readFileSync(tls.certificate), key: readFileSync(tls.key) };
    return createAdaptorServer({ fetch, createServer: createTlsServer, serverOptions });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Cannot("tls-unusable", `TLS 证书或私钥不可用：${reason}`, `the TLS certificate or key cannot be used: ${reason}`, error);
  }
}

async function listen(server: ServerType, host: string, port: number): Promise<void> {
  const listening = once(server, "listening");
  server.listen(port, host);
  try {
    await listening;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "EADDRINUSE" || code === "EACCES" || code === "EADDRNOTAVAIL") {
      throw new Cannot(
        "port-taken",
        `无法使用 ${host}:${port}（${code}）：停止占用它的程序，或在 config.json 中换一个端口`,
        `cannot listen on ${host}:${port} (${code}): end the program that has it, or choose another port`,
        error,
      );
    }
    throw error;
  }
}

async function drain(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  // A connection that becomes idle after the first sweep would hold the server open for its keep-alive time.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  await closed;
  clearTimeout(timer);
  clearInterval(sweep);
}
