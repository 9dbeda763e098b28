export type ProblemStatus = 400 | 401 | 403 | 404 | 405 | 408 | 409 | 413 | 415 | 421 | 422 | 429 | 500 | 502 | 503 | 507;

/** A code as it reaches a caller: HTTP status and title in both languages. */
export interface ProblemRow {
  readonly status: ProblemStatus;
  readonly zh: string;
  readonly en: string;
}

export const row = (status: ProblemStatus, zh: string, en: string): ProblemRow => ({ status, zh, en });
