import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { Fault } from "@vermilion/node/fault";
import { signResponse } from "@vermilion/node/peers/peer-signatures";
import { describe, expect, onTestFinished, test } from "vitest";
import { chain, crypto } from "../support/member.ts";
import { body, pair, peersOf, post } from "./pair.ts";

/** The caller’s side: what a peer, or a server in its place, may answer. */

describe("the caller's side", () => {
  /** A server that is no member, or stands between two. */
  async function impostor(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  test("a fault of the peer comes back as its signed code", async () => {
    const both = await pair({
      peers: {
        handle: async () => {
          throw new Fault("storage-full", "/var/lib/secret");
        },
      },
    });
    const error = await peersOf(both)
      .call("customs", "raft", body, 5_000)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "peer-refused", detail: "storage-full" });
  });

  test("an exception of the peer says nothing of itself", async () => {
    const both = await pair({
      peers: {
        handle: async () => {
          throw new Error("at line 5");
        },
      },
    });
    await expect(peersOf(both).call("customs", "raft", body, 5_000)).rejects.toMatchObject({
      code: "peer-refused",
      detail: "peer-call-failed",
    });
  });

  test.each<[string, RequestListener, RegExp]>([
    ["garbage", (_, answer) => answer.end("hello"), /peer-signature-missing/],
    ["an unsigned refusal", (_, answer) => answer.writeHead(404).end('{"code":"unknown-chain"}'), /status 404 unknown-chain/],
    ["a redirect", (_, answer) => answer.writeHead(307, { location: "/elsewhere" }).end(), /peer-signature-missing/],
    ["nothing, in time", () => {}, /no answer in time/],
    ["an end without an answer", (request) => request.socket.destroy(), /ECONNRESET|socket hang up/],
    ["more than 8 MB", (_, answer) => answer.end(Buffer.alloc(8 * 1024 * 1024 + 1)), /larger than/],
  ])("a server that gives %s is unreachable", async (_name, listener, reason) => {
    const both = await pair();
    const peers = peersOf(both, await impostor(listener));
    // Only the one that never answers is waited for; the others have time even on a busy computer.
    const timeoutMs = String(reason).includes("in time") ? 200 : 10_000;
    const error = await peers.call("customs", "raft", body, timeoutMs).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "peer-unreachable", detail: expect.stringMatching(reason) });
  });

  test("one who answers with what another member said, or said before, is unreachable", async () => {
    const both = await pair();
    let recorded: { headers: Record<string, string>; body: Buffer } | undefined;
    const relay = await impostor(async (request, answer) => {
      if (recorded === undefined) {
        const headers = Object.fromEntries(
          Object.entries(request.headers).filter(([name]) => name !== "host" && name !== "connection"),
        ) as Record<string, string>;
        const real = await post(`${both.customs.baseUrl}/peer/v1/chains/${chain}/raft`, headers);
        recorded = { headers: Object.fromEntries(real.headers), body: Buffer.from(await real.arrayBuffer()) };
      }
      const { "transfer-encoding": _, ...headers } = recorded.headers;
      answer.writeHead(200, headers).end(recorded.body);
    });
    // The relay is not customs: a call signed for the relay's address is refused by customs, and its refusal is not signed.
    await expect(peersOf(both, relay).call("customs", "raft", body, 5_000)).rejects.toMatchObject({ code: "peer-unreachable" });
    expect(both.customs.received).toEqual([]);
  });

  test("a stranger to the consortium and a member that is down are unreachable", async () => {
    const both = await pair();
    await expect(peersOf(both).call("mallory", "raft", body, 10_000)).rejects.toMatchObject({
      code: "peer-unreachable",
      detail: "no address of mallory",
    });
    const down = peersOf(both, "http://127.0.0.1:9");
    await expect(down.call("customs", "raft", body, 10_000)).rejects.toMatchObject({
      code: "peer-unreachable",
      detail: expect.stringContaining("ECONNREFUSED"),
    });
  });

  test("connections are kept, and one that the peer has closed meanwhile costs nothing", async () => {
    const both = await pair();
    const sockets = new Set<unknown>();
    let closeNext = false;
    const front = await impostor((request, answer) => {
      sockets.add(request.socket);
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", async () => {
        if (closeNext) {
          closeNext = false;
          request.socket.resetAndDestroy();
          return;
        }
        const headers = await signResponse({ status: 200, body, contentType: "application/json" }, `${request.headers["signature"]}`, {
          session: both.customs.session,
          clock: both.customs.clock,
          crypto,
        });
        answer.writeHead(200, headers).end(body);
      });
    });
    const peers = peersOf(both, front);
    for (let i = 0; i < 3; i++) await peers.call("customs", "raft", body, 5_000);
    expect(sockets.size).toBe(1);
    closeNext = true;
    expect(await peers.call("customs", "raft", body, 5_000)).toEqual(body);
    expect(sockets.size).toBe(2);
  });
});
