export { type AccountProof, accountProofTyp, type RegisterArguments } from "./accounts.ts";
export { appIdForm } from "./arguments.ts";
export {
  type CorrectArguments,
  type ReceiptOfHolder,
  type ReceiveArguments,
  receiptOfHolderTyp,
  type StatusArguments,
} from "./certificate-changes.ts";
export type { CompleteArguments, IssueArguments, RenewArguments } from "./certificates.ts";
export type { ActivateArguments, FoundArguments } from "./consortium.ts";
export { dayOf, evidenceSubject } from "./counts.ts";
export { type DepositArguments, evidenceDigestsMax } from "./evidence.ts";
export { type Execution, type ExecutionResult, executeEntry, keysOf, limits, type RulesUnknown } from "./execute.ts";
export type { RegisterFileArguments } from "./files.ts";
export type { GiveArguments } from "./grants.ts";
export { addressOf, evidenceId, type Place, placeKey, placesFrom, requestId, type StateKey, stateKeys, statePrefixes } from "./keys.ts";
export { type Deposit, depositsOf, namesOf } from "./names.ts";
export type { BlockContext, EntryContext } from "./operation.ts";
export { type Refusal, type RefusalCode, refusalCodes } from "./refusals.ts";
export { type ArgumentsOf, knownVersions, newestRules, operationCall, operations } from "./registry.ts";
export type { DecideArguments, OpenArguments } from "./requests.ts";
export type * from "./rows.ts";
export { type Subject, type SubjectKind, subjectsOf } from "./subjects.ts";
export type { DefineArguments } from "./types.ts";
export type { RecordArguments } from "./verifications.ts";
export { type Misses, type RangeRequest, type Row, StateView, type Write } from "./view.ts";
