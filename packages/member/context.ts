import type { NodeContext, NodePlatform } from "@vermilion/node/context";
import type { Files, RecordKeys } from "./ports/index.ts";

/** Everything a member needs of its platform, built in one short place per platform. */
export interface MemberPlatform extends Omit<NodePlatform, "rules"> {
  readonly recordKeys: RecordKeys;
  readonly files: Files;
}

/** A node's context and the stores that are the agency's own; the first argument of what a member does. */
export interface Context extends NodeContext {
  readonly recordKeys: RecordKeys;
  readonly files: Files;
}
