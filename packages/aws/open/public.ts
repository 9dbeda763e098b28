import { createFoundingApi, createPublicApi } from "@vermilion/api";
import { openReader } from "@vermilion/member/open-member";
import { dynamoLedger, dynamoRaftStore, dynamoTable } from "../dynamodb/index.ts";
import type { SettingsOf } from "../environment.ts";
import { foundingStore, isTooOld } from "../founding/store.ts";
import { kmsKeys } from "../kms/keys.ts";
import { dynamoDbClient, kmsClient } from "../lambda/clients.ts";
import { bundledDocsFile } from "../lambda/docs-files.ts";
import { lambdaLog } from "../lambda/log.ts";
import { lambdaMeter } from "../lambda/meter.ts";
import { world } from "../lambda/world.ts";
import { chainOfPath, openedChains } from "./chains.ts";
import { counted, founderOf } from "./member-world.ts";

/**
 * The routes that need no account, by a function that may read two tables and sign checkpoints with the log key: it takes no turn, knows no
 * other member, and holds nobody's secrets.
 */
export function openPublic(settings: SettingsOf<"public">) {
  const member = settings.MEMBER.id;
  const meter = lambdaMeter(member);
  const log = lambdaLog(settings.LOG_LEVEL, member);
  const database = dynamoDbClient();
  const kms = counted(kmsClient(), meter);
  const ledgerTable = dynamoTable(database, settings.LEDGER_TABLE);
  const raftTable = dynamoTable(database, settings.RAFT_TABLE);
  const founding = foundingStore(ledgerTable);
  const needs = { ...world, log, baseUrl: settings.BASE_URL, member, docsFile: bundledDocsFile, statement: () => founding.statement() };
  const waiting = createFoundingApi(needs);
  const tooOld = createFoundingApi(needs, "data-too-old");

  const readers = new Map<string, ReturnType<typeof openReader>>();

  const chains = openedChains(founding, world.clock, async ({ chain, genesis }, isMain) => {
    const { keys: publicKeys } = founderOf(genesis, member);
    const reader = openReader(
      {
        ...world,
        log: log.ofChain(chain, meter.ofChain({ id: chain, isMain })),
        keys: kmsKeys({ client: kms, ids: { log: settings.LOG_KEY }, public: publicKeys }),
        ledger: dynamoLedger({ chain, ledger: ledgerTable }),
        raftStore: dynamoRaftStore(chain, raftTable, world.clock),
      },
      { member, genesis },
    );
    readers.set(chain, reader);
    return reader;
  });
  let api: ReturnType<typeof createPublicApi> | undefined;

  async function answer(request: Request, caller: { readonly address?: string }): Promise<Response> {
    const main = await chains.of("main").catch((error: unknown) => {
      if (isTooOld(error)) return tooOld;
      throw error;
    });
    if (main === undefined) return waiting.fetch(request, caller);
    if ("fetch" in main) return main.fetch(request, caller);
    await chains.of(chainOfPath(new URL(request.url).pathname));
    api ??= createPublicApi({ ...needs, chains: { main: main.chain, of: (id) => readers.get(id) } });
    return api.fetch(request, caller);
  }
  return { log, meter, answer };
}
