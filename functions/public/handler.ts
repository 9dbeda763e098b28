import { readSettings } from "@vermilion/aws/environment";
import { lambdaHttp } from "@vermilion/aws/lambda/http";
import { openPublic } from "@vermilion/aws/open/public";

/** The routes that need no account. */
export const handler = lambdaHttp(openPublic(readSettings("public")));
