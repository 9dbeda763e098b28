import type { Caller, PublicServices, Services } from "@vermilion/member/services";
import {
  type Call,
  chainPathOf,
  type DoorRouteName,
  isOfChain,
  type MemberRouteName,
  mainChain,
  memberRoutes,
  type PublicRouteName,
  type Route,
  type RouteName,
  type Routes,
  routes,
} from "@vermilion/protocol";
import type { Hono } from "hono";
import type { ApiContext, ApiEnv } from "../context/http.ts";
import type { Access, Chains } from "../context/needs.ts";
import { type ProblemInput, problem } from "../http/problems.ts";
import { typeOfCall } from "./about.ts";
import { challenge, type Guard, type Passed } from "./guards.ts";
import { type CallParser, callParser } from "./parse.ts";

/** What stands behind a route: a process of public routes has no more. */
export type ServicesOf<Name extends MemberRouteName> = Name extends PublicRouteName ? PublicServices : Services;

/** What a handler gets: everything that crossed the wall, parsed and typed. */
export interface Entered<Name extends RouteName> {
  readonly c: ApiContext;
  readonly call: Call<Name>;
  /** How long the caller would wait for something to happen. */
  readonly waitMs: number;
  /** The body as it came, where it was JSON. */
  readonly bytes: Uint8Array;
  readonly access: Routes[Name] extends { readonly scopes: readonly string[] } ? Access : undefined;
}

/** And what stands behind a route of a chain. */
export interface EnteredChain<Name extends MemberRouteName> extends Entered<Name> {
  readonly services: ServicesOf<Name>;
  /** As paths of it are written: its id, or `main`. */
  readonly chain: string;
}

export type DoorHandler<Name extends DoorRouteName> = (entered: Entered<Name>) => Promise<Response>;
export type MemberHandler<Name extends MemberRouteName> = (entered: EnteredChain<Name>) => Promise<Response>;

/** Who may pass to which routes: without a guard for apps, their routes are not served here. */
export interface Guards {
  readonly anybody: Guard;
  readonly apps?: Guard;
}

/** Mounts a route that the doors answer by themselves. Its checks stand before the handler in one order, so that no route can forget one. */
export function mountDoor<Name extends DoorRouteName>(app: Hono<ApiEnv>, guards: Guards, name: Name, handler: DoorHandler<Name>): void {
  const route: Route = routes[name];
  const guard = guardOf(route, guards);
  if (guard === undefined) return;
  const parser = callParser(route);
  mount(app, route, route.path, async (c) => {
    const passed = await guard(c, route);
    if ("refused" in passed) return problem(c, passed);
    const parsed = await parse(c, parser);
    return "refused" in parsed ? problem(c, parsed) : handler({ c, ...parsed, ...accessOf(passed) } as Entered<Name>);
  });
}

/** Mounts a route behind which a use case stands: at its own path for the main chain, and for every chain at that chain's. */
export function mountMemberRoute<Name extends MemberRouteName>(
  app: Hono<ApiEnv>,
  guards: Guards,
  chains: Chains<{ readonly services: ServicesOf<Name> }>,
  name: Name,
  handler: MemberHandler<Name>,
): void {
  const route: Route = memberRoutes[name];
  const guard = guardOf(route, guards);
  if (guard === undefined) return;
  const parser = callParser(route);
  const handle = async (c: ApiContext): Promise<Response> => {
    const passed = await guard(c, route);
    if ("refused" in passed) return problem(c, passed);
    const chain = chainOf(c, chains);
    if ("refused" in chain) return problem(c, chain);
    const parsed = await parse(c, parser);
    if ("refused" in parsed) return problem(c, parsed);
    if (!(await isWithinReach(passed, route, parsed.call, chain.services)))
      return problem(c, challenge(c, { refused: "scope-too-narrow" }, route.scopes ?? []));
    return handler({ c, ...parsed, ...chain, ...accessOf(passed) } as EnteredChain<Name>);
  };
  mount(app, route, route.path, handle);
  if (isOfChain(name)) mount(app, route, chainPathOf(route.path), handle);
}

function guardOf(route: Route, { anybody, apps }: Guards): Guard | undefined {
  return route.scopes === undefined ? anybody : apps;
}

function mount(app: Hono<ApiEnv>, { method, tail }: Route, path: string, handler: (c: ApiContext) => Promise<Response>): void {
  const pattern = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => (name === tail ? `:${name}{.+}` : `:${name}`));
  app.on([method], [pattern], async (c) => {
    c.set("route", path);
    return handler(c);
  });
}

interface ParsedCall {
  readonly call: Readonly<Record<string, unknown>>;
  readonly waitMs: number;
  readonly bytes: Uint8Array;
}

async function parse(c: ApiContext, parser: CallParser): Promise<ParsedCall | ProblemInput> {
  const address = parser.address(c);
  if ("refused" in address) return address;
  const body = await parser.body(c);
  if ("refused" in body) return body;
  return { call: { ...address.value.given, ...body.value.given }, waitMs: address.value.waitMs, bytes: body.value.bytes };
}

function accessOf({ access }: Passed): { readonly access: Access | undefined } {
  return { access };
}

const chainForm = /^(?:main|[0-9a-f]{64})$/;

function chainOf<Services>(
  c: ApiContext,
  chains: Chains<{ readonly services: Services }>,
): { readonly services: Services; readonly chain: string } | ProblemInput {
  const named = c.req.param("chain") ?? mainChain;
  if (!chainForm.test(named)) return { refused: "malformed-path", problems: [] };
  const id = named === mainChain ? chains.main : named;
  const found = chains.of(id);
  if (found === undefined) return { refused: "unknown-chain" };
  if (c.req.param("chain") !== undefined) c.set("chain", id);
  return { services: found.services, chain: id === chains.main ? mainChain : id };
}

/** A token may be narrowed to certificate types: then the call must be about one of them. */
async function isWithinReach(
  { reach }: Passed,
  route: Route,
  call: Readonly<Record<string, unknown>>,
  services: PublicServices | Services,
): Promise<boolean> {
  if (reach === "all" || route.about === "any") return true;
  // Who has a token calls what only apps may call.
  if (!("certificate" in services)) return false;
  const type = await typeOfCall(route, call, services);
  return type !== undefined && reach.has(type);
}

export function callerOf({ app, operator }: Access): Caller {
  return { app, operator };
}
