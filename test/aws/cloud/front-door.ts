import { createServer, request, type Server } from "node:http";

/** A member's own domain: what comes to it goes to its HTTP API in the emulator, whose own address needs a path that signatures do not know. */
export interface FrontDoor {
  readonly url: string;
  /** Where calls go from now on; undefined: nobody answers, as for a member that is cut off. */
  leadTo(api: string | undefined): void;
  readonly leadsTo: string | undefined;
  close(): Promise<void>;
}

export async function openFrontDoor(port: number): Promise<FrontDoor> {
  let target: string | undefined;
  const server = createServer((incoming, outgoing) => {
    if (target === undefined) return void incoming.socket.destroy();
    const { host: _host, ...headers } = incoming.headers;
    const forwarded = request(`${target}${incoming.url}`, { method: incoming.method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on("error", () => outgoing.destroy());
    incoming.on("error", () => forwarded.destroy());
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${port}`,
    get leadsTo() {
      return target;
    },
    leadTo: (api) => {
      target = api;
      if (api === undefined) server.closeAllConnections();
    },
    close: () => closed(server),
  };
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
