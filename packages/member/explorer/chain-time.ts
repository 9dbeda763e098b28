import type { Standing } from "@vermilion/node/ports/index";
import type { Context } from "../context.ts";
import { blockAt } from "./entries.ts";

/** Blocks by time. Block times rise with the height, so a block is found by halves; what one question has read, it does not read again. */
export interface ChainTime {
  /** Height of the first block whose time is `time` (ms since 1970) or later; one more than the newest where there is none. */
  heightFrom(time: number): Promise<number>;
  standing(height: number): Promise<Standing>;
}

export async function chainTime(context: Context): Promise<ChainTime> {
  const newest = await context.ledger.published();
  const known = new Map<number, Standing>();
  const standing = async (height: number): Promise<Standing> => {
    const held = known.get(height) ?? (height === newest?.height ? newest : (await blockAt(context, height))?.after);
    if (held === undefined) throw new Error(`bug: no block at height ${height}`);
    known.set(height, held);
    return held;
  };
  return {
    standing,
    async heightFrom(time) {
      let low = 0;
      let high = (newest?.height ?? -1) + 1;
      while (low < high) {
        const middle = Math.floor((low + high) / 2);
        if ((await standing(middle)).time < time) low = middle + 1;
        else high = middle;
      }
      return low;
    },
  };
}
