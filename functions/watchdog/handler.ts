import middy from "@middy/core";
import { readSettings } from "@vermilion/aws/environment";
import { openWatchdog } from "@vermilion/aws/open/watchdog";

const look = openWatchdog(readSettings("watchdog"));

/** Once a minute. */
export const handler = middy(() => look());
