import { toHex, utf8 } from "@vermilion/ledger";
import { memberRoutes } from "@vermilion/protocol";
import type { PublicNeeds } from "../context/needs.ts";
import { answer } from "../doors/answers.ts";
import type { MemberHandler } from "../doors/door.ts";
import type { WaitRooms } from "../doors/use-cases.ts";
import { refusedProblem } from "../http/problems.ts";

/** A receipt is a text file for everybody who does not ask for JSON, browsers included. */
export function receiptOf(waits: WaitRooms): MemberHandler<"receipt"> {
  return async ({ c, call, waitMs, services }) => {
    const found = await waits.anybody.during(waitMs, (ms) => services.receipt(call, { waitMs: ms }));
    if ("refused" in found) return refusedProblem(c, found);
    c.header("Vermilion-Final", `${found.final}`);
    c.header("Cache-Control", found.final ? "public, max-age=3600" : "no-store");
    c.header("Vary", "Accept", { append: true });
    return wantsJson(c.req.header("accept")) ? answer(c, memberRoutes.receipt, found) : c.text(found.receipt);
  };
}

function wantsJson(accept: string | undefined): boolean {
  return (accept ?? "").split(",").some((range) => range.split(";")[0]?.trim().toLowerCase() === "application/json");
}

/** Token Status List (draft-ietf-oauth-status-list): a JWT that anybody may keep for a while, and that tells nobody whose status was looked up. */
export function statusListOf({ crypto }: Pick<PublicNeeds, "crypto">): MemberHandler<"statusList"> {
  return async ({ c, call, services }) => {
    const found = await services.statusList(call);
    if ("refused" in found) {
      if (found.refused !== "status-list-elsewhere") return refusedProblem(c, found);
      return c.redirect(`${found.detail}${call.time === undefined ? "" : `?time=${call.time}`}`, 307);
    }
    const etag = `"${toHex(crypto.sha256(utf8(found.token))).slice(0, 32)}"`;
    c.header("ETag", etag);
    c.header("Cache-Control", `public, max-age=${found.ttl}`);
    if (c.req.header("if-none-match") === etag) return c.body(null, 304);
    return c.body(found.token, 200, { "Content-Type": "application/statuslist+jwt" });
  };
}
