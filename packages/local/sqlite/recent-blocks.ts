import type { ExecutedBlock, Ledger } from "@vermilion/node/ports/index";

/** Blocks of at most this many bytes of entries are kept at hand, the last ones. */
const bytesMax = 16_000_000;

/**
 * A ledger that keeps the blocks it has just saved or read at hand: each is asked for several times on its way from the seal to the tree. A
 * block is insert-only under the hash of its header, and the file stays open, so what it has answered for once is what it holds.
 */
export function withRecentBlocks<Blocks extends Pick<Ledger, "saveBlock" | "readBlock">>(ledger: Blocks): Blocks {
  const recent = new Map<string, ExecutedBlock>();
  let bytes = 0;

  function keep(block: ExecutedBlock): void {
    if (recent.has(block.after.hash)) return;
    recent.set(block.after.hash, block);
    bytes += sizeOf(block);
    for (const [hash, oldest] of recent) {
      if (bytes <= bytesMax) return;
      recent.delete(hash);
      bytes -= sizeOf(oldest);
    }
  }

  return {
    ...ledger,
    async saveBlock(block: ExecutedBlock) {
      await ledger.saveBlock(block);
      keep(block);
    },
    async readBlock(hash: string) {
      const known = recent.get(hash);
      if (known !== undefined) return known;
      const block = await ledger.readBlock(hash);
      if (block !== undefined) keep(block);
      return block;
    },
  };
}

/** What a block weighs, roughly: its entries and attachments, and something for the rest of a block that has none. */
function sizeOf({ entries, attachments, header }: ExecutedBlock): number {
  const parts = [...entries, ...attachments.map((attachment) => attachment.bytes)];
  return parts.reduce((sum, part) => sum + part.length, header.length);
}
