import { chainRules } from "@vermilion/member/rules";
import { openReader } from "@vermilion/node/open-reader";
import { z } from "zod";
import { dynamoLedger, dynamoRaftStore, dynamoTable } from "../dynamodb/index.ts";
import type { SettingsOf } from "../environment.ts";
import { foundingStore, type InstalledChain } from "../founding/store.ts";
import { kmsKeys } from "../kms/keys.ts";
import { dynamoDbClient, kmsClient, s3Client } from "../lambda/clients.ts";
import { lambdaLog } from "../lambda/log.ts";
import { lambdaMeter } from "../lambda/meter.ts";
import { world } from "../lambda/world.ts";
import { publishTiles } from "../tiles/publish.ts";
import { s3Shelf } from "../tiles/s3-shelf.ts";
import { counted, founderOf } from "./member-world.ts";

/** What the stream tells: the key of what has changed, which begins with the chain that more of has become final. The schedule tells nothing. */
export const finalEvent = z.object({
  Records: z.array(z.object({ dynamodb: z.object({ Keys: z.object({ pk: z.object({ S: z.string() }) }) }) })).default([]),
});

/** Brings the public bucket up to the final size of the chains that are told of, or of all; answers the sizes that are there. */
export function openTiles(settings: SettingsOf<"tiles">) {
  const member = settings.MEMBER.id;
  const meter = lambdaMeter(member);
  const log = lambdaLog(settings.LOG_LEVEL, member);
  const database = dynamoDbClient();
  const ledgerTable = dynamoTable(database, settings.LEDGER_TABLE);
  const raftTable = dynamoTable(database, settings.RAFT_TABLE);
  const s3 = s3Client();
  const kms = counted(kmsClient(), meter);

  async function publish({ chain, genesis }: InstalledChain, isMain: boolean): Promise<number> {
    const ledger = dynamoLedger({ chain, ledger: ledgerTable });
    const raftStore = dynamoRaftStore(chain, raftTable, world.clock);
    const shelf = s3Shelf({ client: s3, bucket: settings.TILES_BUCKET, prefix: `chains/${chain}/` });
    const { keys: publicKeys } = founderOf(genesis, member);
    const keys = kmsKeys({ client: kms, ids: { log: settings.LOG_KEY }, public: publicKeys });
    const { proofs } = openReader(
      { ...world, log: log.ofChain(chain, meter.ofChain({ id: chain, isMain })), ledger, raftStore, keys, rules: chainRules },
      { member, genesis },
    );
    return publishTiles({ ledger, shelf, note: (size) => proofs.checkpoint(size) });
  }

  async function answer({ Records }: z.output<typeof finalEvent>): Promise<Readonly<Record<string, number>>> {
    const told = new Set(Records.map(({ dynamodb }) => dynamodb.Keys.pk.S.split("/")[0]));
    const sizes: Record<string, number> = {};
    for (const [at, installed] of (await foundingStore(ledgerTable).chains()).entries())
      if (told.size === 0 || told.has(installed.chain)) sizes[installed.chain] = await publish(installed, at === 0);
    return sizes;
  }
  return { log, meter, answer };
}
