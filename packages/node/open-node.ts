import { originOf, thumbprint } from "@vermilion/ledger";
import { type NodeDoor, nodeDoor } from "./answer-peer.ts";
import { publishUpToHead } from "./chain/commit.ts";
import type { NodeConfig, NodeContext, NodePlatform } from "./context.ts";
import { Driver } from "./driver/driver.ts";
import { KnownEntries } from "./entries/known-entries.ts";
import { Fault } from "./fault.ts";
import { checkGenesis, type Genesis } from "./founding/genesis.ts";

/** A member's replica of one chain. */
export interface Node {
  readonly context: NodeContext;
  readonly driver: Driver;
  readonly door: NodeDoor;
}

/** Opens the replica, with height 0 in place. Throws `Fault` where storage fails, an Error with one sentence where the genesis does not hold. */
export async function openNode(platform: NodePlatform, config: NodeConfig): Promise<Node> {
  const genesis = genesisOf(platform, config);
  const context = contextOf(platform, config, genesis);
  await storeGenesis(context, genesis);
  const driver = new Driver(context);
  return { context, driver, door: nodeDoor(context, driver) };
}

/** The same for a process that may only read: it takes no turn and stores nothing. */
export function openNodeToRead(platform: NodePlatform, config: NodeConfig): Omit<Node, "door"> {
  const context = contextOf(platform, config, genesisOf(platform, config));
  return { context, driver: new Driver(context) };
}

function genesisOf(platform: NodePlatform, config: NodeConfig): Genesis {
  const genesis = checkGenesis(config.genesis, platform.crypto, platform.rules);
  if ("refused" in genesis) throw new Error(`genesis: ${genesis.detail}`);
  return genesis;
}

export function contextOf(platform: NodePlatform, config: NodeConfig, genesis: Genesis): NodeContext {
  const { crypto, keys } = platform;
  const self = genesis.membership.members.get(config.member);
  if (self === undefined) throw new Error(`genesis: ${config.member} is not a member of this consortium`);
  const signThumbprint = thumbprint(keys.public.sign, crypto);
  if (signThumbprint !== thumbprint(self.keys.sign, crypto)) throw new Error(`genesis: the keys here are not those of ${config.member}`);
  const { founding, chain, membership } = genesis;
  return {
    ...platform,
    entries: new KnownEntries(crypto),
    member: config.member,
    chain,
    consortium: founding.name,
    origin: originOf(founding.name, chain),
    quorum: membership.quorum,
    policyText: membership.policyText,
    founders: membership.members,
    signThumbprint,
  };
}

/** Puts height 0 in place; on a store that already has it, makes sure that it is the same. */
async function storeGenesis(context: NodeContext, genesis: Genesis): Promise<void> {
  const { block } = genesis;
  const head = await context.ledger.head();
  if (head === undefined) {
    await context.ledger.saveBlock(block);
    await context.ledger.moveHead(null, [{ height: 0, hash: block.after.hash }]);
  }
  const [stored] = await context.ledger.hashesFrom(0, 1);
  if (stored !== block.after.hash) throw new Fault("storage-failed", "the ledger here is of another chain than this genesis");
  await publishUpToHead(context);
}
