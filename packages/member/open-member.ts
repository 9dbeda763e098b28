import type { GenesisFile, NodeConfig } from "@vermilion/node/context";
import type { Invocations } from "@vermilion/node/driver/invocations";
import { openNode } from "@vermilion/node/open-node";
import { openReader as openNodeToRead } from "@vermilion/node/open-reader";
import type { Context, MemberPlatform, MemberReadingPlatform } from "./context.ts";
import { createPublicServices, createServices } from "./create-services.ts";
import { type PeerDoor, peerDoor } from "./peers/peer-door.ts";
import { createDuties } from "./requests/duties.ts";
import { chainRules } from "./rules.ts";
import type { PublicServices, Services } from "./services.ts";

/** A member on one chain. */
export interface RunningChain {
  /** Chain id, hex. */
  readonly chain: string;
  readonly services: Services;
  readonly peerDoor: PeerDoor;
  /** Begins its turns and timers, for a process that runs all the time. */
  start(): void;
  /** The same for one that lives only while it is called. */
  readonly invocations: Invocations;
  /** Leaves no timer behind. */
  close(): Promise<void>;
}

/** A member on all of its chains. */
export interface RunningMember {
  /** The main chain first. */
  readonly chains: readonly RunningChain[];
  start(): void;
  close(): Promise<void>;
}

/** What the chains of a member share of its platform. */
type Shared = "crypto" | "keys" | "clock" | "random" | "pace";

/** What one chain has of its own. */
export interface ChainPlatform extends Omit<MemberPlatform, Shared> {
  readonly genesis: GenesisFile;
}

/**
 * One member, with a node a chain. Throws `Fault` where storage fails, an Error with one sentence where a genesis does not hold; then nothing
 * is left open.
 */
export async function openMember(
  platform: Pick<MemberPlatform, Shared> & { readonly member: string },
  chains: readonly ChainPlatform[],
): Promise<RunningMember> {
  const { member, ...shared } = platform;
  const opened: RunningChain[] = [];
  const close = async () => {
    await Promise.all(opened.map((chain) => chain.close()));
  };
  try {
    for (const { genesis, ...own } of chains) opened.push(await openChain({ ...shared, ...own }, { member, genesis }));
  } catch (cause) {
    await close();
    throw cause;
  }
  return {
    chains: opened,
    start: () => {
      for (const chain of opened) chain.start();
    },
    close,
  };
}

/** A member on one chain alone. Throws as `openMember`. */
export async function openChain(platform: MemberPlatform, config: NodeConfig): Promise<RunningChain> {
  const node = await openNode({ ...platform, rules: chainRules }, config);
  const { crypto, clock, log, keys, random, peers, recordKeys, files } = platform;
  const context: Context = { ...node.facts, crypto, clock, log, keys, random, peers, recordKeys, files, ledger: node.ledger, node };
  const duties = createDuties(context);
  return {
    chain: context.chain,
    services: createServices(context),
    peerDoor: peerDoor(context),
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
