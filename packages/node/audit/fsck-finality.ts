import { type Crypto, checkpointText, originOf } from "@vermilion/ledger";
import { isCosignature } from "../chain/finality.ts";
import type { Genesis } from "../founding/genesis.ts";
import type { Ledger } from "../ports/index.ts";
import type { Membership } from "../rules.ts";

/** A tree of the chain, and who the members were as of the block that it ends with. */
export interface CheckedTree {
  readonly size: number;
  readonly root: Uint8Array;
  readonly membership: Membership;
}

export interface FinalityCheck {
  readonly ledger: Ledger;
  readonly genesis: Genesis;
  readonly crypto: Crypto;
  /** One for every size that ends in a header. */
  readonly trees: readonly CheckedTree[];
  find(place: string, problem: string): void;
}

/** Every cosignature held is one of this very tree, and the final size has its quorum of them. */
export async function checkFinality(check: FinalityCheck): Promise<void> {
  const { ledger, genesis, crypto, trees, find } = check;
  const consortium = genesis.founding.name;
  const origin = originOf(consortium, genesis.chain);
  const final = await ledger.finalSize();
  let finalLines = 0;
  let quorum = Number.MAX_SAFE_INTEGER;
  for (const { size, root, membership } of trees) {
    if (size === final) quorum = membership.quorum;
    const text = checkpointText({ origin, size, root });
    for (const [member, line] of await ledger.cosignatures(size)) {
      const cosign = membership.members.get(member)?.keys.cosign;
      if (cosign === undefined || !isCosignature({ consortium, crypto }, { id: member, cosign }, text, line))
        find(`cosignature of size ${size} by ${member}`, "does not verify");
      else if (size === final) finalLines += 1;
    }
  }
  if (final > 0 && finalLines < quorum) find("final size", `${final} has no quorum of cosignatures`);
}
