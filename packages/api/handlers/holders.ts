import { memberRoutes, reachOf } from "@vermilion/protocol";
import { answer } from "../doors/answers.ts";
import { callerOf, type MemberHandler } from "../doors/door.ts";

/** With fields for whoever may read them and names the person who does: without one there is the register alone. */
export const certificatesOfHolder: MemberHandler<"certificatesOfHolder"> = async ({ c, call, access, services }) => {
  const reach = reachOf(access.scopes, ["fields:read"]);
  const readsType = (type: string) => reach === "all" || (reach !== "none" && reach.has(type));
  const reader = access.operator === "" ? undefined : { caller: callerOf(access), readsType };
  return answer(c, memberRoutes.certificatesOfHolder, await services.certificatesOfHolder(call, reader));
};
