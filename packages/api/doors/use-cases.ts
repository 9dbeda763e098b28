import type { Json } from "@vermilion/ledger";
import type { PublicServices, Services, Submitted } from "@vermilion/member/services";
import { isWrite, type MemberRouteName, memberRoutes, onChain, type Route } from "@vermilion/protocol";
import type { ApiNeeds } from "../context/needs.ts";
import type { Waits } from "../limits/waits.ts";
import { answer, isRefused } from "./answers.ts";
import { callerOf, type MemberHandler } from "./door.ts";
import { answerWrite } from "./idempotency.ts";
import { preferredWaitMs } from "./prefer.ts";

/** Requests that wait at one time, counted apart, so that strangers who wait for receipts take no place from apps. */
export interface WaitRooms {
  readonly anybody: Waits;
  readonly apps: Waits;
}

type WriteNeeds = Pick<ApiNeeds, "baseUrl" | "calls" | "clock" | "crypto" | "log">;
/** All use cases have this form; their rows say how each is called. */
type AnyUseCase = (...asked: unknown[]) => Promise<unknown>;

function useCaseOf(services: Readonly<Record<string, unknown>>, name: MemberRouteName): AnyUseCase {
  return services[name] as AnyUseCase;
}

/** A read: the use case is asked, and its value answered. */
export function readHandler<Name extends MemberRouteName>(name: Name, waits: WaitRooms): MemberHandler<Name> {
  const route: Route = memberRoutes[name];
  return async ({ c, call, waitMs, access, services }) => {
    const caller = access === undefined || route.caller === undefined ? [] : [callerOf(access)];
    const useCase = useCaseOf(services, name);
    if (route.waits === undefined) return answer(c, route, await useCase(call, ...caller));
    const room = access === undefined ? waits.anybody : waits.apps;
    return answer(c, route, await room.during(waitMs, (ms) => useCase(call, ...caller, { waitMs: ms })));
  };
}

/** A write: asked once for its Idempotency-Key. */
export function writeHandler<Name extends MemberRouteName>(name: Name, needs: WriteNeeds): MemberHandler<Name> {
  const route: Route = memberRoutes[name];
  if (!isWrite(route)) throw new Error(`bug: ${name} is no write`);
  return async ({ c, call, bytes, access, chain, ...entered }) => {
    const services: PublicServices | Services = entered.services;
    if (access === undefined || !("submission" in services)) throw new Error(`bug: ${name} is written by nobody`);
    const waitMs = preferredWaitMs(c);
    const of = { ...callerOf(access), body: bytes, secret: route.secret ?? [], chain, services };
    return answerWrite(c, of, needs, async (idempotencyKey) => {
      const given = await useCaseOf(services, name)(call, callerOf(access), { waitMs, idempotencyKey });
      return isRefused(given) ? given : writtenBy(route, call, given as Submitted & Readonly<Record<string, Json>>, chain);
    });
  };
}

function writtenBy(
  route: Route,
  call: Readonly<Record<string, unknown>>,
  given: Submitted & Readonly<Record<string, Json>>,
  chain: string,
) {
  const extras = Object.fromEntries(
    Object.keys(route.adds ?? {}).flatMap((name) => {
      const value = given[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
  const { status, transactionHash, outcome, blockNumber, leafIndex, time } = given;
  const facts = Object.entries({ outcome, blockNumber, leafIndex, time }).filter(([, value]) => value !== undefined);
  const submitted: Submitted = { status, transactionHash, ...Object.fromEntries(facts) };
  const location = (route.location ?? "").replaceAll(/\{(\w+)\}/g, (_, name: string) => String(given[name] ?? call[name]));
  return { submitted, extras, location: onChain(location, chain) };
}
