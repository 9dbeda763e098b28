import { type Act, whereTo } from "@vermilion/aws/coordinator/acts";

/** What the definition has to be told: addresses and limits. Arguments, so that it can be run without AWS. */
export interface CoordinatorPlace {
  /** `aws`, `aws-cn`, or the token that becomes one of them. */
  readonly partition: string;
  readonly turnFunctionArn: string;
  readonly stateMachineArn: string;
  /** Rounds after which an execution starts its successor and ends. */
  readonly loopsMax: number;
}

/**
 * Rounds of one execution. Step Functions ends an execution at 25,000 events: a round writes about 50, and some 210 when each of its six
 * steps is repeated as often as it may be.
 */
export const loopsMax = 100;

/** An execution that has not ended by then hangs; the watchdog starts another. */
const executionSecondsMax = 6 * 3_600;
/** Longer than the function itself may take. */
const stepSecondsMax = 90;

/** Which state performs which act. */
export const acts = {
  ReadRole: "readRole",
  Follower: "forward",
  PreVote: "preVote",
  Candidate: "campaign",
  Leader: "lead",
  Drain: "drain",
  HandOver: "handOver",
} as const satisfies Readonly<Record<string, Act>>;

/** Answers that lead to a state of another name: each way back to the start is counted, so that no execution is endless. */
const detours: Readonly<Record<string, string>> = { ReadRole: "CountLoop" };

/**
 * The coordinator of this member's leadership, in the Amazon States Language with JSONPath: ReadRole → Follower | PreVote → Candidate →
 * Leader → Drain → HandOver. It decides nothing: every step is a call of the `turn` function, every choice reads the function's answer, and
 * what it does is safe even if two executions overlap, because every write of the function is conditional.
 */
export function coordinatorDefinition(place: CoordinatorPlace): Readonly<Record<string, unknown>> {
  const steps = Object.entries(acts).flatMap(([state, act]) => [
    [state, turn(place, act, `After${state}`)],
    [`After${state}`, choice(act)],
  ]);
  return {
    Comment: "One run of a member's consensus: takes turns until nothing waits, then ends",
    StartAt: "ReadRole",
    TimeoutSeconds: executionSecondsMax,
    States: {
      ...Object.fromEntries(steps),
      LostElection: { Type: "Wait", SecondsPath: "$.waitSeconds", Next: "CountLoop" },
      CountLoop: {
        Type: "Pass",
        Parameters: { "chain.$": "$.chain", "number.$": "$.number", "seen.$": "$.seen", "loops.$": "States.MathAdd($.loops, 1)" },
        Next: "EnoughLoops",
      },
      EnoughLoops: {
        Type: "Choice",
        Choices: [{ Variable: "$.loops", NumericGreaterThanEquals: place.loopsMax, Next: "NextNumber" }],
        Default: "ReadRole",
      },
      NextNumber: turn(place, "nextNumber", "ContinueAsNew"),
      ContinueAsNew: continueAsNew(place),
      End: { Type: "Succeed" },
      TurnFailed: { Type: "Fail", Error: "Vermilion.TurnFailed", Cause: "A step failed as often as it may be repeated" },
      UnknownAnswer: { Type: "Fail", Error: "Vermilion.UnknownAnswer", Cause: "The turn function named a step that does not follow" },
    },
  };
}

function turn({ partition, turnFunctionArn }: CoordinatorPlace, act: Act, next: string) {
  return {
    Type: "Task",
    Resource: `arn:${partition}:states:::lambda:invoke`,
    Parameters: {
      FunctionName: turnFunctionArn,
      Payload: { act, execution: { "chain.$": "$.chain", "number.$": "$.number", "loops.$": "$.loops", "seen.$": "$.seen" } },
    },
    OutputPath: "$.Payload",
    TimeoutSeconds: stepSecondsMax,
    Retry: [
      retry(
        [
          "Lambda.ServiceException",
          "Lambda.AWSLambdaException",
          "Lambda.SdkClientException",
          "Lambda.ClientExecutionTimeoutException",
          "Lambda.TooManyRequestsException",
        ],
        { seconds: 1, attempts: 6 },
      ),
      retry(["States.ALL"], { seconds: 2, attempts: 3 }),
    ],
    Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.error", Next: "TurnFailed" }],
    Next: next,
  };
}

function retry(errors: readonly string[], { seconds, attempts }: { readonly seconds: number; readonly attempts: number }) {
  return {
    ErrorEquals: errors,
    IntervalSeconds: seconds,
    MaxAttempts: attempts,
    BackoffRate: 2,
    MaxDelaySeconds: 30,
    JitterStrategy: "FULL",
  };
}

function choice(act: keyof typeof whereTo) {
  return {
    Type: "Choice",
    Choices: whereTo[act].map((next) => ({ Variable: "$.next", StringEquals: next, Next: detours[next] ?? next })),
    Default: "UnknownAnswer",
  };
}

/** The successor's name holds its number, so a start that is repeated, or that another made, is refused as a duplicate: then it runs. */
function continueAsNew({ partition, stateMachineArn }: CoordinatorPlace) {
  return {
    Type: "Task",
    Resource: `arn:${partition}:states:::states:startExecution`,
    Parameters: {
      StateMachineArn: stateMachineArn,
      "Name.$": "$.name",
      Input: { "chain.$": "$.chain", "number.$": "$.number", "seen.$": "$.seen", loops: 0 },
    },
    Retry: [{ ErrorEquals: alreadyRuns, MaxAttempts: 0 }, retry(["States.ALL"], { seconds: 2, attempts: 5 })],
    Catch: [
      { ErrorEquals: alreadyRuns, ResultPath: null, Next: "End" },
      { ErrorEquals: ["States.ALL"], ResultPath: "$.error", Next: "TurnFailed" },
    ],
    Next: "End",
  };
}

/** One refusal, under the names that Step Functions and its emulators give it. */
const alreadyRuns = ["StepFunctions.ExecutionAlreadyExistsException", "StepFunctions.ExecutionAlreadyExists", "ExecutionAlreadyExists"];
