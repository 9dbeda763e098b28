export { type AccountProof, accountProofTyp } from "./accounts.ts";
export { type ReceiptOfHolder, receiptOfHolderTyp } from "./certificates/receive.ts";
export { found } from "./consortium.ts";
export { evidenceDigestsMax } from "./evidence.ts";
export { type Execution, type ExecutionResult, executeEntry, keysOf, limits, type RulesUnknown } from "./execute.ts";
export { type Deposit, depositsOf, namesOf } from "./names.ts";
export { appIdForm, type SignedObject, signedObject } from "./operation/arguments.ts";
export type { BlockContext, EntryContext } from "./operation/operation.ts";
export { type Refusal, type RefusalCode, refusalCodes } from "./operation/refusals.ts";
export type { Subject, SubjectKind } from "./operation/subjects.ts";
export {
  type ArgumentsOf,
  acts,
  knownVersions,
  nameOf,
  newestRules,
  operationCall,
  operations,
  subjectsAt,
  subjectsOf,
  timesOf,
} from "./registry.ts";
export { addressOf } from "./state/accounts.ts";
export { partOf } from "./state/certificates.ts";
export { evidenceId } from "./state/evidence.ts";
export { stateKeys, statePrefixes } from "./state/keys.ts";
export { membershipIn, type StateReader } from "./state/membership.ts";
export { type Position, positionKey, positionsFrom } from "./state/position.ts";
export { requestId } from "./state/requests.ts";
export type * from "./state/rows.ts";
export { dayOf, evidenceSubject } from "./state/statistics.ts";
export { type Misses, type RangeRequest, StateView, type Write } from "./state/view.ts";
