import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import type { AdminAnswer } from "@vermilion/api/sign-in/apps";
import type { OperatorRequest } from "./answer.ts";

/** What the credentials of AWS, the region or the stack's name are to blame for: a sentence for the person who gave them. */
export class StackUnreachable extends Error {
  readonly code: "unknown-stack" | "aws-refused" | "operator-failed";

  constructor(code: StackUnreachable["code"], detail: string, cause?: unknown) {
    super(detail, { cause });
    this.name = "StackUnreachable";
    this.code = code;
  }
}

/** `fsck` of a long chain takes minutes; the function itself ends after 15. */
const answerMsMax = 900_000;

/** Asks the operator's function of a member's stack, with the AWS credentials and region of this process. Throws `StackUnreachable`. */
export async function askOperator(stack: string, request: OperatorRequest): Promise<AdminAnswer> {
  const operatorFunction = await outputOf(stack, "OperatorFunction");
  // Not repeated: a call that is still running would be made twice.
  const client = new LambdaClient({ maxAttempts: 1, requestHandler: { requestTimeout: answerMsMax } });
  const command = new InvokeCommand({ FunctionName: operatorFunction, Payload: new TextEncoder().encode(JSON.stringify(request)) });
  const { Payload, FunctionError } = await client.send(command).catch((cause: unknown) => {
    throw new StackUnreachable("aws-refused", `${operatorFunction} could not be invoked: ${reasonOf(cause)}`, cause);
  });
  const answer = Payload === undefined ? "" : new TextDecoder().decode(Payload);
  if (FunctionError !== undefined)
    throw new StackUnreachable("operator-failed", `the operator's function of ${stack} failed; its log group tells why`, new Error(answer));
  return JSON.parse(answer) as AdminAnswer;
}

/** An output of a stack, by its plain name. */
export async function outputOf(stack: string, output: string): Promise<string> {
  const client = new CloudFormationClient({});
  const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: stack })).catch((cause: unknown) => {
    const isUnknown = cause instanceof Error && cause.name === "ValidationError";
    throw new StackUnreachable(
      isUnknown ? "unknown-stack" : "aws-refused",
      isUnknown ? `there is no stack ${stack} in this account and region` : `stack ${stack} cannot be described: ${reasonOf(cause)}`,
      cause,
    );
  });
  const value = Stacks?.[0]?.Outputs?.find(({ OutputKey }) => OutputKey === output)?.OutputValue;
  if (value === undefined) throw new StackUnreachable("unknown-stack", `stack ${stack} is no member: it has no output ${output}`);
  return value;
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : "unknown";
}
