import { genesisVersion } from "@vermilion/ledger";
import type { GenesisFile } from "@vermilion/node/context";
import { Fault } from "@vermilion/node/fault";
import { pack, unpack } from "../dynamodb/items.ts";
import type { Table } from "../dynamodb/table.ts";

/** What a member holds of its own founding, beside its ledger and for everybody to read. */
export interface FoundingStore {
  /** The member's signed statement, as last made. */
  statement(): Promise<string | undefined>;
  saveStatement(statement: string): Promise<void>;
  genesis(): Promise<GenesisFile | undefined>;
  /** Installs a genesis once; answers the one that is installed, which may be another. */
  install(genesis: GenesisFile): Promise<GenesisFile>;
}

export function isOlderData(error: unknown): error is Fault {
  return error instanceof Fault && error.code === "storage-layout-older";
}

const statementKey = { partition: "founding", sort: "statement" };
const genesisKey = { partition: "founding", sort: "genesis" };

/** In the ledger table: statement and genesis are as public as the member's keys. */
export function foundingStore(ledger: Table): FoundingStore {
  async function genesis(): Promise<GenesisFile | undefined> {
    const item = await ledger.get(genesisKey);
    if (item === undefined) return undefined;
    const file = unpack<GenesisFile>(item);
    if (file.version === genesisVersion) return file;
    throw new Fault(
      "storage-layout-older",
      "the tables hold data of Vermilion 0.1, which this program does not read and has not changed: deploy 0.1 again, or a member in a new stack",
    );
  }
  return {
    genesis,

    async statement() {
      const item = await ledger.get(statementKey);
      return item === undefined ? undefined : unpack<string>(item);
    },

    async saveStatement(statement) {
      await ledger.write({ put: { ...statementKey, bytes: pack(statement) } });
    },

    async install(given) {
      await ledger.write({ put: { ...genesisKey, bytes: pack(given) }, condition: "absent" });
      const installed = await genesis();
      if (installed === undefined) throw new Error("bug: an installed genesis is gone");
      return installed;
    },
  };
}
