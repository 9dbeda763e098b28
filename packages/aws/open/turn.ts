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
import { openMemberWorld } from "./member-world.ts";

/** The coordinator's function: one act a call. */
export function openTurn(settings: SettingsOf<"turn">) {
  const meter = lambdaMeter(settings.MEMBER.id);
  const log = lambdaLog(settings.LOG_LEVEL, settings.MEMBER.id, meter);
  const database = dynamoDbClient();
  const store = dynamoCoordinator(dynamoTable(database, settings.RAFT_TABLE));
  let opening: ReturnType<typeof open> | undefined;

  async function open() {
    const genesis = await foundingStore(dynamoTable(database, settings.LEDGER_TABLE)).genesis();
    if (genesis === undefined) throw new Error("no genesis is installed: there is nothing to coordinate");
    const { platform, directory } = openMemberWorld(settings, genesis, { database, kms: kmsClient(), log, meter });
    const member = await openMember(platform, { member: settings.MEMBER.id, genesis });
    await directory.follow(() => member.services.members());
    return member;
  }

  return async (call: TurnCall) => {
    opening ??= open();
    try {
      const { bursts } = await opening.catch((cause: unknown) => {
        opening = undefined;
        throw cause;
      });
      const answer = await takeAct(call, { bursts, store, random: world.random });
      log.info("act", { act: call.act, ...answer });
      return answer;
    } finally {
      meter.flush();
    }
  };
}
