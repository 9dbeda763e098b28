import { checkpointNote } from "@vermilion/node/chain/finality";
import { dynamoLedger, dynamoRaftStore, dynamoTable } from "../dynamodb/index.ts";
import type { SettingsOf } from "../environment.ts";
import { foundingStore } from "../founding/store.ts";
import { kmsKeys } from "../kms/keys.ts";
import { dynamoDbClient, kmsClient, s3Client } from "../lambda/clients.ts";
import { lambdaLog } from "../lambda/log.ts";
import { lambdaMeter } from "../lambda/meter.ts";
import { world } from "../lambda/world.ts";
import { publishTiles } from "../tiles/publish.ts";
import { s3Shelf } from "../tiles/s3-shelf.ts";
import { counted, founderOf } from "./member-world.ts";

/** Brings the public bucket up to the final size; answers the size that is there. */
export function openTiles(settings: SettingsOf<"tiles">): () => Promise<number> {
  const member = settings.MEMBER.id;
  const meter = lambdaMeter(member);
  const log = lambdaLog(settings.LOG_LEVEL, member, meter);
  const database = dynamoDbClient();
  const ledgerTable = dynamoTable(database, settings.LEDGER_TABLE);
  const ledger = dynamoLedger({ ledger: ledgerTable });
  const raftStore = dynamoRaftStore(dynamoTable(database, settings.RAFT_TABLE), world.clock);
  const shelf = s3Shelf({ client: s3Client(), bucket: settings.TILES_BUCKET });
  const kms = counted(kmsClient(), meter);
  return async () => {
    const genesis = await foundingStore(ledgerTable).genesis();
    if (genesis === undefined) return 0;
    const { keys: publicKeys, origin, founders } = founderOf(genesis, member);
    const keys = kmsKeys({ client: kms, ids: { log: settings.LOG_KEY }, public: publicKeys });
    const signing = { ...world, log, ledger, raftStore, keys, origin };
    try {
      return await publishTiles({ ledger, shelf, note: (size) => checkpointNote(signing, size, founders) });
    } finally {
      meter.flush();
    }
  };
}
