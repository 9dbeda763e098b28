import { isScope } from "@vermilion/api/scopes";
import type { App, Apps, Clock } from "@vermilion/member/ports/index";
import { z } from "zod";
import { allScopes, appName } from "./config-schemas.ts";
import { adminSocket, dataPaths } from "./paths.ts";
import { askSocket, type SocketAnswer } from "./socket-door.ts";
import { findSocketPlace } from "./socket-place.ts";

const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const appKey = z.strictObject({
  kid: coordinate,
  jwk: z.strictObject({ kty: z.literal("EC"), crv: z.literal("P-256"), x: coordinate, y: coordinate, kid: coordinate }),
});
const scopes = z.array(z.string().min(1).max(128)).min(1).max(64);

/** What the owner of the computer may ask of a running member, over its owner-only socket and never over HTTP. */
const adminRequest = z.discriminatedUnion("command", [
  z.strictObject({ command: z.literal("app-list") }),
  z.strictObject({ command: z.literal("app-add"), app: appName, key: appKey, scopes }),
  z.strictObject({ command: z.literal("app-rotate"), app: appName, key: appKey, keepOld: z.boolean() }),
  z.strictObject({ command: z.literal("app-disable"), app: appName }),
  z.strictObject({ command: z.literal("app-enable"), app: appName }),
  z.strictObject({ command: z.literal("stop") }),
]);
export type AdminRequest = z.infer<typeof adminRequest>;

/** Answers requests of the admin socket; `stop` begins the member's drain. */
export function adminDoor(needs: { readonly apps: Apps; readonly clock: Clock; readonly stop: () => void }) {
  return async (raw: unknown): Promise<SocketAnswer> => {
    const parsed = adminRequest.safeParse(raw);
    if (!parsed.success) return refuse("bad-request", "not a command of this socket");
    const request = parsed.data;
    if (request.command === "app-list") return { ok: true, value: await needs.apps.list() };
    if (request.command === "stop") {
      // After the answer has been handed to the socket, which closes with the member.
      setImmediate(needs.stop);
      return { ok: true, value: "stopping" };
    }
    const known = await needs.apps.get(request.app);
    const changed = changedApp(request, known, needs.clock.now());
    if ("code" in changed) return changed;
    await needs.apps.put(changed);
    return { ok: true, value: changed };
  };
}

type AppChange = Exclude<AdminRequest, { readonly command: "app-list" | "stop" }>;

function changedApp(request: AppChange, known: App | undefined, now: number): App | (SocketAnswer & { readonly code: string }) {
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

function refuse(code: string, detail: string): SocketAnswer & { readonly ok: false; readonly code: string } {
  return { ok: false, code, detail };
}

/** Asks a running member. Undefined: it does not run. */
export function askMember(data: string, member: string, request: AdminRequest, timeoutMs: number): Promise<SocketAnswer | undefined> {
  return askSocket(findSocketPlace(dataPaths(data).member(member).home, adminSocket), request, timeoutMs);
}
