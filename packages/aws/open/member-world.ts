import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { KMSClient } from "@aws-sdk/client-kms";
import { openChain, type RunningChain } from "@vermilion/member/open-member";
import type { Files } from "@vermilion/member/ports/index";
import { chainRules } from "@vermilion/member/rules";
import type { GenesisFile } from "@vermilion/node/context";
import { checkGenesis } from "@vermilion/node/founding/genesis";
import { type Connections, connectPeers } from "@vermilion/node/peers/connect";
import type { CheckSession, PeerSession } from "@vermilion/node/peers/peer-session";
import type { Keys, Log } from "@vermilion/node/ports/index";
import { dynamoLedger, dynamoRaftStore, dynamoRecordKeys, dynamoTable } from "../dynamodb/index.ts";
import type { SettingsOf } from "../environment.ts";
import { noFiles } from "../files/none.ts";
import type { InstalledChain } from "../founding/store.ts";
import { type KeyIds, kmsKeys } from "../kms/keys.ts";
import type { Meter } from "../lambda/meter.ts";
import { lambdaPace } from "../lambda/pace.ts";
import { world } from "../lambda/world.ts";

interface Clients {
  readonly database: DynamoDBClient;
  /** One that is `counted`. */
  readonly kms: KMSClient;
}

/** What a chain has of its own beside its part of the tables. */
interface OfChain {
  readonly log: Log;
  /** Absent where the function has none to do with. */
  readonly files?: Files;
}

/** A function that takes turns has all of these; the other keys it is given or not. */
type TurnSettings = SettingsOf<"turn"> & { readonly AGREE_KEY?: string };

/** A chain that a function takes turns on. */
export interface OpenedChain extends RunningChain {
  readonly checkSession: CheckSession;
  /** The same for all chains. */
  readonly keys: Keys;
  readonly session: PeerSession;
}

/**
 * Opens chains for a function that takes turns: stores, keys, and the other members. Keys, session and connections are those of the first that
 * is opened, for the others have the same: a chain whose genesis names other keys for this member cannot be opened.
 */
export function chainOpener(settings: TurnSettings, { database, kms }: Clients) {
  const member = settings.MEMBER.id;
  const ledger = dynamoTable(database, settings.LEDGER_TABLE);
  const raft = dynamoTable(database, settings.RAFT_TABLE);
  const records = dynamoTable(database, settings.RECORDS_TABLE);
  let shared: { readonly keys: Keys; readonly connections: Connections } | undefined;

  function share(genesis: GenesisFile) {
    const keys = kmsKeys({ client: kms, ids: keyIdsOf(settings), public: founderOf(genesis, member).keys });
    return { keys, connections: connectPeers({ ...world, keys }, { member }) };
  }

  return async ({ chain, genesis }: InstalledChain, { log, files = noFiles }: OfChain): Promise<OpenedChain> => {
    shared ??= share(genesis);
    const { keys, connections } = shared;
    const { directory, checkSession, peers } = connections.ofChain(chain);
    const stores = {
      ledger: dynamoLedger({ chain, ledger, records }),
      raftStore: dynamoRaftStore(chain, raft, world.clock),
      recordKeys: dynamoRecordKeys(chain, records),
    };
    const running = await openChain({ ...world, ...stores, log, keys, peers, files, pace: lambdaPace }, { member, genesis });
    await directory.follow(async () => (await running.services.members({})).items);
    return { ...running, checkSession, keys, session: connections.session };
  };
}

interface Founded {
  readonly keys: Keys["public"];
}

/** This member's row of a genesis that holds. Throws one sentence otherwise: it was checked when it was installed. */
export function founderOf(genesis: GenesisFile, member: string): Founded {
  const checked = checkGenesis(genesis, world.crypto, chainRules);
  if ("refused" in checked) throw new Error(`genesis: ${checked.detail}`);
  const founder = checked.membership.members.get(member);
  if (founder === undefined) throw new Error(`genesis: ${member} is not a member of this consortium`);
  return {
    keys: founder.keys,
  };
}

function keyIdsOf(settings: TurnSettings): Partial<KeyIds> {
  const { SIGN_KEY, LOG_KEY, COSIGN_KEY, WRAP_KEY, AGREE_KEY } = settings;
  return { sign: SIGN_KEY, log: LOG_KEY, cosign: COSIGN_KEY, wrap: WRAP_KEY, ...(AGREE_KEY === undefined ? {} : { agree: AGREE_KEY }) };
}

/** Every call of KMS has its price, and all of an account share one quota: they are counted. */
export function counted(client: KMSClient, meter: Meter): KMSClient {
  client.middlewareStack.add(
    (next) => async (input) => {
      meter.count("KmsCalls", 1);
      return next(input);
    },
    { step: "initialize", name: "countCalls" },
  );
  return client;
}
