import middy from "@middy/core";
import { readSettings } from "@vermilion/aws/environment";
import { openTiles } from "@vermilion/aws/open/tiles";
import type { DynamoDBStreamEvent } from "aws-lambda";

const publish = openTiles(readSettings("tiles"));

/** More has become final: the stream says so, and how much is read from the table. */
export const handler = middy(async (_event: DynamoDBStreamEvent) => publish());
