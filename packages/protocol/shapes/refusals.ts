/** Refusals that several routes share. */

/** Of a certificate that counts no more. */
export const ofStanding = ["unknown-certificate", "certificate-revoked", "certificate-replaced", "certificate-suspended"] as const;
/** Of a new document. */
export const ofDocument = [
  "invalid-fields",
  "unknown-file",
  "file-of-another-member",
  "file-does-not-match",
  "document-exists",
  "status-index-taken",
  "wrong-status-list",
] as const;
/** Of a request whose fields are read. */
export const ofGranted = [
  "unknown-request",
  "not-the-reader",
  "not-the-requesting-app",
  "request-pending",
  "request-refused",
  "request-expired",
  "grant-due",
  "wrong-grant",
  "attachment-not-here",
  "record-malformed",
  "record-not-signed",
  "disclosure-not-signed",
  "unknown-certificate",
  "unknown-part",
  "unknown-field",
  "wrong-key",
  "cannot-open",
  "bad-padding",
  "bad-disclosure",
  "other-field",
] as const;
