import { coordinatorStarter } from "../coordinator/start.ts";
import { dynamoCoordinator } from "../coordinator/store.ts";
import { dynamoTable } from "../dynamodb/index.ts";
import type { SettingsOf } from "../environment.ts";
import { dynamoDbClient, sfnClient } from "../lambda/clients.ts";

export function openWake(settings: SettingsOf<"wake">): () => Promise<"started" | "running"> {
  const store = dynamoCoordinator(dynamoTable(dynamoDbClient(), settings.RAFT_TABLE));
  const starter = coordinatorStarter(sfnClient(), settings.COORDINATOR, store);
  return () => starter.wake();
}
