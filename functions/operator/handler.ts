import middy from "@middy/core";
import { readSettings } from "@vermilion/aws/environment";
import { logContext } from "@vermilion/aws/lambda/middlewares";
import { openOperator } from "@vermilion/aws/open/operator";

const { answer, log } = openOperator(readSettings("operator"));

/** For the operator's own role of AWS. */
export const handler = middy(answer).use(logContext(log));
