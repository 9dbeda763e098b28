import type { PageOptions } from "./pages.ts";
import type { CallOptions, Transport } from "./transport.ts";

type Query = Readonly<Record<string, string | number | undefined>>;

/** The ways in which a GET is asked and its answer is taken: without an account or signed in; as JSON, text or bytes. */
export function getters(transport: Transport) {
  const get =
    (access: "public" | "app") =>
    (path: string, options: CallOptions | undefined, query: Query = {}) =>
      ({ method: "GET", path, query, access, ...signalOf(options) }) as const;
  const [open, own] = [get("public"), get("app")];
  return {
    open: <T>(path: string, query: Query, options: CallOptions | undefined) => transport.json<T>(open(path, options, query)),
    own: <T>(path: string, query: Query, options: CallOptions | undefined) => transport.json<T>(own(path, options, query)),
    openBody: (path: string, options: CallOptions | undefined) => transport.send(open(path, options)),
    ownBody: (path: string, options: CallOptions | undefined) => transport.send(own(path, options)),
  };
}

export function signalOf(options: CallOptions | undefined): { readonly signal?: AbortSignal } {
  return options?.signal === undefined ? {} : { signal: options.signal };
}

/** One segment of a path; identifiers and hashes go in as they are, anything else is escaped. */
export function part(segment: string): string {
  return encodeURIComponent(segment);
}

export function pageQuery(page: PageOptions | undefined): { readonly cursor: string | undefined; readonly limit: number | undefined } {
  return { cursor: page?.cursor, limit: page?.limit };
}
