/** Repeatable pseudo-random numbers (mulberry32): a seed is a whole run. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer of 0 … 2^31−1. */
  integer(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 1) & 0x7fffffff;
  }

  /** An integer of `from` … `to`, both included. */
  between(from: number, to: number): number {
    return from + (this.integer() % (to - from + 1));
  }

  chance(probability: number): boolean {
    return this.integer() / 0x80000000 < probability;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.integer() % items.length];
    if (item === undefined) throw new Error("nothing to pick from");
    return item;
  }
}
