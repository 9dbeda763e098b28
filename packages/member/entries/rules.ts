import { stateKeys } from "@vermilion/contracts";
import type { Context } from "../context.ts";
import { readRow } from "../state/reader.ts";

/** The version of a contract that the next block will run; 0: the contract is not in force. */
export async function rulesInForce(context: Pick<Context, "ledger">, contract: string): Promise<number> {
  const rules = await readRow(context, stateKeys.rules(contract));
  const next = ((await context.ledger.published())?.height ?? 0) + 1;
  return rules?.findLast(({ height }) => height <= next)?.version ?? 0;
}
