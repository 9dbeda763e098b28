import type { NodeConfig } from "@vermilion/node/context";
import { createInvocations, type Invocations } from "@vermilion/node/driver/invocations";
import { openNode, openNodeToRead } from "@vermilion/node/open-node";
import type { Context, MemberPlatform } from "./context.ts";
import { createServices } from "./create-services.ts";
import { type PeerDoor, peerDoor } from "./peers/peer-door.ts";
import { createDuties } from "./requests/duties.ts";
import { chainRules } from "./rules.ts";
import type { Services } from "./services.ts";

export interface RunningMember {
  readonly services: Services;
  readonly peerDoor: PeerDoor;
  /** Chain id, hex. */
  readonly chain: string;
  /** Begins its turns and timers, for a process that runs all the time. */
  start(): void;
  /** The same for one that lives only while it is called. */
  readonly bursts: Invocations;
  close(): Promise<void>;
}

/** One member on one chain over a platform. Throws `Fault` where storage fails, an Error with one sentence where the genesis does not hold. */
export async function openMember(platform: MemberPlatform, config: NodeConfig): Promise<RunningMember> {
  const node = await openNode({ ...platform, rules: chainRules }, config);
  const { driver } = node;
  const context: Context = { ...platform, ...node.context };
  const duties = createDuties(context, driver);
  return {
    services: createServices(context, driver),
    peerDoor: peerDoor(context, driver, node.door),
    chain: context.chain,
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
