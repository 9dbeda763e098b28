/** Numbers that look random and are the same for ever for the same seed and place: samples must not change from run to run. */
export interface Draw {
  /** An integer from 0 to `below` − 1. */
  below(below: number): number;
  /** One of them. */
  of<T>(list: readonly [T, ...T[]]): T;
}

/** SplitMix32 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", in its 32-bit form) over seed and place. */
export function drawOf(seed: number, place: number): Draw {
  let state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(place + 1, 0xc2b2ae35)) >>> 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  const below = (bound: number) => Math.floor((next() / 2 ** 32) * bound);
  return { below, of: (list) => list[below(list.length)] ?? list[0] };
}
