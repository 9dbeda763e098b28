import type { Ledger } from "@vermilion/node/ports/index";
import { checkCosignature, checkHeight } from "@vermilion/node/ports/limits";
import type { ChainDatabase } from "./database.ts";
import { numberOf, textOf } from "./rows.ts";

type Evidence = Pick<Ledger, "saveCosignature" | "cosignatures" | "raiseFinal" | "finalSize">;

/** Cosignatures and the final size: given again by those who signed when a power cut takes the last of them, hence `ordered`. */
export function ledgerEvidence(database: ChainDatabase): Evidence {
  const putLine = database.prepare(
    "INSERT INTO cosignatures (size, member, line) VALUES (?, ?, ?) ON CONFLICT (size, member) DO UPDATE SET line = excluded.line",
  );
  const selectLines = database.prepare("SELECT member, line FROM cosignatures WHERE size = ? ORDER BY member");
  const putFinal = database.prepare(
    "INSERT INTO final (id, size) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET size = excluded.size WHERE excluded.size > size",
  );
  const selectFinal = database.prepare("SELECT size FROM final WHERE id = 1");

  return {
    async saveCosignature(size, member, line) {
      checkCosignature(size, member, line);
      await database.write(() => putLine.run(size, member, line), "ordered");
    },

    async cosignatures(size) {
      checkHeight("size", size);
      return database.read(() => new Map(selectLines.all(size).map((row) => [textOf(row, "member"), textOf(row, "line")])));
    },

    async raiseFinal(size) {
      checkHeight("size", size);
      await database.write(() => putFinal.run(size), "ordered");
    },

    async finalSize() {
      return database.read(() => {
        const row = selectFinal.get();
        return row === undefined ? 0 : numberOf(row, "size");
      });
    },
  };
}
