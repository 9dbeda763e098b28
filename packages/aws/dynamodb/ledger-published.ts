import type { Ledger, Publication, Standing } from "@vermilion/node/ports/index";
import { checkPublication, ensure } from "@vermilion/node/ports/limits";
import { eachOf, pack, removeAll, unpack, writeAll } from "./items.ts";
import { namePartitions, writeNames } from "./ledger-names.ts";
import { registerSegments, segmentsOf, stateActions, statePartitions } from "./ledger-state.ts";
import { treeActions, treePartitions } from "./ledger-tree.ts";
import type { Table } from "./table.ts";

type Published = Pick<Ledger, "published" | "publish" | "unpublish">;

const standingKey = { partition: "published", sort: "standing" };

/** The standing, and the writes of all that is derived from a block: each for itself, at half the price of a transaction. */
export function ledgerPublished(table: Table): Published {
  /** `dropping`: an `unpublish` was begun and not finished, so that rows of unknown heights may be left. */
  async function stored(): Promise<Standing | "dropping" | undefined> {
    const item = await table.get(standingKey);
    return item === undefined ? undefined : unpack<Standing | "dropping">(item);
  }

  async function unpublish(): Promise<void> {
    await table.write({ put: { ...standingKey, bytes: pack("dropping"), number: -1 } });
    await eachOf([...(await statePartitions(table)), ...treePartitions(), ...namePartitions()], (partition) => removeAll(table, partition));
    await table.write({ remove: standingKey, condition: { is: -1 } });
  }

  return {
    unpublish,

    async published() {
      const found = await stored();
      return found === "dropping" ? undefined : found;
    },

    async publish(publication) {
      checkPublication(publication);
      const { height } = publication.standing;
      let found = await stored();
      if (found === "dropping") {
        await unpublish();
        found = await stored();
      }
      const last = found === undefined || found === "dropping" ? -1 : found.height;
      if (height <= last) return;
      ensure(height === last + 1, `block ${height} cannot be published after ${last}`);
      await writeDerived(table, publication);
      await table.write({
        put: { ...standingKey, bytes: pack(publication.standing), number: height },
        condition: height === 0 ? "absent" : { is: height - 1 },
      });
    },
  };
}

/** Everything but the standing. Rows of a late turn are lower than what is there and are left out one by one. */
async function writeDerived(table: Table, publication: Publication): Promise<void> {
  const { writes, standing } = publication;
  const actions = [...stateActions(writes, standing.height), ...treeActions(publication)];
  // Before their first rows: a range would not look for rows of a segment that it does not know.
  await registerSegments(table, segmentsOf(writes));
  await Promise.all([writeAll(table, actions), writeNames(table, standing.height, publication.names)]);
}
