import { step } from "@vermilion/consensus";
import { majority } from "@vermilion/ledger";
import { showsForgotten } from "../chain/finality.ts";
import type { NodeContext } from "../context.ts";
import { encodeRaftCall, parseRaftCall, type RaftCall } from "../peers/wire.ts";
import type { RaftStore } from "../ports/index.ts";
import type { Turns } from "../turns/turns.ts";
import { callOf } from "./messenger.ts";

/** Before anything else is done with what a peer says: who has forgotten what it signed must bind itself to nothing more. */
export async function noticeForgotten(context: NodeContext, turns: Turns, cosigned: RaftCall["cosigned"]): Promise<void> {
  for (const one of cosigned) {
    if ((await turns.state()).amnesic || !(await showsForgotten(context, one))) continue;
    context.log.error("own-signature-forgotten", { size: one.size });
    await turns.take({ kind: "restored" });
  }
}

/**
 * Comes before the first turn over a store: one that is an older copy makes the member amnesic; where it may be one, the others are asked
 * what they hold of this member's signatures, for a leader set back would seal at once.
 */
export async function noticeSetBack(context: NodeContext, turns: Turns): Promise<void> {
  const setBack = await context.raftStore.isSetBack();
  if (setBack === "no") return;
  // Also who was amnesic before: the proposal to rejoin that this copy knows of may be older than what was forgotten.
  if (setBack === "yes" || (await turns.state()).amnesic) {
    await turns.take({ kind: "restored" });
    return context.raftStore.noteOpened();
  }
  await askWhatWasSigned(context, turns);
}

async function askWhatWasSigned(context: NodeContext, turns: Turns): Promise<void> {
  const question = encodeRaftCall(await callOf(context, []));
  const { members } = await context.memberships.now();
  const others = [...members.keys()].filter((id) => id !== context.member);
  // One that does not answer, or answers garbage, must not hide what another one shows.
  const answers = await Promise.allSettled(
    others.map(async (id) => parseRaftCall(await context.peers.call(id, "raft", question, context.pace.questionTimeoutMs))),
  );
  const heard = answers.filter((answer) => answer.status === "fulfilled");
  for (const { value } of heard) await noticeForgotten(context, turns, value.cosigned);
  // Of so many others at least one holds what a majority has committed with this member's signature. Fewer prove nothing: the next process
  // asks again.
  const enough = members.size - majority(members.size) + 1;
  if (heard.length >= Math.min(enough, others.length)) await context.raftStore.noteOpened();
}

/** Tells a store that no process has opened yet that it is an older copy. */
export async function forget(store: RaftStore): Promise<void> {
  const { state, version } = await store.load();
  if (state !== undefined) await store.save(step(state, { kind: "restored" }).state, version);
}
