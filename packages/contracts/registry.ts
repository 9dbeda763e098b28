import type { Crypto, Operation as OperationCall } from "@vermilion/ledger";
import { accountOperations } from "./accounts.ts";
import { certificateOperations } from "./certificates.ts";
import { consortiumOperations } from "./consortium.ts";
import { evidenceOperations } from "./evidence.ts";
import { fileOperations } from "./files.ts";
import { grantOperations } from "./grants.ts";
import type { Given } from "./operation/arguments.ts";
import type { Act, Operation, PreparedOperation } from "./operation/operation.ts";
import type { NamedAt, Subject } from "./operation/subjects.ts";
import { requestOperations } from "./requests.ts";
import { typeOperations } from "./types.ts";
import { verificationOperations } from "./verifications.ts";

/** Every operation of every version that this code knows. Rows are added, never changed: recorded ledgers replay through the old ones. */
const rows = [
  ...consortiumOperations,
  ...typeOperations,
  ...certificateOperations,
  ...requestOperations,
  ...grantOperations,
  ...accountOperations,
  ...verificationOperations,
  ...fileOperations,
  ...evidenceOperations,
] as const;

export const operations: readonly Operation[] = rows;

type Row = (typeof rows)[number];

/** Arguments by operation. */
export type ArgumentsOf = { readonly [Each in Row as `${Each["contract"]}.${Each["operation"]}`]: Given<Each["schema"]> };

export type OperationName = keyof ArgumentsOf;

export function nameOf({ contract, operation }: Pick<OperationCall, "contract" | "operation">): string {
  return `${contract}.${operation}`;
}

/** An operation for an entry's payload, its arguments checked by the compiler: `operationCall("grants.give", { … })`. */
export function operationCall<Name extends OperationName>(name: Name, given: ArgumentsOf[Name]): OperationCall {
  const [contract = "", operation = ""] = name.split(".");
  return { contract, operation, arguments: given };
}

/** The highest version of each contract that `among` know. */
export function knownVersions(among: readonly Operation[] = operations): ReadonlyMap<string, number> {
  const known = new Map<string, number>();
  for (const { contract, version } of among) known.set(contract, Math.max(version, known.get(contract) ?? 0));
  return known;
}

/** What a new chain's founders say of its contracts, so that it begins with the newest rules that this code knows. */
export function newestRules(): ArgumentsOf["consortium.found"]["contracts"] {
  return Object.fromEntries(knownVersions());
}

const rowsByName: ReadonlyMap<string, readonly Operation[]> = Map.groupBy(operations, nameOf);

/** The row that stands for an operation while `version` of its contract is in force: the newest that is not newer. */
export function findOperation(
  contract: string,
  name: string,
  version: number,
  among: readonly Operation[] = rowsByName.get(nameOf({ contract, operation: name })) ?? [],
): Operation | undefined {
  return among
    .filter((row) => row.contract === contract && row.operation === name && row.version <= version)
    .reduce<Operation | undefined>((best, row) => (best === undefined || row.version > best.version ? row : best), undefined);
}

/** An operation of an applied entry, read by the newest row that takes its arguments; undefined for one that this code does not know. */
function readApplied({ contract, operation, arguments: given }: OperationCall): PreparedOperation | undefined {
  const newestFirst = (rowsByName.get(nameOf({ contract, operation })) ?? []).toSorted((one, other) => other.version - one.version);
  for (const row of newestFirst) {
    const prepared = row.prepare(given);
    if (!("refused" in prepared)) return prepared;
  }
  return undefined;
}

/** What an operation of an applied entry changed. */
export function subjectsAt(call: OperationCall, at: NamedAt): readonly Subject[] {
  return readApplied(call)?.subjects(at) ?? [];
}

/** What all operations of an applied entry changed, each thing once; a refused entry changed nothing. */
export function subjectsOf(transaction: string, calls: readonly OperationCall[], crypto: Crypto): readonly Subject[] {
  const all = calls.flatMap((call, operation) => subjectsAt(call, { transaction, operation, crypto }));
  return [...new Map(all.map((subject) => [`${subject.kind} ${subject.id}`, subject])).values()];
}

/** How many of each of its acts an operation counts as. */
export function timesOf(call: OperationCall): number {
  return readApplied(call)?.times() ?? 1;
}

/** The acts that are counted, by name, each with the operation that it is. */
export const acts: ReadonlyMap<string, Act & { readonly operation: string }> = new Map(
  operations.flatMap((row) => row.acts.map((act) => [act.act, { ...act, operation: nameOf(row) }] as const)),
);
