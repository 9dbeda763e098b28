import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { KMSClient } from "@aws-sdk/client-kms";
import type { MemberPlatform } from "@vermilion/member/context";
import type { Files } from "@vermilion/member/ports/index";
import { chainRules } from "@vermilion/member/rules";
import type { GenesisFile } from "@vermilion/node/context";
import { checkGenesis } from "@vermilion/node/founding/genesis";
import { connectPeers } from "@vermilion/node/peers/connect";
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
  /** That of the chain. */
  readonly log: Log;
  /** Absent where the function has none to do with. */
  readonly files?: Files;
}

/** A function that takes turns has all of these; the other keys it is given or not. */
type TurnSettings = SettingsOf<"turn"> & { readonly AGREE_KEY?: string };

/** The platform, for one chain, of a function that takes turns: stores, keys, and the other members. */
export function openMemberWorld(
  settings: TurnSettings,
  { chain, genesis }: InstalledChain,
  { database, kms, log, files = noFiles }: Clients,
) {
  const member = settings.MEMBER.id;
  const { keys: publicKeys } = founderOf(genesis, member);
  const keys = kmsKeys({ client: kms, ids: keyIdsOf(settings), public: publicKeys });
  const { directory, session, checkSession, peers } = connectPeers({ ...world, log, keys }, { member, chain });
  const raft = dynamoTable(database, settings.RAFT_TABLE);
  const records = dynamoTable(database, settings.RECORDS_TABLE);
  const platform: MemberPlatform = {
    ...world,
    log,
    keys,
    peers,
    ledger: dynamoLedger({ chain, ledger: dynamoTable(database, settings.LEDGER_TABLE), records }),
    raftStore: dynamoRaftStore(chain, raft, world.clock),
    recordKeys: dynamoRecordKeys(chain, records),
    files,
    pace: lambdaPace,
  };
  return { platform, directory, session, checkSession };
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
