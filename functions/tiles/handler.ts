import middy from "@middy/core";
import { readSettings } from "@vermilion/aws/environment";
import { flushed, logContext, parsedEvent } from "@vermilion/aws/lambda/middlewares";
import { finalEvent, openTiles } from "@vermilion/aws/open/tiles";

const { answer, log, meter } = openTiles(readSettings("tiles"));

/** More has become final: the stream says of which chain, and how much is read from the table. */
export const handler = middy(answer).use(logContext(log)).use(flushed(meter)).use(parsedEvent(finalEvent));
