import middy from "@middy/core";
import { readSettings } from "@vermilion/aws/environment";
import { lambdaHttp } from "@vermilion/aws/lambda/http";
import { flushed, logContext } from "@vermilion/aws/lambda/middlewares";
import { openApi } from "@vermilion/aws/open/api";

const { answer, log, meter } = openApi(readSettings("api"));

/** Apps and peers. */
export const handler = middy(lambdaHttp(answer)).use(logContext(log)).use(flushed(meter));
