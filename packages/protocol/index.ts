import { accountRoutes } from "./accounts.ts";
import { certificateRoutes } from "./certificates.ts";
import { consortiumRoutes } from "./consortium.ts";
import { doorRoutes } from "./doors.ts";
import { evidenceRoutes } from "./evidence.ts";
import { fileRoutes } from "./files.ts";
import { ledgerRoutes } from "./ledger.ts";
import { lifeRoutes } from "./life.ts";
import { proofRoutes } from "./proofs.ts";
import { requestRoutes } from "./requests.ts";
import type { CallInputOf, CallOf, ExtrasOf, RefusalOf, ResultOf, Route } from "./route.ts";
import { statisticsRoutes } from "./statistics.ts";
import { typeRoutes } from "./types.ts";

export { chainPathOf, mainChain, onChain } from "./chains.ts";
export { isProblemCode, type ProblemCode, type ProblemRow, type ProblemStatus, problemCodes, problemTable } from "./problems/index.ts";
export { type Audience, audienceOf, type DeepReadonly, isWrite, needsOperator, type Route, type Shape } from "./route.ts";
export { isScope, reachOf, type Scope, scopes, scopeTitles } from "./scopes.ts";
export { type Topic, topics } from "./topics.ts";

/** Routes that a use case of the member stands behind. */
export const memberRoutes = {
  ...consortiumRoutes,
  ...typeRoutes,
  ...certificateRoutes,
  ...lifeRoutes,
  ...requestRoutes,
  ...accountRoutes,
  ...fileRoutes,
  ...evidenceRoutes,
  ...ledgerRoutes,
  ...statisticsRoutes,
  ...proofRoutes,
} as const satisfies Readonly<Record<string, Route>>;

/** Every route of the API, by its name: the client's method, and the operation's id in the OpenAPI document. */
export const routes = { ...memberRoutes, ...doorRoutes } as const satisfies Readonly<Record<string, Route>>;

export type MemberRoutes = typeof memberRoutes;
export type Routes = typeof routes;
export type MemberRouteName = keyof MemberRoutes;
export type DoorRouteName = keyof typeof doorRoutes;
export type RouteName = keyof Routes;

/** Routes of a chain that anybody may call and whose answers are not signed for: a process that may only read serves them. */
export type PublicRouteName = {
  [Name in MemberRouteName]: MemberRoutes[Name] extends { readonly scopes: readonly string[] } | { readonly signs: true } ? never : Name;
}[MemberRouteName];

export function isPublicRoute(name: MemberRouteName): name is PublicRouteName {
  const { scopes, signs }: Route = memberRoutes[name];
  return scopes === undefined && signs !== true;
}

export type Call<Name extends RouteName> = CallOf<Routes[Name]>;
export type CallInput<Name extends RouteName> = CallInputOf<Routes[Name]>;
export type Result<Name extends RouteName> = ResultOf<Routes[Name]>;
export type Extras<Name extends RouteName> = ExtrasOf<Routes[Name]>;
export type RefusalCodeOf<Name extends RouteName> = RefusalOf<Routes[Name]>;

/** Routes of a chain, and not of the member as a whole. */
export function isOfChain(name: RouteName): boolean {
  return Object.hasOwn(memberRoutes, name);
}
