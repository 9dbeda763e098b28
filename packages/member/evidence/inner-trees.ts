import { type InnerTree, innerTreeSteps } from "@vermilion/ledger";
import type { ReadingContext } from "../context.ts";

const digestBytes = 32;
/** Trees of the largest batches are 0.8 MB each. */
const keptMax = 16;

/** The list of a deposit and the tree over it. */
export interface DigestTree {
  readonly count: number;
  readonly tree: InnerTree;
  /** Place of a digest (hex) in the list; −1: it is not there. */
  indexOf(digest: string): number;
}

/**
 * Trees over the lists of deposits. One over 8,192 digests is 16,000 hashes, which strangers may ask for: so the newest are kept, one is made
 * at a time, and while it is made the member does other things in between.
 */
export interface InnerTrees {
  /** By the SHA-256 of the list (hex); undefined where this member does not hold it. */
  of(list: string): Promise<DigestTree | undefined>;
  /** Of a list that is not deposited yet. */
  over(list: Uint8Array): Promise<InnerTree>;
}

export function createInnerTrees(context: Pick<ReadingContext, "ledger" | "crypto" | "clock">): InnerTrees {
  const kept = new Map<string, Promise<DigestTree | undefined>>();
  let last: Promise<unknown> = Promise.resolve();

  function over(list: Uint8Array): Promise<InnerTree> {
    const made = last.then(() => pacedTree(context, leavesOf(list)));
    last = made.catch(() => undefined);
    return made;
  }

  async function read(name: string): Promise<DigestTree | undefined> {
    const list = await context.ledger.attachment(name);
    if (list === undefined) return undefined;
    const bytes = Buffer.from(list.buffer, list.byteOffset, list.length);
    return { count: list.length / digestBytes, tree: await over(list), indexOf: (digest) => indexIn(bytes, Buffer.from(digest, "hex")) };
  }

  return {
    over,
    of(name) {
      const known = kept.get(name);
      if (known !== undefined) return known;
      const found = read(name);
      kept.set(name, found);
      const [oldest] = kept.keys();
      if (kept.size > keptMax && oldest !== undefined) kept.delete(oldest);
      // What is not held yet, or could not be read, may be there the next time.
      found.then(
        (tree) => tree === undefined && kept.delete(name),
        () => kept.delete(name),
      );
      return found;
    },
  };
}

async function pacedTree({ crypto, clock }: Pick<ReadingContext, "crypto" | "clock">, leaves: readonly Uint8Array[]): Promise<InnerTree> {
  const steps = innerTreeSteps(leaves, crypto);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await clock.sleep(0);
  }
}

export function leavesOf(list: Uint8Array): Uint8Array[] {
  return Array.from({ length: Math.floor(list.length / digestBytes) }, (_, at) => list.subarray(at * digestBytes, (at + 1) * digestBytes));
}

function indexIn(list: Buffer, digest: Buffer): number {
  for (let at = list.indexOf(digest); at >= 0; at = list.indexOf(digest, at + 1)) if (at % digestBytes === 0) return at / digestBytes;
  return -1;
}
