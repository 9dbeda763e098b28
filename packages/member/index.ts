export type { Context, MemberPlatform } from "./context.ts";
export { type ChainPlatform, openChain, openMember, type RunningChain, type RunningMember } from "./open-member.ts";
export type { PeerDoor } from "./peers/peer-door.ts";
export * from "./ports/index.ts";
export * from "./services.ts";
