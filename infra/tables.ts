import { AttributeType, BillingMode, StreamViewType, Table, TableEncryption } from "aws-cdk-lib/aws-dynamodb";
import type { Construct } from "constructs";
import { removalOf } from "./removal.ts";

export const tableNames = ["ledger", "raft", "records", "calls", "apps"] as const;
export type TableName = (typeof tableNames)[number];
export type Tables = Readonly<Record<TableName, Table>>;

/**
 * A deleted record key must be gone: an erasure is a promise, and a backup that still held the key would break it. So the table of record
 * keys can be set back by a week only, the others by as long as AWS allows.
 */
const recoveryDays: Readonly<Record<TableName, number>> = { ledger: 35, raft: 35, records: 7, calls: 35, apps: 35 };

/**
 * Encrypted with the key that DynamoDB owns. A customer key would ask KMS on every call without keeping anything secret from whoever may
 * read the table; what must be secret is encrypted by the member itself, before it gets here.
 */
export function createTables(scope: Construct, retain: boolean): Tables {
  const create = (name: TableName) =>
    new Table(scope, `${name[0]?.toUpperCase()}${name.slice(1)}Table`, {
      partitionKey: { name: "pk", type: AttributeType.STRING },
      sortKey: { name: "sk", type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.DEFAULT,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true, recoveryPeriodInDays: recoveryDays[name] },
      deletionProtection: retain,
      removalPolicy: removalOf(retain),
      // Remembered answers are forgotten after a day; nothing else may ever expire.
      ...(name === "calls" ? { timeToLiveAttribute: "expires" } : {}),
      // Keys say that more has become final; what it is, is read from the table. So no entry is ever in the stream.
      ...(name === "ledger" ? { stream: StreamViewType.KEYS_ONLY } : {}),
    });
  return {
    ledger: create("ledger"),
    raft: create("raft"),
    records: create("records"),
    calls: create("calls"),
    apps: create("apps"),
  };
}
