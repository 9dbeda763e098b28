import * as z from "zod";
import { memberId, names, publicJwk, sha256Hex } from "./forms.ts";
import type { Route } from "./route.ts";

export const consortiumRoutes = {
  health: {
    method: "get",
    path: "/v1/health",
    topic: "consortium",
    names: { zh: "本成员的运行状况", en: "How this member is" },
    description: "不降低可用性的问题也在此列出；应答总是 200，判断以 status 为准。Always 200: `status` tells how the member is.",
    result: z
      .object({
        member: memberId,
        status: z.enum(["ok", "degraded", "amnesic", "upgrade-needed"]),
        /** Whether it can do what is asked of it, reads and writes; false: ask another member. */
        ready: z.boolean(),
        reasons: z.array(z.object({ code: z.string(), zh: z.string(), en: z.string() })),
        chains: z.array(
          z.object({
            chain: sha256Hex,
            role: z.string(),
            term: z.int(),
            leader: z.string().nullable(),
            /** True while nothing is to be done: no messages, no ticks. */
            asleep: z.boolean(),
            height: z.int(),
            size: z.int(),
            finalSize: z.int(),
            headHash: z.string(),
            state: z.string(),
          }),
        ),
      })
      .meta({ id: "Health" }),
  },
  consortium: {
    method: "get",
    path: "/v1/consortium",
    topic: "consortium",
    names: { zh: "联盟", en: "The consortium and its chain" },
    result: z
      .object({
        name: z.string(),
        names,
        chain: sha256Hex,
        origin: z.string(),
        members: z.int(),
        majority: z.int(),
        quorum: z.int(),
        /** Corrupt members that a conflict of receipts would name at least: 2q − n. */
        accountable: z.int(),
        policy: z.string(),
      })
      .meta({ id: "Consortium" }),
  },
  members: {
    method: "get",
    path: "/v1/members",
    topic: "consortium",
    names: { zh: "联盟成员", en: "The members and their public keys" },
    result: z.object({
      items: z.array(
        z
          .object({
            id: memberId,
            names,
            uscc: z.string(),
            url: z.string(),
            keys: z.object({ sign: publicJwk, log: publicJwk, cosign: publicJwk, agree: publicJwk }),
            status: z.enum(["active", "inactive"]),
            /** How often it has rejoined after it had forgotten what it signed; absent: never. */
            incarnation: z.int(),
          })
          .meta({ id: "Member" }),
      ),
    }),
  },
} as const satisfies Readonly<Record<string, Route>>;
