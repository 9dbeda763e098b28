import type { Ledger } from "@vermilion/node/ports/index";
import type { ChainDatabase } from "./database.ts";
import { ledgerBlocks } from "./ledger-blocks.ts";
import { ledgerEvidence } from "./ledger-evidence.ts";
import { ledgerPublished } from "./ledger-published.ts";
import { withRecentBlocks } from "./recent-blocks.ts";

/** One chain in one file; the contract is that of the port. Writes of one call are one transaction. */
export function sqliteLedger(database: ChainDatabase): Ledger {
  return { ...withRecentBlocks(ledgerBlocks(database)), ...ledgerPublished(database), ...ledgerEvidence(database) };
}
