import type { Ledger } from "../ports/index.ts";
import type { Membership, Rules } from "../rules.ts";
import { type Base, LoadedState, type StateReads } from "./loaded-state.ts";

/**
 * Who the members of the chain are as of a height, read from the state and kept an epoch. The published state decides up to the block that
 * comes next; further ahead its newest word stands until more is published.
 */
export class Memberships {
  private readonly ledger: StateReads & Pick<Ledger, "published">;
  private readonly rules: Rules;
  /** Each known once, in no order. */
  private epochs: readonly Membership[];
  /** The published height as of which an epoch without an end is known to go on. */
  private knownAt = -1;

  constructor(ledger: StateReads & Pick<Ledger, "published">, rules: Rules, genesis: Membership) {
    this.ledger = ledger;
    this.rules = rules;
    this.epochs = [genesis];
  }

  async at(height: number): Promise<Membership> {
    const known = this.known(height);
    if (known !== undefined) return known;
    const published = (await this.ledger.published())?.height ?? 0;
    if (published > this.knownAt) await this.learn(height, published);
    return this.known(height) ?? this.newest();
  }

  /** As of the block that comes next. */
  async now(): Promise<Membership> {
    return this.at(((await this.ledger.published())?.height ?? 0) + 1);
  }

  /** As of a block that is executed on `base`: blocks that are not published yet may have said otherwise. */
  async on(base: Base, height: number): Promise<Membership> {
    if (base.above.length === 0) return this.at(height);
    return LoadedState.on(this.ledger, base).ask((state) => this.rules.membershipAt(state, height));
  }

  private known(height: number): Membership | undefined {
    return this.epochs.find(({ from, until = this.knownAt + 2 }) => from <= height && height < until);
  }

  private newest(): Membership {
    return this.epochs.reduce((newest, epoch) => (epoch.from > newest.from ? epoch : newest));
  }

  private async learn(height: number, published: number): Promise<void> {
    const asked = Math.min(height, published + 1);
    const membership = await LoadedState.published(this.ledger).ask((state) => this.rules.membershipAt(state, asked));
    this.epochs = [...this.epochs.filter(({ from }) => from !== membership.from), membership];
    this.knownAt = published;
  }
}
