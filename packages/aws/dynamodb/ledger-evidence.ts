import type { Ledger } from "@vermilion/node/ports/index";
import { checkCosignature, checkHeight } from "@vermilion/node/ports/limits";
import { finalSortKey } from "../environment.ts";
import { digits, pack, queryAll, unpack } from "./items.ts";
import type { Table } from "./table.ts";

type Evidence = Pick<Ledger, "saveCosignature" | "cosignatures" | "raiseFinal" | "finalSize">;

export function ledgerEvidence(table: Table): Evidence {
  const key = { partition: "final", sort: finalSortKey };
  const partitionOf = (size: number) => `cosignature/${digits(size)}`;
  return {
    async saveCosignature(size, member, line) {
      checkCosignature(size, member, line);
      await table.write({ put: { partition: partitionOf(size), sort: member, bytes: pack(line) } });
    },

    async cosignatures(size) {
      checkHeight("size", size);
      const items = await queryAll(table, partitionOf(size), {});
      return new Map(items.map((item) => [item.sort, unpack<string>(item)]));
    },

    async raiseFinal(size) {
      checkHeight("size", size);
      await table.write({ put: { ...key, bytes: pack(size), number: size }, condition: { below: size } });
    },

    async finalSize() {
      return (await table.get(key))?.number ?? 0;
    },
  };
}
