import { dynamoCoordinator } from "@vermilion/aws/coordinator/store";
import { dynamoApps, dynamoCalls, dynamoLedger, dynamoRaftStore, dynamoRecordKeys } from "@vermilion/aws/dynamodb/index";
import { afterAll, beforeAll, describe, vi } from "vitest";
import { startMiniStack } from "../aws/emulator/ministack.ts";
import { startSecondDynamoDb } from "../aws/emulator/second-dynamodb.ts";
import { appsSuite } from "./apps.suite.ts";
import { callsSuite } from "./calls.suite.ts";
import { coordinatorSuite } from "./coordinator.suite.ts";
import { createTable, dynamoOpener } from "./dynamodb-open.ts";
import { ledgerSuite } from "./ledger.suite.ts";
import { raftStoreSuite } from "./raft-store.suite.ts";
import { recordKeysSuite } from "./record-keys.suite.ts";
import { tableSuite } from "./table.suite.ts";

// Some tests write tens of thousands of items, and an emulator takes a few hundred a second.
vi.setConfig({ testTimeout: 400_000 });

const given = process.env["DYNAMODB_ENDPOINT"];
/** Two programs, since each forgives what the other does not; and where an address is given, a third: DynamoDB Local, say. */
const emulators: Readonly<Record<string, () => Promise<{ readonly endpoint: string; stop(): Promise<void> }>>> = {
  MiniStack: () => startMiniStack({ account: "111111111111" }),
  moto: startSecondDynamoDb,
  ...(given === undefined ? {} : { "the given one": async () => ({ endpoint: given, stop: async () => undefined }) }),
};

/** The suites that memory and SQLite pass, over what stands for DynamoDB. */
describe.each(Object.entries(emulators))("%s", (name, start) => {
  let endpoint = "";
  let stop = async (): Promise<void> => undefined;

  beforeAll(async () => {
    const emulator = await start();
    ({ endpoint } = emulator);
    stop = () => emulator.stop();
    await createTable(endpoint);
  });
  afterAll(() => stop());

  const over = <Port>(make: Parameters<typeof dynamoOpener<Port>>[1]) => dynamoOpener(() => endpoint, make);
  tableSuite(
    name,
    over((table) => table),
  );
  // All that the ledger asks of DynamoDB it asks of the table; its suite writes tens of thousands of items, for which moto takes very long.
  if (name !== "moto") {
    ledgerSuite(
      name,
      over((table, chain) => dynamoLedger({ chain, ledger: table, records: table })),
    );
  }
  raftStoreSuite(
    name,
    over((table, chain) => dynamoRaftStore(chain, table, { now: Date.now })),
  );
  recordKeysSuite(
    name,
    over((table, chain) => dynamoRecordKeys(chain, table)),
  );
  callsSuite(
    name,
    over((table) => dynamoCalls(table)),
  );
  appsSuite(
    name,
    over((table) => dynamoApps(table)),
  );
  coordinatorSuite(
    name,
    over((table, chain) => dynamoCoordinator(chain, table)),
  );
});
