import { answerAppRequest, appRequests } from "@vermilion/api/sign-in/apps";
import type { Apps } from "@vermilion/member/ports/index";
import type { Clock } from "@vermilion/node/ports/index";
import { z } from "zod";
import { adminSocket, dataPaths } from "../config/paths.ts";
import { findSocketPlace } from "../sockets/address.ts";
import { askSocket, type SocketAnswer } from "../sockets/door.ts";

/** What the owner of the computer may ask of a running member, over its owner-only socket and never over HTTP. */
const adminRequest = z.discriminatedUnion("command", [...appRequests, z.strictObject({ command: z.literal("stop") })]);
export type AdminRequest = z.infer<typeof adminRequest>;

/** Answers requests of the admin socket; `stop` begins the member's drain. */
export function adminDoor(needs: { readonly apps: Apps; readonly clock: Clock; readonly stop: () => void }) {
  return async (raw: unknown): Promise<SocketAnswer> => {
    const parsed = adminRequest.safeParse(raw);
    if (!parsed.success) return { ok: false, code: "bad-request", detail: "not a command of this socket" };
    const request = parsed.data;
    if (request.command !== "stop") return answerAppRequest(request, needs);
    // After the answer has been handed to the socket, which closes with the member.
    setImmediate(needs.stop);
    return { ok: true, value: "stopping" };
  };
}

/** Asks a running member. Undefined: it does not run. */
export function askMember(data: string, member: string, request: AdminRequest, timeoutMs: number): Promise<SocketAnswer | undefined> {
  return askSocket(findSocketPlace(dataPaths(data).member(member).home, adminSocket), request, timeoutMs);
}
