import { openMember } from "@vermilion/member/open-member";
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
import { counted, openMemberWorld } from "./member-world.ts";

/** The coordinator's function: one act a call, of the chain that its execution names. */
export function openTurn(settings: SettingsOf<"turn">) {
  const meter = lambdaMeter(settings.MEMBER.id);
  const log = lambdaLog(settings.LOG_LEVEL, settings.MEMBER.id);
  const database = dynamoDbClient();
  const kms = counted(kmsClient(), meter);
  const raftTable = dynamoTable(database, settings.RAFT_TABLE);
  const chains = openedChains(foundingStore(dynamoTable(database, settings.LEDGER_TABLE)), async (installed, isMain) => {
    const { chain, genesis } = installed;
    const ofChain = log.ofChain(chain, meter.ofChain({ id: chain, isMain }));
    const { platform, directory } = openMemberWorld(settings, installed, { database, kms, log: ofChain });
    const member = await openMember(platform, { member: settings.MEMBER.id, genesis });
    await directory.follow(async () => (await member.services.members({})).items);
    return { invocations: member.invocations, store: dynamoCoordinator(chain, raftTable), random: world.random, log: ofChain };
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
