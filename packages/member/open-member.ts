import type { GenesisFile, NodeConfig } from "@vermilion/node/context";
import { createInvocations, type Invocations } from "@vermilion/node/driver/invocations";
import { openNode, openNodeToRead } from "@vermilion/node/open-node";
import type { Context, MemberPlatform } from "./context.ts";
import { createServices } from "./create-services.ts";
import { type PeerDoor, peerDoor } from "./peers/peer-door.ts";
import { createDuties } from "./requests/duties.ts";
import { chainRules } from "./rules.ts";
import type { Services } from "./services.ts";

/** A member on one chain. */
export interface RunningChain {
  /** Chain id, hex. */
  readonly chain: string;
  readonly services: Services;
  readonly peerDoor: PeerDoor;
  /** Begins its turns and timers, for a process that runs all the time. */
  start(): void;
  /** The same for one that lives only while it is called. */
  readonly bursts: Invocations;
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
  const { driver } = node;
  const context: Context = { ...platform, ...node.context };
  const duties = createDuties(context, driver);
  return {
    chain: context.chain,
    services: createServices(context, driver),
    peerDoor: peerDoor(context, driver, node.door),
    bursts: createInvocations(context, driver, duties),
    start: () => {
      driver.start();
      duties.start();
    },
    close: async () => {
      duties.close();
      await driver.close();
    },
  };
}

/**
 * What a process that may only read needs of a member: its answers to those who have no account. It takes no turn, so a look-up that waits
 * sees what others commit.
 */
export async function openReader(
  platform: MemberPlatform,
  config: NodeConfig,
): Promise<{ readonly services: Services; readonly chain: string }> {
  const node = openNodeToRead({ ...platform, rules: chainRules }, config);
  return { services: createServices({ ...platform, ...node.context }, node.driver), chain: node.context.chain };
}
