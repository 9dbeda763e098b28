import middy from "@middy/core";
import { turnCall } from "@vermilion/aws/coordinator/take-act";
import { readSettings } from "@vermilion/aws/environment";
import { flushed, logContext, parsedEvent } from "@vermilion/aws/lambda/middlewares";
import { openTurn } from "@vermilion/aws/open/turn";

const { answer, log, meter } = openTurn(readSettings("turn"));

/** One act of the coordinator. */
export const handler = middy(answer).use(logContext(log)).use(flushed(meter)).use(parsedEvent(turnCall));
