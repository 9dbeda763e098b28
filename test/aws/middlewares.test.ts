import middy from "@middy/core";
import { turnCall } from "@vermilion/aws/coordinator/take-act";
import { wakeMessage } from "@vermilion/aws/coordinator/wake-up";
import { lambdaLog } from "@vermilion/aws/lambda/log";
import { failedMessages, flushed, logContext, parsedEvent, queueEvent } from "@vermilion/aws/lambda/middlewares";
import { finalEvent } from "@vermilion/aws/open/tiles";
import type { Context } from "aws-lambda";
import { expect, test, vi } from "vitest";

/** What is done around the work of a function, whatever becomes of the work. */

const context = { awsRequestId: "r-1" } as Context;
const log = lambdaLog("silent", "customs");
const chain = "ab".repeat(32);

test("of a batch of messages those that failed come back, and only those", async () => {
  const woken: string[] = [];
  const handler = middy(async ({ Records }: { Records: readonly { body: string }[] }) =>
    Promise.allSettled(
      Records.map(async ({ body }) => {
        const message = wakeMessage.parse(JSON.parse(body));
        if (message.chain !== chain) throw new Error("throttled");
        woken.push(message.chain);
      }),
    ),
  )
    .use(parsedEvent(queueEvent))
    .use(failedMessages(log));
  const bodies = [JSON.stringify({ chain }), "look", JSON.stringify({ chain: "cd".repeat(32) }), JSON.stringify({ chain, more: 1 })];
  const event = { Records: bodies.map((body, at) => ({ messageId: `m${at}`, body, attributes: { sender: "x" } })) };
  expect(await handler(event, context)).toEqual({
    batchItemFailures: [{ itemIdentifier: "m1" }, { itemIdentifier: "m2" }, { itemIdentifier: "m3" }],
  });
  expect(woken).toEqual([chain]);
});

test("what was counted is sent when the work has failed, too", async () => {
  const flush = vi.fn();
  const meter = { count: () => undefined, ofChain: () => ({ count: () => undefined }), flush };
  const handler = middy(async (event: unknown) => {
    if (event === "fail") throw new Error("the world failed");
    return "done";
  }).use(flushed(meter));
  expect(await handler("work", context)).toBe("done");
  await expect(handler("fail", context)).rejects.toThrow("the world failed");
  expect(flush).toHaveBeenCalledTimes(2);
});

test("every line names the invocation that it is of", async () => {
  const lines: string[] = [];
  const print = vi.spyOn(process.stdout, "write").mockImplementation((line) => lines.push(String(line)) > 0);
  const spoken = lambdaLog("info", "customs");
  const ofChain = spoken.ofChain(chain, { count: () => undefined });
  const handler = middy(async () => ofChain.info("act", { member: "tax" })).use(logContext(spoken));
  await handler({}, context);
  await handler({}, { ...context, awsRequestId: "r-2" } as Context);
  print.mockRestore();
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { requestId: "r-1", chain, member: "customs", about: "tax" },
    { requestId: "r-2", chain },
  ]);
});

test("an event of another form ends the invocation before any work is done", async () => {
  const work = vi.fn();
  const turn = middy(work).use(parsedEvent(turnCall));
  const execution = { chain, number: 1, loops: 0, seen: 0 };
  for (const event of [{}, { act: "steal", execution }, { act: "lead", execution: { ...execution, chain: "main" } }])
    await expect(turn(event as never, context)).rejects.toThrow("an event that this function does not know");
  expect(work).not.toHaveBeenCalled();
  await turn({ act: "lead", execution } as never, context);
  expect(work).toHaveBeenCalledOnce();
});

test("the stream names the chains of which more has become final, a schedule names none", () => {
  const record = (pk: string) => ({ eventName: "MODIFY", dynamodb: { Keys: { pk: { S: pk }, sk: { S: "final-size" } }, SizeBytes: 9 } });
  expect(finalEvent.parse({ Records: [record(`${chain}/final`)] }).Records).toHaveLength(1);
  expect(finalEvent.parse({ "detail-type": "Scheduled Event" }).Records).toEqual([]);
});
