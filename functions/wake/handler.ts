import middy from "@middy/core";
import { readSettings } from "@vermilion/aws/environment";
import { failedMessages, logContext, parsedEvent, queueEvent } from "@vermilion/aws/lambda/middlewares";
import { openWake } from "@vermilion/aws/open/wake";

const { answer, log } = openWake(readSettings("wake"));

/** A message starts the coordinator of its chain, unless it runs. */
export const handler = middy(answer).use(logContext(log)).use(parsedEvent(queueEvent)).use(failedMessages(log));
