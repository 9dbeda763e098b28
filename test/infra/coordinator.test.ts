import { type Act, type Carried, executionName, type TurnCall, whereTo } from "@vermilion/aws/coordinator/acts";
import { type RunOptions, StateMachine, type StateMachineDefinition } from "aws-local-stepfunctions";
import { describe, expect, test } from "vitest";
import { coordinatorDefinition, loopsMax } from "../../infra/coordinator.ts";

/** The state machine as it is deployed, run by another implementation of its language, against a scripted `turn` function. */

const region = "arn:aws:states:eu-central-1:111111111111";
const place = {
  partition: "aws",
  turnFunctionArn: "arn:aws:lambda:eu-central-1:111111111111:function:turn",
  stateMachineArn: `${region}:stateMachine:vermilion-customs-turns`,
  loopsMax: 4,
};
const chain = "ab".repeat(32);
const definition = coordinatorDefinition(place);

interface Step {
  readonly Type: string;
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly { readonly StringEquals?: string; readonly Next: string }[];
  readonly Catch?: readonly { readonly Next: string }[];
}
const states = definition["States"] as Readonly<Record<string, Step>>;
const tasks = Object.keys(states).filter((name) => states[name]?.Type === "Task");

type Said = { readonly next?: string; readonly number?: number; readonly name?: string; readonly waitSeconds?: number } | Error;
type Start = { readonly StateMachineArn: string; readonly Name: string; readonly Input: Carried };

type Handlers = NonNullable<NonNullable<RunOptions["overrides"]>["taskResourceLocalHandlers"]>;

interface Run {
  readonly calls: readonly string[];
  readonly executions: readonly Carried[];
  readonly starts: readonly Start[];
  readonly error: string | undefined;
}

/** Runs one execution. `script` answers the calls in order; what it says goes over the carried state, as the function's answer does. */
async function run(script: readonly Said[], start: (input: Start) => void = () => {}): Promise<Run> {
  const calls: Act[] = [];
  const executions: Carried[] = [];
  const starts: Start[] = [];
  const turn = (input: unknown) => {
    const { FunctionName, Payload } = input as { FunctionName: string; Payload: TurnCall };
    expect(FunctionName).toBe(place.turnFunctionArn);
    const said = script[calls.length];
    calls.push(Payload.act);
    executions.push(Payload.execution);
    if (said === undefined) throw new Error(`the script has no answer to ${Payload.act}`);
    if (said instanceof Error) throw said;
    return { Payload: { ...Payload.execution, role: "leader", waiting: 0, settled: true, ...said } };
  };
  const continueAsNew = (input: unknown) => {
    starts.push(input as Start);
    start(input as Start);
    return {};
  };
  const handlers: Handlers = Object.fromEntries(tasks.map((name) => [name, name === "ContinueAsNew" ? continueAsNew : turn]));
  const machine = new StateMachine(definition as unknown as StateMachineDefinition, { validationOptions: { checkArn: false } });
  const { result } = machine.run(
    { chain, number: 7, loops: 0, seen: 3 },
    {
      overrides: {
        taskResourceLocalHandlers: handlers,
        waitTimeOverrides: { LostElection: 1 },
        retryIntervalOverrides: Object.fromEntries(tasks.map((name) => [name, 1])),
      },
    },
  );
  const error = await result.then(
    () => undefined,
    (failure: unknown) => String(failure),
  );
  return { calls, executions, starts, error };
}

const says = (...nexts: readonly string[]): Said[] => nexts.map((next) => (next === "LostElection" ? { next, waitSeconds: 5 } : { next }));
const named = (name: string) => Object.assign(new Error(name), { name });
const elected = says("PreVote", "Candidate", "Leader", "Drain", "HandOver");

test("idle: one look, and the execution ends", async () => {
  expect(await run(says("End"))).toMatchObject({ calls: ["readRole"], error: undefined });
});

test("a follower hands over what waits and ends", async () => {
  expect(await run(says("Follower", "End"))).toMatchObject({ calls: ["readRole", "forward"], error: undefined });
});

test("a follower whose leader is gone is elected, drains, hands over", async () => {
  const { calls, error } = await run([...says("Follower"), ...elected, ...says("End")]);
  expect(calls).toEqual(["readRole", "forward", "preVote", "campaign", "lead", "drain", "handOver"]);
  expect(error).toBeUndefined();
});

test("an election lost is waited out and tried again; the way back is counted", async () => {
  const { calls, executions, error } = await run([
    ...says("PreVote", "LostElection"),
    ...says("PreVote", "Candidate", "LostElection"),
    ...elected,
    ...says("End"),
  ]);
  expect(calls.filter((act) => act === "readRole")).toHaveLength(3);
  expect(calls.at(-1)).toBe("handOver");
  expect(executions.at(-1)).toEqual({ chain, number: 7, loops: 2, seen: 3 });
  expect(error).toBeUndefined();
});

test("a backlog: the drain comes back until it is done, and work that came meanwhile is taken", async () => {
  const { calls, executions, error } = await run([
    ...elected.slice(0, 4),
    ...says("ReadRole", "Leader", "Drain", "HandOver", "ReadRole", "Leader", "Drain", "HandOver", "End"),
  ]);
  expect(calls.filter((act) => act === "drain")).toHaveLength(3);
  expect(executions.at(-1)?.loops).toBe(2);
  expect(error).toBeUndefined();
});

test("a step done twice: its answer was lost, so it is asked again and the run goes on", async () => {
  const { calls, error } = await run([...elected.slice(0, 4), named("Lambda.ServiceException"), ...says("HandOver", "End")]);
  expect(calls).toEqual(["readRole", "preVote", "campaign", "lead", "drain", "drain", "handOver"]);
  expect(error).toBeUndefined();
});

test("the function fails and recovers; failing on, it ends in the failure that the alarm sees", async () => {
  const recovered = await run([named("Runtime.HandlerError"), named("Runtime.HandlerError"), ...says("End")]);
  expect(recovered).toMatchObject({ calls: ["readRole", "readRole", "readRole"], error: undefined });
  const failed = await run(Array.from({ length: 9 }, () => named("Runtime.HandlerError")));
  expect(failed.calls).toHaveLength(4);
  expect(failed.error).toContain("A step failed as often");
});

describe("at the limit of loops", () => {
  const busy = Array.from({ length: place.loopsMax }, () => says("Leader", "ReadRole")).flat();
  const successor = { number: 8, name: executionName(chain, 8) };

  test("the execution starts its successor once, with the carried state and its number in the name", async () => {
    const { calls, starts, error } = await run([...busy, successor]);
    expect(calls.at(-1)).toBe("nextNumber");
    expect(calls.filter((act) => act === "readRole")).toHaveLength(place.loopsMax);
    expect(starts).toEqual([
      { StateMachineArn: place.stateMachineArn, Name: executionName(chain, 8), Input: { chain, number: 8, loops: 0, seen: 3 } },
    ]);
    expect(error).toBeUndefined();
  });

  test("a successor that runs already is a success", async () => {
    for (const name of ["StepFunctions.ExecutionAlreadyExistsException", "ExecutionAlreadyExists"]) {
      const { starts, error } = await run([...busy, successor], () => {
        throw named(name);
      });
      expect(starts).toHaveLength(1);
      expect(error).toBeUndefined();
    }
  });

  test("a start that fails is repeated; failing on, the execution fails", async () => {
    let failures = 2;
    const recovered = await run([...busy, successor], () => {
      if (failures-- > 0) throw named("StepFunctions.SdkClientException");
    });
    expect(recovered.starts).toHaveLength(3);
    expect(recovered.error).toBeUndefined();
    const failed = await run([...busy, successor], () => {
      throw named("StepFunctions.SdkClientException");
    });
    expect(failed.error).toContain("A step failed as often");
  });
});

test("an answer that does not follow fails the execution", async () => {
  expect((await run(says("HandOver"))).error).toContain("named a step that does not follow");
  expect((await run(says("PreVote", "Drain"))).error).toContain("named a step that does not follow");
});

test("every answer that an act may give leads to a state, and every state is reached", () => {
  const answers = Object.values(whereTo).flat();
  const offered = Object.values(states).flatMap(({ Choices }) => Choices ?? []);
  expect(new Set(offered.flatMap(({ StringEquals }) => StringEquals ?? []))).toEqual(new Set(answers));
  const reached = new Set([definition["StartAt"]]);
  for (const { Next, Default, Choices, Catch } of Object.values(states))
    for (const next of [Next, Default, ...[...(Choices ?? []), ...(Catch ?? [])].map((way) => way.Next)])
      if (next !== undefined) reached.add(next);
  expect(reached).toEqual(new Set(Object.keys(states)));
});

test("an execution stays far below 25,000 events, even if every step is repeated as often as it may be", () => {
  const roundTasks = 6;
  const eventsPerTask = 5 + 3 * (6 + 3);
  const eventsPerChoice = 2;
  expect(loopsMax * (roundTasks * (eventsPerTask + eventsPerChoice) + 10)).toBeLessThan(25_000);
});
