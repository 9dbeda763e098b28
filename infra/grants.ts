import { coordinatorPartition, type FunctionName } from "@vermilion/aws/environment";
import { type Buckets, filesPrefix, marksPrefix } from "./buckets.ts";
import { allow, type Roles } from "./roles.ts";
import type { TableName, Tables } from "./tables.ts";

const read = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"];
const write = ["dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem"];
const readWrite = [...read, ...write];
/** When a table was made tells whether it was restored from a backup, in which the member has forgotten what it had promised. */
const describe = ["dynamodb:DescribeTable"];
/** Of whichever chain: its id stands before the slash. */
const coordinatorItem = { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": [`*/${coordinatorPartition}`] } };

interface Grant {
  readonly table: TableName;
  readonly actions: readonly string[];
  /** Only on the coordinator's own item. */
  readonly coordinatorOnly?: true;
}

/** Who may do what with which table. What does not stand here is denied. */
const tableGrants: Readonly<Record<FunctionName, readonly Grant[]>> = {
  api: [
    { table: "ledger", actions: readWrite },
    { table: "raft", actions: [...readWrite, ...describe] },
    { table: "records", actions: readWrite },
    { table: "calls", actions: readWrite },
    { table: "apps", actions: read },
  ],
  public: [
    { table: "ledger", actions: read },
    { table: "raft", actions: read },
  ],
  turn: [
    { table: "ledger", actions: readWrite },
    { table: "raft", actions: [...readWrite, ...describe] },
    { table: "records", actions: readWrite },
  ],
  wake: [{ table: "raft", actions: ["dynamodb:GetItem", "dynamodb:PutItem"], coordinatorOnly: true }],
  watchdog: [
    { table: "ledger", actions: read },
    { table: "raft", actions: read },
    { table: "raft", actions: ["dynamodb:PutItem"], coordinatorOnly: true },
  ],
  tiles: [
    { table: "ledger", actions: read },
    { table: "raft", actions: read },
  ],
  operator: [
    { table: "ledger", actions: readWrite },
    { table: "raft", actions: [...readWrite, ...describe] },
    // For fsck, which reads the sealed attachments; what else lies there is wrapped by a key that the operator's function may not use.
    { table: "records", actions: read },
    { table: "apps", actions: readWrite },
  ],
};

export function grantTables(roles: Roles, tables: Tables): void {
  for (const [name, grants] of Object.entries(tableGrants))
    for (const { table, actions, coordinatorOnly } of grants)
      allow(roles[name as FunctionName], actions, [tables[table].tableArn], coordinatorOnly && coordinatorItem);
}

/**
 * Files by where they lie: plans and data are read and written, marks of open uploads are only counted. Tiles have names of many beginnings,
 * so their grant is on the bucket. Listing is granted, and on no prefix, because without it S3 answers "forbidden" where it means "no such
 * object".
 */
export function grantBuckets(roles: Roles, { files, tiles }: Buckets): void {
  const multipart = ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"];
  allow(roles.api, ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", ...multipart], [files.arnForObjects(`${filesPrefix}*`)]);
  allow(roles.api, ["s3:PutObject", "s3:DeleteObject"], [files.arnForObjects(`${marksPrefix}*`)]);
  allow(roles.api, ["s3:ListBucket"], [files.bucketArn]);
  allow(roles.tiles, ["s3:GetObject", "s3:PutObject"], [tiles.arnForObjects("*")]);
  allow(roles.tiles, ["s3:ListBucket"], [tiles.bucketArn]);
}
