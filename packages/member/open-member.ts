import { originOf, thumbprint } from "@vermilion/ledger";
import { publishUpToHead } from "./chain/commit.ts";
import { KnownEntries } from "./chain/known-entries.ts";
import type { Context, MemberConfig, MemberPlatform } from "./context.ts";
import { Fault } from "./fault.ts";
import { checkGenesis, type Genesis } from "./founding/genesis.ts";
import { type PeerDoor, peerDoor } from "./peers/peer-door.ts";
import { createDuties } from "./records/duties.ts";
import type { Services } from "./services.ts";
import { type Bursts, createBursts } from "./turns/bursts.ts";
import { Driver } from "./turns/driver.ts";
import { createServices } from "./use-cases/index.ts";

export interface RunningMember {
  readonly services: Services;
  readonly peerDoor: PeerDoor;
  /** Chain id, hex. */
  readonly chain: string;
  /** Begins its turns and timers, for a process that runs all the time. */
  start(): void;
  /** The same for one that lives only while it is called. */
  readonly bursts: Bursts;
  close(): Promise<void>;
}

/** One member on one chain over a platform. Throws `Fault` where storage fails, an Error with one sentence where the genesis does not hold. */
export async function openMember(platform: MemberPlatform, config: MemberConfig): Promise<RunningMember> {
  const genesis = checkGenesis(config.genesis, platform.crypto);
  if ("refused" in genesis) throw new Error(`genesis: ${genesis.detail}`);
  const context = contextOf(platform, config, genesis);
  await storeGenesis(context, genesis);
  const driver = new Driver(context);
  const duties = createDuties(context, driver);
  return {
    services: createServices(context, driver),
    peerDoor: peerDoor(context, driver),
    chain: context.chain,
    bursts: createBursts(context, driver, duties),
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
export async function openReader(platform: MemberPlatform, config: MemberConfig): Promise<Services> {
  const genesis = checkGenesis(config.genesis, platform.crypto);
  if ("refused" in genesis) throw new Error(`genesis: ${genesis.detail}`);
  const context = contextOf(platform, config, genesis);
  return createServices(context, new Driver(context));
}

export function contextOf(platform: MemberPlatform, config: MemberConfig, genesis: Genesis): Context {
  const { crypto, keys } = platform;
  const self = genesis.founders.get(config.member);
  if (self === undefined) throw new Error(`genesis: ${config.member} is not a member of this consortium`);
  const signThumbprint = thumbprint(keys.public.sign, crypto);
  if (signThumbprint !== thumbprint(self.sign, crypto)) throw new Error(`genesis: the keys here are not those of ${config.member}`);
  const { founding, chain, founders } = genesis;
  return {
    ...platform,
    entries: new KnownEntries(crypto),
    member: config.member,
    chain,
    consortium: founding.name,
    origin: originOf(founding.name, chain),
    quorum: founding.quorum,
    policyText: genesis.policyText,
    founders,
    signThumbprint,
  };
}

/** Puts height 0 in place; on a store that already has it, makes sure that it is the same. */
async function storeGenesis(context: Context, genesis: Genesis): Promise<void> {
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
