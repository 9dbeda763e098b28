import middy from "@middy/core";
import { readSettings } from "@vermilion/aws/environment";
import { lambdaHttp } from "@vermilion/aws/lambda/http";
import { flushed, logContext } from "@vermilion/aws/lambda/middlewares";
import { openPublic } from "@vermilion/aws/open/public";

const { answer, log, meter } = openPublic(readSettings("public"));

/** The routes that need no account. */
export const handler = middy(lambdaHttp(answer)).use(logContext(log)).use(flushed(meter));
