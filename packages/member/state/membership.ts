import { stateKeys } from "@vermilion/contracts";
import { type Epoch, membershipAt } from "@vermilion/ledger";
import type { Context } from "../context.ts";
import { readRow } from "./reader.ts";

/** Members, quorum and policy as of the newest published block; undefined before the chain is founded. */
export async function currentMembership(context: Pick<Context, "ledger">): Promise<Epoch | undefined> {
  const [epochs = [], published] = await Promise.all([readRow(context, stateKeys.epochs()), context.ledger.published()]);
  return membershipAt(epochs, published?.height ?? 0);
}
