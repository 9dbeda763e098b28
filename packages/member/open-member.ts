import type { NodeConfig } from "@vermilion/node/context";
import type { Invocations } from "@vermilion/node/driver/invocations";
import { openNode } from "@vermilion/node/open-node";
import { openReader as openNodeToRead } from "@vermilion/node/open-reader";
import type { Context, MemberPlatform, MemberReadingPlatform } from "./context.ts";
import { createPublicServices, createServices } from "./create-services.ts";
import { type PeerDoor, peerDoor } from "./peers/peer-door.ts";
import { createDuties } from "./requests/duties.ts";
import { chainRules } from "./rules.ts";
import type { PublicServices, Services } from "./services.ts";

export interface RunningMember {
  readonly services: Services;
  readonly peerDoor: PeerDoor;
  /** Chain id, hex. */
  readonly chain: string;
  /** Begins its turns and timers, for a process that runs all the time. */
  start(): void;
  /** The same for one that lives only while it is called. */
  readonly invocations: Invocations;
  /** Leaves no timer behind. */
  close(): Promise<void>;
}

/** One member on one chain over a platform. Throws `Fault` where storage fails, an Error with one sentence where the genesis does not hold. */
export async function openMember(platform: MemberPlatform, config: NodeConfig): Promise<RunningMember> {
  const node = await openNode({ ...platform, rules: chainRules }, config);
  const { crypto, clock, log, keys, random, peers, recordKeys, files } = platform;
  const context: Context = { ...node.facts, crypto, clock, log, keys, random, peers, recordKeys, files, ledger: node.ledger, node };
  const duties = createDuties(context);
  return {
    services: createServices(context),
    peerDoor: peerDoor(context),
    chain: context.chain,
    invocations: node.invocations(duties),
    start: () => {
      node.start();
      duties.start();
    },
    close: async () => {
      duties.close();
      await node.close();
    },
  };
}

/**
 * What a process that may only read needs of a member: its answers to those who have no account. It takes no turn, so a look-up that waits
 * sees what others commit.
 */
export function openReader(
  { crypto, clock, log, ...platform }: MemberReadingPlatform,
  config: NodeConfig,
): { readonly services: PublicServices; readonly chain: string } {
  const node = openNodeToRead({ crypto, clock, log, ...platform, rules: chainRules }, config);
  return { services: createPublicServices({ ...node.facts, crypto, clock, log, ledger: node.ledger, node }), chain: node.facts.chain };
}
