import { encodeBundle, type TileCoordinate, tileWidth, treeHashBytes } from "@vermilion/ledger";
import type { Ledger } from "../ports/index.ts";

/** What the public tiles of a chain are made of. */
export type TileSource = Pick<Ledger, "tiles" | "leafRecords" | "finalSize">;

/** The first `width` hashes of a tile, C2SP tlog-tiles; undefined where the ledger holds fewer. Whether they are final is the caller's question. */
export async function hashTile(
  ledger: Pick<TileSource, "tiles">,
  { level, index, width }: TileCoordinate,
): Promise<Uint8Array | undefined> {
  const [hashes] = await ledger.tiles([{ level, index }]);
  return hashes === undefined || hashes.length < width * treeHashBytes ? undefined : hashes.subarray(0, width * treeHashBytes);
}

/** The first `width` leaf records of a bundle: kinds, outcomes and hashes, never bodies. Undefined where the ledger holds fewer. */
export async function recordBundle(ledger: Pick<TileSource, "leafRecords">, index: number, width: number): Promise<Uint8Array | undefined> {
  const records = await ledger.leafRecords(index * tileWidth, width);
  return records.length < width ? undefined : encodeBundle(records);
}
