import type { RecordKeys, RecordName } from "@vermilion/member/ports/index";
import { checkRecordName } from "@vermilion/member/ports/limits";
import { checkValue } from "@vermilion/node/ports/limits";
import { chainTable } from "./chain-table.ts";
import type { Table } from "./table.ts";

/** Items `<chain>/record-key/<certificate>`, `<version>/<part>/<document>`: the wrapped key. */
export function dynamoRecordKeys(chain: string, records: Table): RecordKeys {
  const table = chainTable(records, chain);
  return {
    async saveFirst(name, wrapped) {
      checkRecordName(name);
      checkValue("a wrapped key", wrapped);
      await table.write({ put: { ...recordKey(name), bytes: wrapped }, condition: "absent" });
    },

    async read(name) {
      const item = await table.get(recordKey(name));
      return item === undefined ? undefined : Uint8Array.from(item.bytes);
    },
  };
}

function recordKey({ certificate, version, part, document }: RecordName) {
  return { partition: `record-key/${certificate}`, sort: `${version}/${part}/${document}` };
}
