import middy from "@middy/core";
import { readSettings } from "@vermilion/aws/environment";
import { openWake } from "@vermilion/aws/open/wake";
import type { SQSEvent } from "aws-lambda";

const wake = openWake(readSettings("wake"));

/** A wake-up starts the coordinator, unless it runs. All messages of a batch say the same, so they succeed or fail together. */
export const handler = middy(async (_event: SQSEvent) => {
  await wake();
  return { batchItemFailures: [] };
});
