import { type ProblemCode, problemCodes, problemTable } from "./problems/index.ts";
import { audienceOf, isWrite, needsOperator, queryShapeOf, type Route } from "./route.ts";

const jsonCodes = ["invalid-utf8", "not-json", "duplicate-key", "too-deep", "not-an-integer", "lone-surrogate"] as const;
const bodyCodes = ["body-too-large", "body-too-slow", "unsupported-content-type"] as const;
const tokenCodes = ["token-missing", "token-invalid", "token-expired", "token-foreign", "app-disabled", "scope-too-narrow"] as const;
const peerCodes = problemCodes.filter((code) => code.startsWith("peer-") && problemTable[code].status === 401);
const faults = ["storage-failed", "keys-unavailable", "peer-unreachable", "upgrade-needed", "draining", "internal"] as const;
const writeCodes = [
  "idempotency-key-missing",
  "idempotency-key-malformed",
  "idempotency-key-reused",
  "call-running",
  "duplicate-entry",
  "expired",
  "entry-from-the-future",
  "revoked-key",
  "too-many-refusals",
  "not-a-member",
  "storage-full",
  "storage-read-only",
  "stale-turn",
] as const;

/** Every code that a route may answer: those of its use case, and those that follow from what its row says. */
export function problemsOf(route: Route, { isOfChain }: { readonly isOfChain: boolean }): readonly ProblemCode[] {
  const audience = audienceOf(route);
  const hasJson = route.body !== undefined || route.wholeBody !== undefined || route.lines !== undefined;
  return [
    ...new Set<ProblemCode>([
      ...(route.refusals ?? []),
      ...faults,
      ...(audience === "public" ? (["rate-limited"] as const) : []),
      ...(audience === "app" ? tokenCodes : []),
      ...(audience === "peer" ? peerCodes : []),
      ...(needsOperator(route) ? (["operator-missing", "operator-malformed"] as const) : []),
      ...(isOfChain ? (["unknown-chain"] as const) : []),
      ...(isOfChain || route.params !== undefined ? (["malformed-path"] as const) : []),
      ...(Object.keys(queryShapeOf(route)).length > 0 ? (["malformed-query"] as const) : []),
      ...(hasJson ? (["malformed-body", ...bodyCodes, ...jsonCodes] as const) : []),
      ...(route.upload === true ? bodyCodes : []),
      ...(isWrite(route) ? writeCodes : []),
    ]),
  ];
}
