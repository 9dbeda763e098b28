import { type Crypto, checkpointText, originOf } from "@vermilion/ledger";
import { isCosignature } from "../chain/finality.ts";
import type { Genesis } from "../founding/genesis.ts";
import type { Ledger } from "../ports/index.ts";

export interface FinalityCheck {
  readonly ledger: Ledger;
  readonly genesis: Genesis;
  readonly crypto: Crypto;
  /** Root of the tree by its size, for every size that ends in a header. */
  readonly roots: ReadonlyMap<number, Uint8Array>;
  find(place: string, problem: string): void;
}

/** Every cosignature held is one of this very tree, and the final size has its quorum of them. */
export async function checkFinality(check: FinalityCheck): Promise<void> {
  const { ledger, genesis, crypto, roots, find } = check;
  const consortium = genesis.founding.name;
  const origin = originOf(consortium, genesis.chain);
  const final = await ledger.finalSize();
  let finalLines = 0;
  for (const [size, root] of roots) {
    const text = checkpointText({ origin, size, root });
    for (const [member, line] of await ledger.cosignatures(size)) {
      if (!isCosignature({ consortium, founders: genesis.membership.members, crypto }, member, text, line))
        find(`cosignature of size ${size} by ${member}`, "does not verify");
      else if (size === final) finalLines += 1;
    }
  }
  if (final > 0 && finalLines < genesis.membership.quorum) find("final size", `${final} has no quorum of cosignatures`);
}
