import type { TurnCall } from "../coordinator/acts.ts";
import { dynamoCoordinator } from "../coordinator/store.ts";
import { takeAct } from "../coordinator/take-act.ts";
import { dynamoTable } from "../dynamodb/index.ts";
import type { SettingsOf } from "../environment.ts";
import { foundingStore } from "../founding/store.ts";
import { dynamoDbClient, kmsClient } from "../lambda/clients.ts";
import { lambdaLog } from "../lambda/log.ts";
import { lambdaMeter } from "../lambda/meter.ts";
import { world } from "../lambda/world.ts";
import { openedChains } from "./chains.ts";
import { chainOpener, counted } from "./member-world.ts";

/** The coordinator's function: one act a call, of the chain that its execution names. */
export function openTurn(settings: SettingsOf<"turn">) {
  const meter = lambdaMeter(settings.MEMBER.id);
  const log = lambdaLog(settings.LOG_LEVEL, settings.MEMBER.id);
  const database = dynamoDbClient();
  const raftTable = dynamoTable(database, settings.RAFT_TABLE);
  const open = chainOpener(settings, { database, kms: counted(kmsClient(), meter) });
  const founding = foundingStore(dynamoTable(database, settings.LEDGER_TABLE));
  const chains = openedChains(founding, world.clock, async (installed, isMain) => {
    const { chain } = installed;
    const ofChain = log.ofChain(chain, meter.ofChain({ id: chain, isMain }));
    const { invocations } = await open(installed, { log: ofChain });
    return { invocations, store: dynamoCoordinator(chain, raftTable), random: world.random, log: ofChain };
  });

  async function answer(call: TurnCall) {
    const coordinating = await chains.of(call.execution.chain);
    if (coordinating === undefined) throw new Error(`chain ${call.execution.chain} is not installed: there is nothing to coordinate`);
    const answered = await takeAct(call, coordinating);
    coordinating.log.info("act", { act: call.act, ...answered });
    return answered;
  }
  return { log, meter, answer };
}
