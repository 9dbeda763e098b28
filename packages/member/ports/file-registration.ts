/** How a file whose chunks are here may still come onto the ledger. */
export interface FileRegistration {
  /** Time of a block (ms since 1970) after which no entry that was sent puts the file on the ledger any more. */
  readonly until: number;
  /** Transaction hash of the entry; null where there are several. */
  readonly transaction: string | null;
}

/** The registration once one more entry is on its way; the same one again changes nothing. */
export function registrationWith(earlier: FileRegistration | undefined, entry: FileRegistration): FileRegistration {
  if (earlier === undefined) return entry;
  const transaction = earlier.transaction === entry.transaction ? entry.transaction : null;
  return { until: Math.max(earlier.until, entry.until), transaction };
}

export function sameRegistration(one: FileRegistration | undefined, other: FileRegistration | undefined): boolean {
  return one?.until === other?.until && one?.transaction === other?.transaction;
}
