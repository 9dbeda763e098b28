import type { NodeContext } from "../context.ts";
import { Fault } from "../fault.ts";
import type { ExecutedBlock, Standing } from "../ports/index.ts";
import type { Base } from "../state/loaded-state.ts";

/**
 * What a block on top of `previous` (header hash, hex) is executed on: walks back over saved blocks to the published standing.
 * Undefined where the chain of `previous` is not held here or leaves the published chain below its end.
 */
export async function baseOn(context: NodeContext, previous: string): Promise<Base | undefined> {
  const published = await context.ledger.published();
  if (published === undefined) throw new Fault("stale-turn", "genesis is not published yet");
  const above: ExecutedBlock[] = [];
  for (let hash = previous; hash !== published.hash; ) {
    const block = await context.ledger.readBlock(hash);
    if (block === undefined || block.after.height <= published.height) return undefined;
    above.unshift(block);
    hash = block.previous;
  }
  return { published, above };
}

/** The standing at the top of a base. */
export function topOf(base: Base): Standing {
  return base.above.at(-1)?.after ?? base.published;
}
