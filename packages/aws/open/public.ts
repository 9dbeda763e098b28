import { createPublicApi } from "@vermilion/api";
import { createFoundingApi } from "@vermilion/api/founding-api";
import { openReader } from "@vermilion/member/open-member";
import { Fault } from "@vermilion/node/fault";
import { dynamoLedger, dynamoRaftStore, dynamoTable } from "../dynamodb/index.ts";
import type { SettingsOf } from "../environment.ts";
import { foundingStore, isOlderData } from "../founding/store.ts";
import { kmsKeys } from "../kms/keys.ts";
import { dynamoDbClient, kmsClient } from "../lambda/clients.ts";
import { bundledDocsFile } from "../lambda/docs-files.ts";
import { lambdaLog } from "../lambda/log.ts";
import { lambdaMeter } from "../lambda/meter.ts";
import { lambdaPace } from "../lambda/pace.ts";
import { world } from "../lambda/world.ts";
import { nothing } from "../nothing.ts";
import { counted, founderOf } from "./member-world.ts";

/**
 * The routes that need no account, by a function that may read two tables and sign checkpoints with the log key: it takes no turn, knows no
 * other member, and holds nobody's secrets.
 */
export function openPublic(
  settings: SettingsOf<"public">,
): (request: Request, caller?: { readonly address?: string }) => Promise<Response> {
  const member = settings.MEMBER.id;
  const meter = lambdaMeter(member);
  const log = lambdaLog(settings.LOG_LEVEL, member, meter);
  const database = dynamoDbClient();
  const ledgerTable = dynamoTable(database, settings.LEDGER_TABLE);
  const founding = foundingStore(ledgerTable);
  const needs = { ...world, log, baseUrl: settings.BASE_URL, member, docsFile: bundledDocsFile, statement: () => founding.statement() };
  const waiting = createFoundingApi(needs);
  const older = createFoundingApi(needs, "storage-layout-older");
  let opened: ReturnType<typeof createPublicApi> | undefined;

  return async (request, caller) => {
    try {
      const genesis = opened === undefined ? await founding.genesis() : undefined;
      if (genesis !== undefined) {
        const { keys: publicKeys } = founderOf(genesis, member);
        const services = await openReader(
          {
            ...world,
            ...nothing,
            log,
            keys: kmsKeys({ client: counted(kmsClient(), meter), ids: { log: settings.LOG_KEY }, public: publicKeys }),
            ledger: dynamoLedger({ ledger: ledgerTable }),
            raftStore: dynamoRaftStore(dynamoTable(database, settings.RAFT_TABLE), world.clock),
            peers: { call: () => Promise.reject(new Fault("peer-unreachable", "this function calls nobody")) },
            pace: lambdaPace,
          },
          { member, genesis },
        );
        opened = createPublicApi({ ...needs, services });
      }
      return await (opened ?? waiting).fetch(request, caller);
    } catch (error) {
      if (isOlderData(error)) return older.fetch(request, caller);
      throw error;
    } finally {
      meter.flush();
    }
  };
}
