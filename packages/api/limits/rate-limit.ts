import type { Clock } from "@vermilion/node/ports/index";
import type { ApiContext } from "../context/http.ts";
import { defaultQuotas, type Quota, type Quotas } from "../context/quotas.ts";
import type { ProblemInput } from "../http/problems.ts";

/** Addresses that are remembered; beyond them the one that was heard of longest ago is forgotten, and begins anew. */
const addressesMax = 10_000;

export interface RateLimit {
  /** Counts the call and tells how much is left (draft-ietf-httpapi-ratelimit-headers-11); the refusal where nothing is. */
  take(c: ApiContext): ProblemInput | undefined;
}

/** Counts in this process alone, by address. Several processes of a member let through so many times as much. */
export function createRateLimit(name: string, { calls, windowSeconds }: Quota, clock: Pick<Clock, "now">): RateLimit {
  const counts = new Map<string, { readonly until: number; used: number }>();
  const countOf = (address: string) => {
    const now = clock.now();
    const known = counts.get(address);
    const count = known !== undefined && known.until > now ? known : { until: now + windowSeconds * 1_000, used: 0 };
    counts.delete(address);
    counts.set(address, count);
    for (const oldest of counts.keys()) if (counts.size > addressesMax) counts.delete(oldest);
    return { count, resetSeconds: Math.max(1, Math.ceil((count.until - now) / 1_000)) };
  };
  return {
    take(c) {
      const { count, resetSeconds } = countOf(networkOf(c.env?.address));
      count.used += 1;
      c.header("RateLimit-Policy", `"${name}";q=${calls};w=${windowSeconds}`);
      c.header("RateLimit", `"${name}";r=${Math.max(0, calls - count.used)};t=${resetSeconds}`);
      if (count.used <= calls) return undefined;
      c.header("Retry-After", String(resetSeconds));
      return { refused: "rate-limited", detail: `${calls} calls in ${windowSeconds} s from one address` };
    },
  };
}

export function publicLimit({ quotas = defaultQuotas, clock }: { readonly quotas?: Quotas; readonly clock: Clock }): RateLimit {
  return createRateLimit("public", quotas.public, clock);
}

/** Whoever has one address of IPv6 has 2^64 of them. */
function networkOf(address: string | undefined): string {
  if (address === undefined) return "-";
  const isV6 = address.includes(":") && !address.includes(".");
  return isV6 ? `${address.split(":").slice(0, 4).join(":")}::/64` : address;
}
