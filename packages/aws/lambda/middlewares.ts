import type { MiddlewareObj } from "@middy/core";
import { z } from "zod";
import type { LambdaLog } from "./log.ts";
import type { LambdaMeter } from "./meter.ts";

/**
 * What is done around the work of a function (`middy`): before it from the first to the last that is used, after it from the last to the first.
 */

/** Every line of the log names the invocation that it is of. */
export function logContext(log: LambdaLog): MiddlewareObj {
  return { before: ({ context }) => log.setContext({ requestId: context.awsRequestId }) };
}

/** The process may be frozen when it has answered: what was counted is sent before. */
export function flushed(meter: LambdaMeter): MiddlewareObj {
  return { after: () => meter.flush(), onError: () => meter.flush() };
}

/** The event as `schema` has it. One that is of another form ends the invocation: whoever sends it is not set up as this function expects. */
export function parsedEvent(schema: z.ZodType): MiddlewareObj {
  return {
    before: (request) => {
      const parsed = schema.safeParse(request.event);
      if (!parsed.success) throw new Error(`an event that this function does not know: ${z.prettifyError(parsed.error)}`);
      request.event = parsed.data;
    },
  };
}

/** Messages of a queue, as much of them as is used. */
export const queueEvent = z.object({ Records: z.array(z.object({ messageId: z.string(), body: z.string() })) });

/**
 * For work that answers a settled result a message, in their order: those that failed are named to the queue, which gives them and only them
 * again.
 */
export function failedMessages(log: LambdaLog): MiddlewareObj<z.output<typeof queueEvent>, unknown> {
  return {
    after: (request) => {
      const results: readonly PromiseSettledResult<unknown>[] = Array.isArray(request.response) ? request.response : [];
      const batchItemFailures = request.event.Records.flatMap(({ messageId }, at) => {
        const result = results[at];
        if (result?.status === "fulfilled") return [];
        log.error("message-failed", { messageId, reason: result === undefined ? "no result" : String(result.reason) });
        return [{ itemIdentifier: messageId }];
      });
      request.response = { batchItemFailures };
    },
  };
}
