import type { JsonObject, Operation as OperationCall } from "@vermilion/ledger";
import { accountOperations, type RegisterArguments } from "./accounts.ts";
import { type CorrectArguments, certificateChangeOperations, type ReceiveArguments, type StatusArguments } from "./certificate-changes.ts";
import { type CompleteArguments, certificateOperations, type IssueArguments, type RenewArguments } from "./certificates.ts";
import { certificateOperationsV1 } from "./certificates-v1.ts";
import {
  type ActivateArguments,
  consortiumOperations,
  FOUNDING_CONTRACTS,
  type FoundArguments,
  type RejoinArguments,
} from "./consortium.ts";
import { type DepositArguments, evidenceOperations } from "./evidence.ts";
import { fileOperations, type RegisterFileArguments } from "./files.ts";
import { type GiveArguments, grantOperations } from "./grants.ts";
import type { Operation } from "./operation.ts";
import { type DecideArguments, type OpenArguments, requestOperations } from "./requests.ts";
import { type DefineArguments, typeOperations } from "./types.ts";
import { type RecordArguments, verificationOperations } from "./verifications.ts";

/** Every operation of every version that this code knows. Rows are added, never changed: recorded ledgers replay through the old ones. */
export const operations: readonly Operation[] = [
  ...consortiumOperations,
  ...typeOperations,
  ...certificateOperationsV1,
  ...certificateOperations,
  ...certificateChangeOperations,
  ...requestOperations,
  ...grantOperations,
  ...accountOperations,
  ...verificationOperations,
  ...fileOperations,
  ...evidenceOperations,
];

/** The highest version of each contract that `rows` know. */
export function knownVersions(rows: readonly Operation[] = operations): ReadonlyMap<string, number> {
  const known = new Map<string, number>();
  for (const { contract, version } of rows) known.set(contract, Math.max(version, known.get(contract) ?? 0));
  return known;
}

/** What a new chain's founders say of its contracts, so that it begins with the newest rules that this code knows. */
export function newestRules(): NonNullable<FoundArguments["contracts"]> {
  return Object.fromEntries([...knownVersions()].filter(([contract, version]) => version > 1 || !FOUNDING_CONTRACTS.includes(contract)));
}

const rowsOf: ReadonlyMap<string, readonly Operation[]> = Map.groupBy(operations, (row) => `${row.contract}.${row.operation}`);

/** The row that stands for an operation while `version` of its contract is in force: the newest that is not newer. */
export function findOperation(
  contract: string,
  name: string,
  version: number,
  rows: readonly Operation[] = rowsOf.get(`${contract}.${name}`) ?? [],
): Operation | undefined {
  return rows
    .filter((row) => row.contract === contract && row.operation === name && row.version <= version)
    .reduce<Operation | undefined>((best, row) => (best === undefined || row.version > best.version ? row : best), undefined);
}

/** Arguments by operation, in the newest version. */
export interface ArgumentsOf {
  readonly "consortium.found": FoundArguments;
  readonly "consortium.activate": ActivateArguments;
  readonly "consortium.rejoin": RejoinArguments;
  readonly "types.define": DefineArguments;
  readonly "certificates.issue": IssueArguments;
  readonly "certificates.complete": CompleteArguments;
  readonly "certificates.renew": RenewArguments;
  readonly "certificates.correct": CorrectArguments;
  readonly "certificates.suspend": StatusArguments;
  readonly "certificates.resume": StatusArguments;
  readonly "certificates.revoke": StatusArguments;
  readonly "certificates.receive": ReceiveArguments;
  readonly "requests.open": OpenArguments;
  readonly "requests.decide": DecideArguments;
  readonly "grants.give": GiveArguments;
  readonly "accounts.register": RegisterArguments;
  readonly "verifications.record": RecordArguments;
  readonly "files.register": RegisterFileArguments;
  readonly "evidence.deposit": DepositArguments;
}

/** An operation for an entry's payload, its arguments checked by the compiler: `operationCall("grants.give", { … })`. */
export function operationCall<Name extends keyof ArgumentsOf>(name: Name, given: ArgumentsOf[Name]): OperationCall {
  const [contract = "", operation = ""] = name.split(".");
  return { contract, operation, arguments: given as unknown as JsonObject };
}
