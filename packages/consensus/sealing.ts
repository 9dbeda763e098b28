import { commitWhenAcknowledged } from "./commit.ts";
import type { Seal } from "./input.ts";
import { lastPosition, others, type Position, positionInFlight, type RaftState, rowOf } from "./state.ts";
import { change, sendAppend, stepDown, type Work } from "./work.ts";

/**
 * The block that the member should build now. It follows from the state alone, so a turn that is lost between the request and the block
 * costs nothing: the next one asks again. One block is in flight; a leader whose log is longer than what it knows committed first seals
 * an empty block of its own term, with which the rest commits.
 */
export function sealWanted(state: RaftState): Seal | null {
  if (state.role !== "leader" || positionInFlight(state) !== null) return null;
  const empty = state.tail.length > 0;
  if (!empty && state.waiting === 0) return null;
  const previous = lastPosition(state);
  return { term: state.term, height: previous.height + 1, previous, empty };
}

/** A block that is no longer the one to seal (another turn was faster, the term is over) changes nothing. */
export function receiveSealed(work: Work, position: Position, proof: string): void {
  const seal = sealWanted(work.state);
  if (seal === null || position.term !== seal.term || position.height !== seal.height) return;
  change(work, {
    tail: [...work.state.tail, position],
    acknowledgements: { [work.state.self]: proof },
    signedHeight: position.height,
    waiting: seal.empty ? work.state.waiting : 0,
  });
  // Who lags behind is being caught up, message by answer, and gets this block when it comes to it.
  for (const member of others(work.state)) {
    const peer = rowOf(work.state.peers, member);
    if (peer?.reachable === true && peer.next === position.height) sendAppend(work, member);
  }
  commitWhenAcknowledged(work);
}

/** A lost turn has signed something else at this place. Only a new term gives a new place, so this leadership ends. */
export function receiveCannotSeal(work: Work, term: number, height: number): void {
  const seal = sealWanted(work.state);
  if (seal?.term === term && seal.height === height) stepDown(work);
}
