import type { MemberId } from "@vermilion/consensus";
import type { Random } from "./random.ts";
import type { Timeline } from "./timeline.ts";

/** How bad the network and the hosts are, as probabilities. */
export interface Weather {
  readonly lossRate: number;
  readonly duplicateRate: number;
  readonly slowRate: number;
  /** How often a leader is cut off at the worst moment: right after it saved a block or a commit, before it could tell. */
  readonly stormRate: number;
}

/** Even a healthy network loses a little, and says nothing. */
const LOSS_RATE_HEALED = 0.03;

/** Decides what becomes of a message. */
export class SimulatedNetwork {
  readonly #members: readonly MemberId[];
  readonly #weather: Weather;
  readonly #random: Random;
  readonly #timeline: Timeline;
  readonly #cut = new Set<string>();
  #healed = false;

  constructor(members: readonly MemberId[], weather: Weather, random: Random, timeline: Timeline) {
    this.#members = members;
    this.#weather = weather;
    this.#random = random;
    this.#timeline = timeline;
  }

  heal(): void {
    this.#healed = true;
    this.#cut.clear();
  }

  /** Between those named and all others nothing passes, in both directions. */
  partition(side: ReadonlySet<MemberId>, units: number): void {
    for (const one of this.#members) {
      for (const other of this.#members) if (side.has(one) !== side.has(other)) this.cutOneWay(one, other, units);
    }
  }

  cutOneWay(from: MemberId, to: MemberId, units: number): void {
    if (this.#healed) return;
    this.#cut.add(pair(from, to));
    this.#timeline.in(units, () => this.#cut.delete(pair(from, to)));
  }

  isCut(from: MemberId, to: MemberId): boolean {
    return this.#cut.has(pair(from, to));
  }

  loses(from: MemberId, to: MemberId): boolean {
    return this.isCut(from, to) || this.#random.chance(this.#healed ? LOSS_RATE_HEALED : this.#weather.lossRate);
  }

  duplicates(): boolean {
    return !this.#healed && this.#random.chance(this.#weather.duplicateRate);
  }

  isSlow(): boolean {
    return !this.#healed && this.#random.chance(this.#weather.slowRate);
  }

  strikesLeader(): boolean {
    return !this.#healed && this.#random.chance(this.#weather.stormRate);
  }
}

export function pair(from: MemberId, to: MemberId): string {
  return `${from}→${to}`;
}
