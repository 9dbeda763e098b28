import { type Epoch, type Json, membershipAt, type StateKey } from "@vermilion/ledger";
import { stateKeys } from "./keys.ts";

/** Who can answer rows of the state: a view of a run, or loaded rows. */
export interface StateReader {
  get<Row extends Json>(key: StateKey<Row>): Row | undefined;
}

/** Members, quorum and policy of the chain at a height; undefined before it is founded. */
export function membershipIn(state: StateReader, height: number): Epoch | undefined {
  return membershipAt(state.get(stateKeys.epochs()) ?? [], height);
}
