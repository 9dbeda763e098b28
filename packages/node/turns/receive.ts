import { type Input, type Position, type Receive, step } from "@vermilion/consensus";
import { type BlockRefusal, executeReceived } from "../chain/accept.ts";
import type { NodeContext } from "../context.ts";
import type { BlockBody } from "../peers/wire.ts";
import type { Run } from "./run.ts";

/** Blocks that came with a message, by header hash. */
export type Bodies = ReadonlyMap<string, BlockBody>;

/** Feeds the input; blocks that it appends are checked, executed and saved first, and refused whole if one of them fails. */
export async function receive(context: NodeContext, run: Run, input: Input, bodies: Bodies): Promise<void> {
  const before = run.state;
  const first = step(before, input);
  if (first.appended.length === 0 || input.kind !== "receive") return run.take(first);
  const refusal = await acceptBlocks(context, first.appended, input, bodies);
  if (refusal === undefined) return run.take(first);
  context.log.error("block-refused", { from: input.message.from, refused: refusal.refused, why: refusal.why });
  run.step({ ...input, refused: refusal.refused });
}

async function acceptBlocks(
  context: NodeContext,
  appended: readonly Position[],
  { message, certificate }: Receive,
  bodies: Bodies,
): Promise<BlockRefusal | undefined> {
  if (message.kind !== "append") throw new Error("bug: only an append appends");
  for (const position of appended) {
    const index = message.positions.findIndex(({ height }) => height === position.height);
    const below = index === 0 ? message.previous : message.positions[index - 1];
    if (below === undefined) throw new Error("bug: appended positions are those of the message");
    const live = position.height > (certificate?.position.height ?? -1);
    const refusal = await acceptBlock(context, { position, previous: below.hash, live }, bodies);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** The block of a position that stands on the block `previous`: saved before, at this very position, or checked, executed and saved now. */
async function acceptBlock(
  context: NodeContext,
  at: { readonly position: Position; readonly previous: string; readonly live: boolean },
  bodies: Bodies,
): Promise<BlockRefusal | undefined> {
  const known = await knownBlock(context, at.position, at.previous);
  if (known !== undefined) return known === "there" ? undefined : known;
  const body = bodies.get(at.position.hash);
  if (body === undefined) return { refused: "invalid-block", why: "the block did not come with the message" };
  const block = await executeReceived(context, at, body);
  if ("refused" in block) {
    // Another process of this member may have taken this very block meanwhile; once it is published its own entries count as repeated.
    return (await knownBlock(context, at.position, at.previous)) === "there" ? undefined : block;
  }
  await context.ledger.saveBlock(block);
  return undefined;
}

async function knownBlock(context: NodeContext, position: Position, previous: string): Promise<"there" | BlockRefusal | undefined> {
  const saved = await context.ledger.readBlock(position.hash);
  if (saved === undefined) return undefined;
  const isThere = saved.after.height === position.height && saved.term === position.term && saved.previous === previous;
  return isThere ? "there" : { refused: "invalid-block", why: "a block that is known at another position" };
}
