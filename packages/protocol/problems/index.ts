import type {
  CheckDigitCode,
  FieldProblemCode,
  IdentifierCode,
  InvalidFields,
  InvalidType,
  OpenCode,
  SdJwtCode,
  StatusListCode,
  TypeProblemCode,
} from "@vermilion/certificates";
import type { RefusalCode } from "@vermilion/contracts";
import type { EntryCode } from "@vermilion/ledger";
import { certificateProblems } from "./certificates.ts";
import { doorProblems } from "./doors.ts";
import { entryProblems } from "./entries.ts";
import { evidenceProblems } from "./evidence.ts";
import { fileProblems } from "./files.ts";
import { peerProblems } from "./peers.ts";
import { requestProblems } from "./requests.ts";
import type { ProblemRow } from "./row.ts";
import { typeProblems } from "./types.ts";
import { worldProblems } from "./world.ts";

export type { ProblemRow, ProblemStatus } from "./row.ts";

/** Codes that the packages below declare: each must have its row here. */
type CodeBelow =
  | RefusalCode
  | EntryCode
  | CheckDigitCode
  | FieldProblemCode
  | IdentifierCode
  | InvalidFields["refused"]
  | InvalidType["refused"]
  | OpenCode
  | SdJwtCode
  | StatusListCode
  | TypeProblemCode;

/**
 * Every code that can reach a caller. Those of the packages below are declared there and the compiler holds this table complete; all others
 * (of the doors, of a member's own rules, of faults) are declared by their row here, and whoever refuses with one is checked against it.
 */
export const problemTable = {
  ...doorProblems,
  ...peerProblems,
  ...worldProblems,
  ...entryProblems,
  ...typeProblems,
  ...certificateProblems,
  ...requestProblems,
  ...evidenceProblems,
  ...fileProblems,
} as const satisfies { readonly [Code in CodeBelow]: ProblemRow };

export type ProblemCode = keyof typeof problemTable;

export const problemCodes = Object.keys(problemTable) as readonly ProblemCode[];

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problemTable, code);
}
