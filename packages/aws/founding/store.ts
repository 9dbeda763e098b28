import type { GenesisFile } from "@vermilion/node/context";
import { Fault } from "@vermilion/node/fault";
import { pack, queryAll, unpack } from "../dynamodb/items.ts";
import type { Table } from "../dynamodb/table.ts";

/** A chain that this member is on. */
export interface InstalledChain {
  /** Chain id, hex. */
  readonly chain: string;
  readonly genesis: GenesisFile;
}

/** What a member holds of its own foundings, beside its ledgers and for everybody to read. */
export interface FoundingStore {
  /** The member's signed statement, as last made. */
  statement(): Promise<string | undefined>;
  saveStatement(statement: string): Promise<void>;
  /** The main chain first; empty before it is installed. */
  chains(): Promise<readonly InstalledChain[]>;
  /** Installs a chain once, as the main one or beside it. Answers what is installed there, which may be another. */
  install(given: InstalledChain, as: "main" | "further"): Promise<InstalledChain>;
}

export function isTooOld(error: unknown): error is Fault {
  return error instanceof Fault && error.code === "data-too-old";
}

const partition = "founding";
const statementKey = { partition, sort: "statement" };
const mainKey = { partition, sort: "chain" };
/** Above the key of the main one, which so is read first. */
const furtherKey = (chain: string) => ({ partition, sort: `chain/${chain}` });

/** In the ledger table: statement and genesis are as public as the member's keys. */
export function foundingStore(ledger: Table): FoundingStore {
  return {
    async statement() {
      const item = await ledger.get(statementKey);
      return item === undefined ? undefined : unpack<string>(item);
    },

    async saveStatement(statement) {
      await ledger.write({ put: { ...statementKey, bytes: pack(statement) } });
    },

    async chains() {
      const items = await queryAll(ledger, partition, {});
      if (items.some(({ sort }) => sort === "genesis"))
        throw new Fault(
          "data-too-old",
          "the tables were written by version 0.1, whose data this version does not read and has not changed",
        );
      return items.filter(({ sort }) => sort !== statementKey.sort).map((item) => unpack<InstalledChain>(item));
    },

    async install(given, as) {
      const key = as === "main" ? mainKey : furtherKey(given.chain);
      await ledger.write({ put: { ...key, bytes: pack(given) }, condition: "absent" });
      const installed = await ledger.get(key);
      if (installed === undefined) throw new Error("bug: an installed genesis is gone");
      return unpack<InstalledChain>(installed);
    },
  };
}
