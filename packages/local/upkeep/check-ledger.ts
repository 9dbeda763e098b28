import { existsSync } from "node:fs";
import { chainRules } from "@vermilion/member/rules";
import { type FsckFinding, type FsckReport, fsck } from "@vermilion/node/audit/fsck";
import { type RebuildReport, rebuild } from "@vermilion/node/audit/rebuild";
import { Fault } from "@vermilion/node/fault";
import { nativeCrypto } from "@vermilion/node/host/native-crypto";
import { Cannot } from "../cannot.ts";
import { chainOf } from "../config/chains.ts";
import { readMemberConfig } from "../config/read.ts";
import { using, withStoppedMember } from "../process/stopped.ts";
import { type ChainDatabase, openChainDatabase, sqliteLedger } from "../sqlite/index.ts";

type OnProgress = (height: number, of: number) => void;

/** Which ledger: `chain` is `main`, or a chain id. */
export interface WhichLedger {
  readonly data: string;
  readonly member: string;
  readonly chain: string;
}

/**
 * Reads a ledger of a member back from its bytes; the member may run meanwhile, since all is read in one snapshot and nothing is written.
 * Damage of the data base file itself is a finding like any other. Throws `Cannot` where there is nothing to read.
 */
export async function fsckMember({ data, member, chain }: WhichLedger, onProgress: OnProgress): Promise<FsckReport> {
  readMemberConfig(data, member);
  const { genesis, paths } = chainOf(data, member, chain);
  const file = paths.database;
  if (!existsSync(file)) throw new Cannot("storage-unusable", `缺少 ${file}`, `${file} is missing`);
  let database: ChainDatabase;
  try {
    database = openChainDatabase(file, { readOnly: true });
  } catch (error) {
    if (error instanceof Fault && error.code === "storage-failed") return onlyFindings([{ place: "database file", problem: error.detail }]);
    throw error;
  }
  return using(database, async () => {
    const damage = damageOf(database);
    if (damage.length > 0) return onlyFindings(damage);
    database.connection.exec("BEGIN");
    return fsck({ ledger: sqliteLedger(database), crypto: nativeCrypto, rules: chainRules }, genesis, onProgress);
  });
}

/** Drops what is derived and replays it from the blocks. Throws `Cannot` `still-running` where the member's process holds the files. */
export function rebuildMember({ data, member, chain }: WhichLedger, onProgress: OnProgress): Promise<RebuildReport> {
  return withStoppedMember(data, member, () =>
    using(openChainDatabase(chainOf(data, member, chain).paths.database), (database) =>
      rebuild({ ledger: sqliteLedger(database), crypto: nativeCrypto, rules: chainRules }, onProgress),
    ),
  );
}

/** What SQLite itself finds wrong with pages and indexes: a damaged page could otherwise read as a row that is not there. */
function damageOf(database: ChainDatabase): readonly FsckFinding[] {
  try {
    const rows = database.connection.prepare("PRAGMA integrity_check(20)").all();
    return rows
      .map((row) => String(row["integrity_check"]))
      .filter((text) => text !== "ok")
      .map((problem) => ({ place: "database file", problem }));
  } catch (error) {
    return [{ place: "database file", problem: error instanceof Error ? error.message : String(error) }];
  }
}

function onlyFindings(findings: readonly FsckFinding[]): FsckReport {
  return { blocks: 0, entries: 0, findings };
}
