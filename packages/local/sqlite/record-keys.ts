import type { RecordKeys } from "@vermilion/member/ports/index";
import { checkRecordName } from "@vermilion/member/ports/limits";
import { checkValue } from "@vermilion/node/ports/limits";
import type { ChainDatabase } from "./database.ts";
import { bytesOf } from "./rows.ts";

/** Wrapped record keys, the first one stays; the contract is that of the port. */
export function sqliteRecordKeys(database: ChainDatabase): RecordKeys {
  const insertKey = database.prepare(
    `INSERT INTO record_keys (certificate, version, part, document, wrapped) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (certificate, version, part, document) DO NOTHING`,
  );
  const selectKey = database.prepare("SELECT wrapped FROM record_keys WHERE certificate = ? AND version = ? AND part = ? AND document = ?");

  return {
    async saveFirst(name, wrapped) {
      checkRecordName(name);
      checkValue("a wrapped key", wrapped);
      await database.write(() => {
        insertKey.run(name.certificate, name.version, name.part, name.document, wrapped);
      });
    },

    async read({ certificate, version, part, document }) {
      return database.read(() => {
        const row = selectKey.get(certificate, version, part, document);
        return row === undefined ? undefined : bytesOf(row, "wrapped");
      });
    },
  };
}
