import middy from "@middy/core";
import { readSettings } from "@vermilion/aws/environment";
import { openOperator } from "@vermilion/aws/open/operator";

const answer = openOperator(readSettings("operator"));

/** For the operator's own role of AWS. */
export const handler = middy((request: unknown) => answer(request));
