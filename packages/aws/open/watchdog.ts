import { coordinatorStarter } from "../coordinator/start.ts";
import { dynamoCoordinator } from "../coordinator/store.ts";
import { watch } from "../coordinator/watch.ts";
import { dynamoLedger, dynamoRaftStore, dynamoTable } from "../dynamodb/index.ts";
import type { SettingsOf } from "../environment.ts";
import { foundingStore } from "../founding/store.ts";
import { dynamoDbClient, sfnClient } from "../lambda/clients.ts";
import { lambdaLog } from "../lambda/log.ts";
import { lambdaMeter } from "../lambda/meter.ts";
import { world } from "../lambda/world.ts";

/** The look of each minute; before a genesis is installed there is nothing to look at. */
export function openWatchdog(settings: SettingsOf<"watchdog">) {
  const member = settings.MEMBER.id;
  const meter = lambdaMeter(member);
  const log = lambdaLog(settings.LOG_LEVEL, member, meter);
  const database = dynamoDbClient();
  const ledgerTable = dynamoTable(database, settings.LEDGER_TABLE);
  const raftTable = dynamoTable(database, settings.RAFT_TABLE);
  const starter = coordinatorStarter(sfnClient(), settings.COORDINATOR, dynamoCoordinator(raftTable));
  return async () => {
    if ((await foundingStore(ledgerTable).genesis()) === undefined) return { reasons: [], woken: false };
    const ledger = dynamoLedger({ ledger: ledgerTable });
    const raftStore = dynamoRaftStore(raftTable, world.clock);
    try {
      return await watch({ member, ledger, raftStore, raftTable, starter, meter, log, clock: world.clock, fetch });
    } finally {
      meter.flush();
    }
  };
}
