import { type ProblemCode, problemCodes } from "@vermilion/protocol";
import { optional } from "@vermilion/protocol/forms";
import * as z from "zod";

export const problemSchema = z
  .object({
    type: z.string().meta({ examples: ["urn:vermilion:problem:unknown-type"] }),
    title: z.string(),
    status: z.int(),
    code: z.enum(problemCodes as [ProblemCode, ...ProblemCode[]]),
    detail: optional(z.string()),
    problems: optional(z.array(z.object({ field: z.string(), code: z.string(), detail: z.string() }))),
    transactionHash: optional(z.string()),
    blockNumber: optional(z.int()),
    requestId: z.string(),
  })
  .meta({ id: "Problem", description: "RFC 9457。title 按 Accept-Language 给出中文（默认）或英文；code 永不改变。" });
