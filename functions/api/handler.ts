import { readSettings } from "@vermilion/aws/environment";
import { lambdaHttp } from "@vermilion/aws/lambda/http";
import { openApi } from "@vermilion/aws/open/api";

/** Apps and peers. */
export const handler = lambdaHttp(openApi(readSettings("api")));
