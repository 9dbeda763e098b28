import type { CommitCertificate, Input, LeaderProbe, RaftState } from "@vermilion/consensus";
import { isAcknowledgement, isCommitCertificate } from "../chain/acknowledge.ts";
import type { NodeContext } from "../context.ts";
import { Fault } from "../fault.ts";
import { type BlockBody, parseProbeAnswer, type RaftMessage } from "../peers/wire.ts";
import type { Turns } from "../turns/turns.ts";

/**
 * A peer's message as consensus may believe it: the sender is who signed the call, a certificate or an acknowledgement goes beside it only
 * when every signature holds. Throws `Fault` `peer-refused` for a message in another's name.
 */
export async function checkedInput(
  context: NodeContext,
  turns: Turns,
  from: string,
  received: RaftMessage,
): Promise<{ readonly input: Input; readonly bodies: ReadonlyMap<string, BlockBody> }> {
  const { message, blocks = [], proof } = received;
  if (message.from !== from || message.to !== context.member) throw new Fault("peer-refused", "a message in another's name");
  const bodies = new Map<string, BlockBody>();
  if (message.kind === "append") {
    message.positions.forEach(({ hash }, place) => {
      const body = blocks[place];
      if (body !== undefined) bodies.set(hash, body);
    });
    const { certificate } = message;
    if (certificate === null) return { input: { kind: "receive", message }, bodies };
    const believed = await believe(context, turns, certificate);
    if (believed === undefined) throw new Fault("peer-refused", "a commit certificate that does not verify");
    return { input: { kind: "receive", message, certificate: believed }, bodies };
  }
  if (message.kind === "append-answer" && message.ok && message.acknowledges !== null) {
    const holds =
      proof !== undefined &&
      isAcknowledgement(context, await context.memberships.at(message.acknowledges.height), from, message.acknowledges, proof);
    if (!holds) throw new Fault("peer-refused", "an acknowledgement that does not verify");
    return { input: { kind: "receive", message, proof }, bodies };
  }
  if (message.kind === "pre-vote") {
    return { input: { kind: "receive", message, leaderProbe: await probeLeader(context, await turns.state()) }, bodies };
  }
  return { input: { kind: "receive", message }, bodies };
}

/** A certificate that verifies; for the position this member has committed already, its own one, which need not be checked again. */
async function believe(context: NodeContext, turns: Turns, given: CommitCertificate): Promise<CommitCertificate | undefined> {
  const { certificate } = await turns.state();
  const { term, height, hash } = given.position;
  const own = certificate?.position;
  if (own?.hash === hash && own.height === height && own.term === term) return certificate ?? undefined;
  return isCommitCertificate(context, await context.memberships.at(height), given) ? given : undefined;
}

/** Asks the leader this member knows whether it still leads: a pre-vote is granted only after this has failed (design, section 6). */
export async function probeLeader(context: NodeContext, state: RaftState): Promise<LeaderProbe> {
  const { leader } = state;
  if (leader === null) return "none";
  if (leader === context.member) return state.role === "leader" ? "alive" : "none";
  const answer = await probe(context, leader);
  return answer?.leading === true && answer.term >= state.term ? "alive" : "failed";
}

/** What a member says of its own leadership; undefined where it does not answer. */
export async function probe(context: NodeContext, member: string): Promise<ReturnType<typeof parseProbeAnswer> | undefined> {
  try {
    return parseProbeAnswer(await context.peers.call(member, "probe", new TextEncoder().encode("{}"), context.pace.questionTimeoutMs));
  } catch (cause) {
    if (cause instanceof Fault) return undefined;
    throw cause;
  }
}
