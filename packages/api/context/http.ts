import type { Context } from "hono";

export interface ApiEnv {
  Bindings: {
    /** Network address of the caller, as the server sees it; absent where nobody knows. */
    address?: string;
  };
  Variables: {
    requestId: string;
    /** W3C Trace Context: of this member's own span. */
    traceparent: string;
    /** For the access log: the declared path, the chain that the path names, the app, the peer. */
    route?: string;
    chain?: string;
    app?: string;
    peer?: string;
    /** Stable code of a problem answered, for the access log. */
    code?: string;
  };
}

export type ApiContext = Context<ApiEnv>;
