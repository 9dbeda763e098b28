import {
  type CallInput,
  isOfChain,
  isWrite,
  onChain,
  type Result,
  type Route,
  type RouteName,
  type Routes,
  routes,
} from "@vermilion/protocol";
import { textOf } from "@vermilion/protocol/texts";
import type { CallOptions, WriteOptions } from "./options.ts";
import { parsedAnswer, type Transport, type TransportCall } from "./transport.ts";
import { writeOnce } from "./write-once.ts";

/** Routes that are no call of a program at a member: sign-in is done by the client itself, a bulk call is `bulk`, members call each other. */
type NoCall = "token" | "peerCall" | "bulkCertificates" | "docs" | "docsFile";
export type CallName = Exclude<RouteName, NoCall>;

type OptionsOf<Name extends CallName> = Routes[Name] extends { readonly makes: string } ? WriteOptions : CallOptions;
/** A call that needs nothing may be made without it. */
type Asked<Name extends CallName> =
  object extends CallInput<Name> ? [call?: CallInput<Name>, options?: OptionsOf<Name>] : [call: CallInput<Name>, options?: OptionsOf<Name>];

/**
 * Every call of the API, as its row in the protocol says: one method a route, which takes the members of path, query and body together and
 * answers the row's result. Each throws `ClientProblem`.
 */
export type Calls = { readonly [Name in CallName]: (...asked: Asked<Name>) => Promise<Result<Name>> };

const noCall: ReadonlySet<string> = new Set<NoCall>(["token", "peerCall", "bulkCertificates", "docs", "docsFile"]);

function isCallName(name: RouteName): name is CallName {
  return !noCall.has(name);
}

type GivenCall = Readonly<Record<string, unknown>>;

export function callsOf(transport: Transport, chain: string): Calls {
  const calls: { [Name in CallName]?: unknown } = {};
  for (const name of (Object.keys(routes) as RouteName[]).filter(isCallName)) {
    const route: Route = routes[name];
    calls[name] = async (call: GivenCall = {}, options: WriteOptions = {}) => {
      const request = { ...requestOf(name, call, chain), ...(options.signal === undefined ? {} : { signal: options.signal }) };
      return isWrite(route) ? writeOnce(transport, request, options, chain) : resultOf(route, transport, request);
    };
  }
  return calls as Calls;
}

/** The call over HTTP. What is in no path and no query is in the body: the member refuses what it does not know. */
export function requestOf(name: RouteName, call: GivenCall, chain: string): TransportCall {
  const route: Route = routes[name];
  const path = pathOf(route, call);
  const rest = Object.fromEntries(
    Object.entries(call).filter(([key, value]) => value !== undefined && !Object.hasOwn(route.params ?? {}, key)),
  );
  const request = {
    method: route.method.toUpperCase() as TransportCall["method"],
    path: isOfChain(name) ? onChain(path, chain) : path,
    access: route.scopes === undefined ? "public" : "app",
  } as const;
  const [whole] = Object.keys(route.wholeBody ?? {});
  if (whole !== undefined) return { ...request, body: rest[whole] };
  if (route.upload === true) return { ...request, bytes: rest["bytes"] as Uint8Array };
  if (route.body !== undefined) return { ...request, body: rest };
  return { ...request, query: Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, textOf(value)])) };
}

/** Identifiers and hashes go in as they are, anything else is escaped. */
function pathOf({ path, tail }: Route, call: GivenCall): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const text = textOf(call[name]);
    return name === tail ? text.split("/").map(encodeURIComponent).join("/") : encodeURIComponent(text);
  });
}

async function resultOf({ media }: Route, transport: Transport, request: TransportCall): Promise<unknown> {
  const answer = await transport.send(request);
  const [type = "application/json"] = media ?? [];
  if (type === "application/json") return parsedAnswer(answer);
  return type === "application/octet-stream" ? answer.bytes : answer.text;
}
