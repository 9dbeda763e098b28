import type { z } from "zod";
import { coordinatorStarter } from "../coordinator/start.ts";
import { dynamoCoordinator } from "../coordinator/store.ts";
import { wakeMessage } from "../coordinator/wake-up.ts";
import { dynamoTable } from "../dynamodb/index.ts";
import type { SettingsOf } from "../environment.ts";
import { dynamoDbClient, sfnClient } from "../lambda/clients.ts";
import { lambdaLog } from "../lambda/log.ts";
import type { queueEvent } from "../lambda/middlewares.ts";

/** Starts the coordinator of each chain that a message names, unless it runs. */
export function openWake(settings: SettingsOf<"wake">) {
  const log = lambdaLog(settings.LOG_LEVEL, undefined);
  const raftTable = dynamoTable(dynamoDbClient(), settings.RAFT_TABLE);
  const client = sfnClient();

  async function answer({ Records }: z.output<typeof queueEvent>): Promise<readonly PromiseSettledResult<unknown>[]> {
    const started = new Map<string, Promise<unknown>>();
    const wake = async (body: string) => {
      const { chain } = wakeMessage.parse(JSON.parse(body));
      const known =
        started.get(chain) ?? coordinatorStarter(client, settings.COORDINATOR, chain, dynamoCoordinator(chain, raftTable)).wake();
      started.set(chain, known);
      await known;
    };
    return Promise.allSettled(Records.map(({ body }) => wake(body)));
  }
  return { log, answer };
}
