import { type CommitCertificate, holds, type MemberId, positionInFlight, type RaftState, samePosition } from "./state.ts";
import { change, isMajority, type Work } from "./work.ts";

/**
 * A certificate proves its position committed, whoever brings it and whatever the sender's term; but `committed` only moves along the
 * own log, so a position that is not in it, exactly, changes nothing.
 */
export function adoptCertificate(work: Work, certificate: CommitCertificate | undefined, from: MemberId): void {
  if (certificate === undefined || !isMajority(work.state, signersOf(work.state, certificate).length)) return;
  const { committed } = work.state;
  const { position } = certificate;
  if (position.height === committed.height && !samePosition(position, committed)) {
    work.evidence.push({ kind: "two-certificates", from, ours: committed, theirs: position });
  }
  if (position.height > committed.height && holds(work.state, position)) moveCommitted(work, certificate);
}

/**
 * Leader: the block in flight is committed once a majority has signed for it in its own term. Blocks of earlier terms are never counted;
 * they commit with it (Raft paper, section 5.4.2 and figure 8).
 */
export function commitWhenAcknowledged(work: Work): void {
  const position = positionInFlight(work.state);
  const { acknowledgements } = work.state;
  if (position === null || !isMajority(work.state, Object.keys(acknowledgements).length)) return;
  moveCommitted(work, { position, acknowledgements });
}

function moveCommitted(work: Work, certificate: CommitCertificate): void {
  const { committed, tail } = work.state;
  const count = certificate.position.height - committed.height;
  const rest = tail.slice(count);
  work.commit = certificate;
  work.committed.push(...tail.slice(0, count));
  change(work, { committed: certificate.position, certificate, tail: rest });
  if (rest.length === 0) change(work, { acknowledgements: {} });
}

/** Only voters count, and each of them once. */
export function signersOf(state: RaftState, certificate: CommitCertificate): MemberId[] {
  return state.members.filter((member) => Object.hasOwn(certificate.acknowledgements, member));
}
