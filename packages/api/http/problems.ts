import type { Refused } from "@vermilion/member/services";
import { Fault } from "@vermilion/node/fault";
import { isProblemCode, type ProblemCode, type ProblemStatus, problemTable } from "@vermilion/protocol";
import type * as z from "zod";
import type { ApiContext } from "../context/http.ts";

export type Language = "zh" | "en";

/** Beyond the code: `detail` and `problems` are for the caller's developers and never hold the refused value. */
export interface ProblemInput {
  readonly refused: ProblemCode;
  readonly detail?: string;
  readonly problems?: Refused["problems"];
  /** Replaces the table's status where the same code means something else on this route. */
  readonly status?: ProblemStatus;
  readonly transactionHash?: string;
  readonly blockNumber?: number;
}

const retryAfterSeconds = "5";

/** Problem details (RFC 9457). The title follows Accept-Language, the code never changes. */
export function problem(c: ApiContext, input: ProblemInput): Response {
  const row = problemTable[input.refused];
  const status = input.status ?? row.status;
  const language = languageOf(c.req.header("accept-language"));
  const body = {
    type: `urn:vermilion:problem:${input.refused}`,
    title: row[language],
    status,
    code: input.refused,
    ...(input.detail === undefined || input.detail === "" ? {} : { detail: input.detail }),
    ...(input.problems === undefined ? {} : { problems: input.problems.map((each) => ({ ...each, detail: each.detail[language] })) }),
    ...(input.transactionHash === undefined ? {} : { transactionHash: input.transactionHash }),
    ...(input.blockNumber === undefined ? {} : { blockNumber: input.blockNumber }),
    requestId: c.get("requestId"),
  };
  c.set("code", input.refused);
  c.header("Content-Language", language);
  c.header("Vary", "Accept-Language", { append: true });
  c.header("Cache-Control", "no-store");
  if (status === 503) c.header("Retry-After", retryAfterSeconds);
  return c.body(JSON.stringify(body), status, { "Content-Type": "application/problem+json" });
}

/** A use case's refusal. A code that the table does not know is a bug of ours: the caller gets no half-made answer. */
export function refusedProblem(c: ApiContext, refused: Refused): Response {
  return problem(c, { ...refused, refused: knownCode(refused.refused) });
}

export function knownCode(code: string): ProblemCode {
  if (!isProblemCode(code)) throw new Error(`bug: no row for the refusal ${code}`);
  return code;
}

/** `storage-full` … have rows of their own; everything else that was thrown is `internal`, and says nothing of itself. */
export function thrownProblem(c: ApiContext, error: unknown): Response {
  return problem(c, { refused: error instanceof Fault ? error.code : "internal" });
}

/** What of an exception may be logged: messages of strangers' errors can quote what they failed on, so only ours are kept. */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: typeof error };
  const ours = error instanceof Fault || error.message.startsWith("bug:");
  const frames = (error.stack ?? "").split("\n").filter((line) => line.trimStart().startsWith("at "));
  return {
    error: error.name,
    ...(ours ? { message: error.message } : {}),
    at: frames.slice(0, 8).map((line) => line.trim()),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}

/** RFC 9110 section 12.5.4: the best ranked of zh and en; Chinese where neither is named. */
export function languageOf(header: string | undefined): Language {
  const ranked = (header ?? "").split(",", 16).map((item) => {
    const [range = "", weight = ""] = item.split(";", 2).map((part) => part.trim().toLowerCase());
    return { language: range.split("-")[0], quality: weight.startsWith("q=") ? Number(weight.slice(2)) : 1 };
  });
  const best = ranked
    .filter(({ language, quality }) => (language === "zh" || language === "en") && quality > 0)
    .sort((a, b) => b.quality - a.quality)[0];
  return best?.language === "en" ? "en" : "zh";
}

type FieldProblem = NonNullable<Refused["problems"]>[number];

/** What zod found, without the values that it found it in. */
export function schemaProblems(error: z.ZodError): FieldProblem[] {
  return error.issues.slice(0, 100).flatMap((issue): FieldProblem[] => {
    const field = issue.path.join(".");
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({
        field: [...issue.path, key.slice(0, 64)].join("."),
        code: "surplus-field",
        detail: { zh: "没有定义此成员", en: "this member is not defined" },
      }));
    }
    if (issue.code === "invalid_type" && issue.message.endsWith("received undefined")) {
      return [{ field, code: "missing-field", detail: { zh: "缺少此成员", en: "this member is missing" } }];
    }
    return [
      { field, code: "invalid-field", detail: { zh: "值的类型、长度或格式不正确", en: "the type, length or form of the value is wrong" } },
    ];
  });
}
