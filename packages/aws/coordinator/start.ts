import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  type SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import type { Carried } from "./acts.ts";
import { executionName } from "./acts.ts";
import type { CoordinatorStore } from "./store.ts";

/**
 * Names that are taken by executions of long ago, where the counter is that of a restored table, are passed over: one, then two, four … more
 * at once. A backup may be weeks old, and so many attempts reach past a million names.
 */
const takenNamesMax = 20;

export interface Starter {
  /** Somebody has work: starts the coordinator unless it runs, and then it will see that there is more. */
  wake(): Promise<"started" | "running">;
  /** For the watchdog: an execution that should run and does not is given up, so that the next `wake` starts another. */
  reviveLost(): Promise<void>;
}

/** `coordinator` is the state machine's ARN; `store` is that of the chain. */
export function coordinatorStarter(client: SFNClient, coordinator: string, chain: string, store: CoordinatorStore): Starter {
  async function isRunning(number: number): Promise<boolean> {
    const executionArn = `${coordinator.replace(":stateMachine:", ":execution:")}:${executionName(chain, number)}`;
    try {
      return (await client.send(new DescribeExecutionCommand({ executionArn }))).status === "RUNNING";
    } catch (cause) {
      if (cause instanceof ExecutionDoesNotExist) return false;
      throw cause;
    }
  }

  /** False where the name is taken by an execution that has ended. */
  async function start(number: number): Promise<boolean> {
    const execution: Carried = { chain, number, loops: 0, seen: 0 };
    const input = JSON.stringify(execution);
    try {
      await client.send(new StartExecutionCommand({ stateMachineArn: coordinator, name: executionName(chain, number), input }));
      return true;
    } catch (cause) {
      if (cause instanceof ExecutionAlreadyExists) return isRunning(number);
      throw cause;
    }
  }

  return {
    async wake() {
      for (let attempt = 0; attempt < takenNamesMax; attempt++) {
        const wanted = await store.want();
        if (wanted === "running") return "running";
        const isStarted = await start(wanted.start).catch(async (cause: unknown) => {
          // It may run all the same; one more does no harm, and none until the watchdog looks would leave work waiting.
          await store.lost(wanted.start);
          throw cause;
        });
        if (isStarted) return "started";
        await store.lost(wanted.start, 2 ** attempt - 1);
      }
      throw new Error(`the names of ${takenNamesMax} executions are taken; the next call goes on from there`);
    },

    async reviveLost() {
      const { number, running } = await store.state();
      if (running && !(await isRunning(number))) await store.lost(number);
    },
  };
}
