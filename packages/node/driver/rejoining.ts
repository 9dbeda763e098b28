import { frontierRoot, majority, toHex } from "@vermilion/ledger";
import { frontierOf } from "../chain/block.ts";
import { reserveSize } from "../chain/finality.ts";
import { signEntry } from "../chain/sign-entry.ts";
import type { NodeContext } from "../context.ts";
import { proposalOf } from "../entries/proposal.ts";
import type { Turn, Turns } from "../turns/turns.ts";

/** The step that was done: an entry was proposed, or the member may bind itself again as of this turn. */
export type Rejoined = { readonly proposed: string } | { readonly rejoined: Turn };

/**
 * What a member does that has forgotten what it signed (design, section 6): it proposes an entry that nobody can have seen before, and once
 * the others have committed it, the member may vote, acknowledge and cosign again under a new incarnation. What an attempt that was cut off
 * has left proposed is committed some time and means nothing. Undefined where it has to wait, or the others are too few to commit anything.
 */
export async function rejoinStep(context: NodeContext, turns: Turns): Promise<Rejoined | undefined> {
  const { amnesic, rejoinsBy } = await turns.state();
  if (!amnesic) return undefined;
  const { size } = (await context.memberships.now()).members;
  if (majority(size) > size - 1) return undefined;
  if (rejoinsBy !== null) {
    if ((await context.ledger.entryPlace(rejoinsBy)) !== undefined) return bindAgain(context, turns, rejoinsBy);
    if (await context.raftStore.hasProposal(rejoinsBy)) return undefined;
  }
  return propose(context, turns);
}

async function propose(context: NodeContext, turns: Turns): Promise<Rejoined> {
  const operations = [context.rules.rejoin(context.member)];
  const entry = await signEntry(context, { operations }, toHex(context.random.bytes(16)));
  if ("refused" in entry) throw new Error(`bug: an entry to rejoin is refused: ${entry.detail}`);
  await context.raftStore.addProposal(proposalOf(entry, []));
  await turns.take({ kind: "rejoining", by: entry.transactionHash });
  context.log.warn("rejoining", { transaction: entry.transactionHash });
  return { proposed: entry.transactionHash };
}

/** Trees up to that of the head count as cosigned; their sizes were reserved in the memory that is lost. */
async function bindAgain(context: NodeContext, turns: Turns, by: string): Promise<Rejoined | undefined> {
  const head = await context.ledger.published();
  if (head === undefined) throw new Error("bug: a block is published and there is no head");
  if (!(await reserveSize(context, head.size, frontierRoot(frontierOf(head), context.crypto)))) return undefined;
  const rejoined = await turns.take({ kind: "rejoined", by, size: head.size });
  context.log.warn("rejoined", { transaction: by, height: head.height });
  return { rejoined };
}
