/** Kinds of peer calls; each is idempotent. */
export type PeerCall = "raft" | "proposals" | "attachment" | "file" | "probe";

/**
 * The other members, reached over signed requests. A call answers the peer's JSON bytes, whose signature and sender were checked, or
 * throws `Fault` `peer-unreachable` (down, slow, garbage, wrong signature: the reason is in the detail), or `peer-refused` with the
 * peer's stable code. Nothing is retried here. `timeoutMs` bounds the whole call.
 */
export interface Peers {
  call(member: string, call: PeerCall, body: Uint8Array, timeoutMs: number): Promise<Uint8Array>;
}
