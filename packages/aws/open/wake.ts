import { dynamoDbClient, sfnClient } from "../clients.ts";
import { dynamoCoordinator, dynamoTable } from "../dynamodb/index.ts";
import type { SettingsOf } from "../environment.ts";
import { coordinatorStarter } from "../start-coordinator.ts";

export function openWake(settings: SettingsOf<"wake">): () => Promise<"started" | "running"> {
  const store = dynamoCoordinator(dynamoTable(dynamoDbClient(), settings.RAFT_TABLE));
  const starter = coordinatorStarter(sfnClient(), settings.COORDINATOR, store);
  return () => starter.wake();
}
