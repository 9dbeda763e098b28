import type { ChainFacts, NodePlatform, ReadingPlatform } from "@vermilion/node/context";
import type { Node } from "@vermilion/node/open-node";
import type { NodeReader } from "@vermilion/node/open-reader";
import type { LedgerReads } from "@vermilion/node/ports/index";
import type { Files, RecordKeys } from "./ports/index.ts";

/** Everything a member needs of its platform, built in one short place per platform. */
export interface MemberPlatform extends Omit<NodePlatform, "rules"> {
  readonly recordKeys: RecordKeys;
  readonly files: Files;
}

/** The same for a process that answers those who have no account, and does nothing else. */
export type MemberReadingPlatform = Omit<ReadingPlatform, "rules">;

/** What is known of one chain; the first argument of what a member only reads. */
export interface ReadingContext extends ChainFacts, Pick<MemberReadingPlatform, "crypto" | "clock" | "log"> {
  readonly ledger: LedgerReads;
  readonly node: NodeReader;
}

/** One chain's node, and the ports and stores that are the agency's own; the first argument of what a member does. */
export interface Context extends ReadingContext, Pick<MemberPlatform, "keys" | "random" | "peers" | "recordKeys" | "files"> {
  readonly node: Node;
}
