import { coordinatorStarter } from "../coordinator/start.ts";
import { dynamoCoordinator } from "../coordinator/store.ts";
import { watch } from "../coordinator/watch.ts";
import { dynamoLedger, dynamoRaftStore, dynamoTable } from "../dynamodb/index.ts";
import type { SettingsOf } from "../environment.ts";
import { foundingStore, type InstalledChain } from "../founding/store.ts";
import { dynamoDbClient, sfnClient } from "../lambda/clients.ts";
import { lambdaLog } from "../lambda/log.ts";
import { lambdaMeter } from "../lambda/meter.ts";
import { world } from "../lambda/world.ts";

/** The look of each minute, at every chain; before one is installed there is nothing to look at. */
export function openWatchdog(settings: SettingsOf<"watchdog">) {
  const member = settings.MEMBER.id;
  const meter = lambdaMeter(member);
  const log = lambdaLog(settings.LOG_LEVEL, member);
  const database = dynamoDbClient();
  const ledgerTable = dynamoTable(database, settings.LEDGER_TABLE);
  const raftTable = dynamoTable(database, settings.RAFT_TABLE);
  const client = sfnClient();

  function look({ chain }: InstalledChain, at: number) {
    const ofChain = meter.ofChain({ id: chain, isMain: at === 0 });
    return watch({
      member,
      chain,
      ledger: dynamoLedger({ chain, ledger: ledgerTable }),
      raftStore: dynamoRaftStore(chain, raftTable, world.clock),
      raftTable,
      starter: coordinatorStarter(client, settings.COORDINATOR, chain, dynamoCoordinator(chain, raftTable)),
      meter: ofChain,
      log: log.ofChain(chain, ofChain),
      clock: world.clock,
      fetch,
    });
  }

  /** A chain that cannot be looked at keeps none of the others from being; the invocation fails all the same, so that its alarm is heard. */
  async function answer() {
    const looks = await Promise.allSettled((await foundingStore(ledgerTable).chains()).map(look));
    const failed = looks.filter((one) => one.status === "rejected").map(({ reason }) => reason);
    if (failed.length > 0) throw new AggregateError(failed, `${failed.length} of ${looks.length} chains could not be looked at`);
    return looks.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  }
  return { log, meter, answer };
}
