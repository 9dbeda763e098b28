import type { Clock } from "@vermilion/node/ports/index";
import type { ApiContext } from "./context.ts";
import { problem } from "./problems.ts";

/** Calls that one address may make in a window of time without an account. */
export interface Quota {
  readonly calls: number;
  readonly windowSeconds: number;
}

/** By what is asked for: a token costs a signature check, a public read mostly nothing. */
export interface Quotas {
  readonly public: Quota;
  readonly token: Quota;
}

export const defaultQuotas: Quotas = { public: { calls: 1_200, windowSeconds: 60 }, token: { calls: 300, windowSeconds: 60 } };

/** Addresses that are remembered; beyond them the one that was heard of longest ago is forgotten, and begins anew. */
const addressesMax = 10_000;

export interface RateLimit {
  /** Counts the call and tells how much is left (draft-ietf-httpapi-ratelimit-headers-11); a 429 where nothing is. */
  take(c: ApiContext): Response | undefined;
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
      return problem(c, { refused: "rate-limited", detail: `${calls} calls in ${windowSeconds} s from one address` });
    },
  };
}

/** Whoever has one address of IPv6 has 2^64 of them. */
function networkOf(address: string | undefined): string {
  if (address === undefined) return "-";
  const isV6 = address.includes(":") && !address.includes(".");
  return isV6 ? `${address.split(":").slice(0, 4).join(":")}::/64` : address;
}
