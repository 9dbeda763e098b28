export type { Context, MemberPlatform } from "./context.ts";
export { openMember, type RunningMember } from "./open-member.ts";
export type { PeerDoor } from "./peers/peer-door.ts";
export * from "./ports/index.ts";
export * from "./services.ts";
