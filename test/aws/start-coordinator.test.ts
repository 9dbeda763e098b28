import { DescribeExecutionCommand, ExecutionAlreadyExists, type SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { coordinatorStarter } from "@vermilion/aws/coordinator/start";
import { dynamoCoordinator } from "@vermilion/aws/coordinator/store";
import { expect, test } from "vitest";
import { memoryTable } from "../support/memory/index.ts";

const chain = "ab".repeat(32);
const machine = "arn:aws:states:eu-central-1:111111111111:stateMachine:turns";

/** Step Functions in which executions up to `taken` have run and ended. */
function statesWith(taken: number): { readonly client: SFNClient; readonly started: string[] } {
  const started: string[] = [];
  const send = async (command: unknown) => {
    if (command instanceof DescribeExecutionCommand) return { status: "SUCCEEDED" };
    if (!(command instanceof StartExecutionCommand)) throw new Error("another call");
    const { name = "" } = command.input;
    if (Number(name.split("-").at(-1)) <= taken) throw new ExecutionAlreadyExists({ message: name, $metadata: {} });
    started.push(name);
    return {};
  };
  return { client: { send } as unknown as SFNClient, started };
}

test("a table that was set back by thousands of executions starts the next one at once", async () => {
  const { client, started } = statesWith(50_000);
  const starter = coordinatorStarter(client, machine, chain, dynamoCoordinator(chain, memoryTable()));
  expect(await starter.wake()).toBe("started");
  expect(started).toHaveLength(1);
  expect(await starter.wake()).toBe("running");
});

test("a name that is taken once is passed over by the next one", async () => {
  const { client, started } = statesWith(1);
  const starter = coordinatorStarter(client, machine, chain, dynamoCoordinator(chain, memoryTable()));
  expect(await starter.wake()).toBe("started");
  expect(started).toEqual([`turns-${"ab".repeat(16)}-2`]);
});

test("a start that fails is made good by the next wake-up", async () => {
  const { client, started } = statesWith(0);
  const store = dynamoCoordinator(chain, memoryTable());
  const failing = { send: () => Promise.reject(new Error("throttled")) } as unknown as SFNClient;
  await expect(coordinatorStarter(failing, machine, chain, store).wake()).rejects.toThrow("throttled");
  expect(await coordinatorStarter(client, machine, chain, store).wake()).toBe("started");
  expect(started).toHaveLength(1);
});
