import type { App, Apps } from "@vermilion/member/ports/index";
import type { Clock } from "@vermilion/node/ports/index";
import { scopes as allScopes, isScope } from "@vermilion/protocol";
import { z } from "zod";

const appName = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/);
const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const appKey = z.strictObject({
  kid: coordinate,
  jwk: z.strictObject({ kty: z.literal("EC"), crv: z.literal("P-256"), x: coordinate, y: coordinate, kid: coordinate }),
});
const scopes = z.array(z.string().min(1).max(128)).min(1).max(64);

/** What the owner of a member may ask about its apps, over a door that is the owner's alone and never over HTTP. */
export const appRequests = [
  z.strictObject({ command: z.literal("app-list") }),
  z.strictObject({ command: z.literal("app-add"), app: appName, key: appKey, scopes }),
  z.strictObject({ command: z.literal("app-rotate"), app: appName, key: appKey, keepOld: z.boolean() }),
  z.strictObject({ command: z.literal("app-disable"), app: appName }),
  z.strictObject({ command: z.literal("app-enable"), app: appName }),
] as const;
const appRequest = z.discriminatedUnion("command", appRequests);
export type AppRequest = z.infer<typeof appRequest>;

export type AdminAnswer = { readonly ok: true; readonly value: unknown } | AdminRefusal;
export interface AdminRefusal {
  readonly ok: false;
  readonly code: string;
  readonly detail: string;
}

/** Answers a parsed request. */
export async function answerAppRequest(request: AppRequest, needs: { readonly apps: Apps; readonly clock: Clock }): Promise<AdminAnswer> {
  if (request.command === "app-list") return { ok: true, value: await needs.apps.list() };
  const known = await needs.apps.get(request.app);
  const changed = changedApp(request, known, needs.clock.now());
  if ("code" in changed) return changed;
  await needs.apps.put(changed);
  return { ok: true, value: changed };
}

type AppChange = Exclude<AppRequest, { readonly command: "app-list" }>;

function changedApp(request: AppChange, known: App | undefined, now: number): App | AdminRefusal {
  if (request.command === "app-add") {
    if (known !== undefined)
      return refuse("app-exists", `there is an app "${request.app}" already; rotate its key, or choose another name`);
    const strange = request.scopes.find((scope) => !isScope(scope));
    if (strange !== undefined) return refuse("unknown-scope", `unknown scope "${strange}"; there are: ${allScopes.join(", ")}`);
    return { id: request.app, name: request.app, keys: [request.key], scopes: request.scopes, disabled: false, createdAt: now };
  }
  if (known === undefined) return refuse("unknown-app", `no app "${request.app}"`);
  switch (request.command) {
    case "app-disable":
      return { ...known, disabled: true };
    case "app-enable":
      return { ...known, disabled: false };
    case "app-rotate":
      return { ...known, keys: [request.key, ...keysThatStay(known, request.keepOld)] };
  }
}

/**
 * The newest key goes on working until the next rotation, so that a running app can change over. Of a disabled app none does: whoever
 * disabled it may have done so because of a stolen key, and enabling it must not bring that key back.
 */
function keysThatStay(known: App, keepOld: boolean): App["keys"] {
  return keepOld && !known.disabled ? known.keys.slice(0, 1) : [];
}

function refuse(code: string, detail: string): AdminRefusal {
  return { ok: false, code, detail };
}
