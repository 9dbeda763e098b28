import middy from "@middy/core";
import type { TurnCall } from "@vermilion/aws/coordinator/acts";
import { readSettings } from "@vermilion/aws/environment";
import { openTurn } from "@vermilion/aws/open/turn";

const turn = openTurn(readSettings("turn"));

/** One act of the coordinator. */
export const handler = middy((call: TurnCall) => turn(call));
