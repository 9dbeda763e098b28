import { others, type RaftState, rowOf } from "./state.ts";

/** Whether this member needs a working leader: proposals wait, blocks here are not known to be committed, or another one asked for it. */
export function needsLeader(state: RaftState): boolean {
  return state.waiting > 0 || state.tail.length > 0 || state.summoned;
}

/**
 * Whether ticks may stop. A leader may sleep only when no proposal waits, every block is committed, every reachable member has confirmed
 * the commit, and the head has its quorum of cosignatures and was handed round. Anybody else may sleep while it needs no leader.
 */
export function isAsleep(state: RaftState): boolean {
  if (needsLeader(state)) return false;
  if (state.role !== "leader") return true;
  const confirmed = others(state).every((member) => {
    const peer = rowOf(state.peers, member);
    return peer !== undefined && (!peer.reachable || peer.confirmed >= state.committed.height);
  });
  return confirmed && state.settled >= state.committed.height;
}
