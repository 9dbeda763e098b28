import { others, type RaftState, rowOf } from "./state.ts";

/** Whether this member needs a working leader: proposals wait here, or blocks here are not known to be committed. */
export function needsLeader(state: RaftState): boolean {
  return state.waiting > 0 || state.tail.length > 0;
}

/**
 * Whether ticks may stop. A leader may sleep only when no proposal waits, every block is committed, every reachable member has confirmed
 * the commit, and the head has its quorum of cosignatures and was handed round. Anybody else may sleep while it needs no leader; an
 * amnesic member may always, for it can do nothing about a leader that fails.
 */
export function isAsleep(state: RaftState): boolean {
  if (state.role !== "leader") return state.amnesic || !needsLeader(state);
  const confirmed = others(state).every((member) => {
    const peer = rowOf(state.peers, member);
    return peer !== undefined && (!peer.reachable || peer.confirmed >= state.committed.height);
  });
  return !needsLeader(state) && confirmed && state.settled >= state.committed.height;
}
