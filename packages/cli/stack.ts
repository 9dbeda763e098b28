import type { OperatorRequest } from "@vermilion/aws/operator/answer";
import type { Command } from "commander";
import { Failure } from "./output.ts";

/** Options of commands that ask a member in the cloud, as its operator. */
export interface StackOptions {
  readonly stack?: string;
  readonly json?: boolean;
}

export const stackText =
  "CloudFormation stack of the member, such as vermilion-customs; default $VERMILION_STACK. Uses your AWS credentials";

export function withStack(command: Command): Command {
  return command.option("--stack <name>", stackText).option("--json", "print the result as JSON");
}

/** The stack that is named on the command line or in the environment; undefined: the command is about this computer. */
export function stackOf(options: StackOptions): string | undefined {
  return options.stack ?? (process.env["VERMILION_STACK"] || undefined);
}

export function neededStack(options: StackOptions): string {
  const stack = stackOf(options);
  if (stack !== undefined) return stack;
  throw new Failure(
    "stack-not-chosen",
    { zh: "请用 --stack 指定成员的 CloudFormation 堆栈", en: "say which member's stack with --stack" },
    2,
  );
}

const usageCodes: ReadonlySet<string> = new Set(["bad-request", "unknown-scope"]);

/** Asks the operator's function of a stack. A "no" and everything that AWS refuses end the command with one sentence. */
export async function askStack<T>(stack: string, request: OperatorRequest): Promise<T> {
  const { askOperator, StackUnreachable } = await import("@vermilion/aws/operator/ask");
  const answer = await askOperator(stack, request).catch((cause: unknown) => {
    if (!(cause instanceof StackUnreachable)) throw cause;
    throw new Failure(cause.code, { zh: cause.message, en: cause.message }, 2, cause);
  });
  if (answer.ok) return answer.value as T;
  throw new Failure(answer.code, { zh: answer.detail, en: answer.detail }, usageCodes.has(answer.code) ? 2 : 1);
}

/** What a member in the cloud says of itself to its operator. */
export interface DescribedMember {
  readonly member: string;
  readonly url: string;
  /** The main one first. */
  readonly chains: readonly { readonly chain: string; readonly height: number | null }[];
}
