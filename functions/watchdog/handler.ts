import middy from "@middy/core";
import { readSettings } from "@vermilion/aws/environment";
import { flushed, logContext } from "@vermilion/aws/lambda/middlewares";
import { openWatchdog } from "@vermilion/aws/open/watchdog";

const { answer, log, meter } = openWatchdog(readSettings("watchdog"));

/** Once a minute. */
export const handler = middy(answer).use(logContext(log)).use(flushed(meter));
