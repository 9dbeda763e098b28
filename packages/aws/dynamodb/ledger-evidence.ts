import type { Ledger } from "@vermilion/member/ports/index";
import { checkCosignature, checkHeight } from "@vermilion/member/ports/limits";
import { digits, pack, queryAll, unpack } from "./items.ts";
import type { Table } from "./table.ts";

type Evidence = Pick<Ledger, "saveCosignature" | "cosignatures" | "raiseFinal" | "finalSize">;

export function ledgerEvidence(table: Table): Evidence {
  const finalKey = { partition: "final", sort: "size" };
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
      await table.write({ put: { ...finalKey, bytes: pack(size), number: size }, condition: { below: size } });
    },

    async finalSize() {
      return (await table.get(finalKey))?.number ?? 0;
    },
  };
}
