/**
 * Why an entry did not apply. Each is written into the leaf record, so a code is never renamed nor given another
 * meaning; who adds one adds a version of the operation that answers it.
 */
export const refusalCodes = [
  // The entry as a whole.
  "entry-of-another-chain",
  "duplicate-entry",
  "expired",
  "entry-from-the-future",
  "unknown-key",
  "revoked-key",
  "too-many-refusals",
  "unknown-operation",
  "malformed-arguments",
  "not-a-member",
  "not-a-majority",
  "not-an-account",
  // consortium
  "already-founded",
  "not-founded",
  "not-the-founders",
  "duplicate-member",
  "duplicate-key",
  "invalid-uscc",
  "quorum-out-of-range",
  "height-in-the-past",
  "version-out-of-order",
  "not-the-member",
  // types
  "malformed-type",
  "not-the-type-owner",
  "type-version-out-of-order",
  "unknown-member",
  "type-code-changed",
  "type-code-taken",
  "type-change-breaks",
  // certificates
  "unknown-type",
  "type-version-not-latest",
  "not-an-issuer",
  "not-a-completer",
  "malformed-identifier",
  "identifier-does-not-match",
  "certificate-exists",
  "unknown-certificate",
  "unknown-part",
  "part-exists",
  "unknown-field",
  "missing-field",
  "commitments-do-not-match-fields",
  "attachment-not-listed",
  "attachment-audience",
  "document-exists",
  "type-does-not-match",
  "unknown-account",
  "wrong-account-kind",
  "not-the-certificate-issuer",
  "certificate-revoked",
  "certificate-replaced",
  "certificate-suspended",
  "certificate-not-suspended",
  "holder-does-not-match",
  "expiry-out-of-range",
  "status-index-taken",
  "wrong-status-list",
  "document-not-current",
  "already-received",
  "not-the-holder",
  // requests and grants
  "own-record",
  "deadline-out-of-range",
  "unknown-request",
  "not-the-owner",
  "already-decided",
  "after-deadline",
  "request-not-allowed",
  "grant-does-not-match-request",
  "attachment-used",
  // accounts
  "account-exists",
  "bad-proof",
  // verifications
  "unknown-document",
  "document-does-not-match",
  "issuer-does-not-match",
  "account-of-another-member",
  // files
  "file-exists",
  "file-size-does-not-match",
  // evidence
  "evidence-size-does-not-match",
] as const;

export type RefusalCode = (typeof refusalCodes)[number];

/** An expected "no". `detail` is for a developer's eyes, is not on the ledger, and never repeats a refused value. */
export interface Refusal {
  readonly refused: RefusalCode;
  readonly detail?: string;
}

export function refuse(refused: RefusalCode, detail?: string): Refusal {
  return detail === undefined ? { refused } : { refused, detail };
}
