/** What was wrong with one field of an input. */
export interface FieldProblem {
  readonly field: string;
  readonly code: string;
  /** In the language that the client asked for. */
  readonly detail: string;
}

/** Codes that the client itself gives; all others are the API's or a contract's. */
export type ClientCode =
  | "unreachable"
  | "timed-out"
  | "bad-answer"
  | "no-credentials"
  | "bad-credentials"
  | "receipt-does-not-hold"
  | "lookup-does-not-hold"
  | FileClientCode;

/** What the client finds wrong with files and chunks before it hands anything on. */
export type FileClientCode =
  | "file-too-large"
  | "file-name-not-usable"
  | "source-changed"
  | "file-reference-malformed"
  | "file-answer-wrong"
  | "chunk-does-not-match"
  | "chunk-does-not-open";

interface ProblemFacts {
  readonly code: string;
  /** HTTP status; 0 where no answer came. */
  readonly status: number;
  readonly detail: string;
  readonly detailZh?: string;
  readonly problems?: readonly FieldProblem[];
  readonly requestId?: string;
  /** The entry that carries a refusal, where there is one. */
  readonly transactionHash?: string;
  /** Seconds that the server asks to wait. */
  readonly retryAfterS?: number;
}

/** Every way in which a call does not give its answer: a problem of the API (RFC 9457), a refused entry, or no usable answer at all. */
export class ClientProblem extends Error {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  readonly detailZh: string | undefined;
  readonly problems: readonly FieldProblem[];
  readonly requestId: string | undefined;
  readonly transactionHash: string | undefined;
  readonly retryAfterS: number | undefined;

  constructor(facts: ProblemFacts, cause?: unknown) {
    super(`${facts.code}: ${facts.detail}`, { cause });
    this.name = "ClientProblem";
    this.code = facts.code;
    this.status = facts.status;
    this.detail = facts.detail;
    this.detailZh = facts.detailZh;
    this.problems = facts.problems ?? [];
    this.requestId = facts.requestId;
    this.transactionHash = facts.transactionHash;
    this.retryAfterS = facts.retryAfterS;
  }
}

/** The problem that a response which is not a success carries, whatever its body is. */
export function problemOf(response: Response, body: string): ClientProblem {
  const requestId = response.headers.get("x-request-id") ?? undefined;
  const retryAfterS = secondsOf(response.headers.get("retry-after"));
  const facts = {
    status: response.status,
    ...(requestId === undefined ? {} : { requestId }),
    ...(retryAfterS === undefined ? {} : { retryAfterS }),
  };
  const parsed = objectOf(body);
  const code = textOf(parsed["code"]) ?? textOf(parsed["error"]);
  if (code === undefined)
    return new ClientProblem({ ...facts, code: "bad-answer", detail: `the member answered ${response.status} without a problem document` });
  // The title is in the caller's language, the detail is for developers and not always there; RFC 6749 section 5.2 calls it otherwise.
  const title = textOf(parsed["title"]);
  const detail = textOf(parsed["detail"]) ?? textOf(parsed["error_description"]);
  const said = [title, detail].filter((text) => text !== undefined);
  const problems = Array.isArray(parsed["problems"]) ? parsed["problems"].flatMap(fieldProblem) : [];
  const transactionHash = textOf(parsed["transactionHash"]);
  const bodyRequestId = requestId ?? textOf(parsed["requestId"]);
  return new ClientProblem({
    ...facts,
    code,
    detail: said.length === 0 ? "no detail was given" : said.join(": "),
    problems,
    ...(bodyRequestId === undefined ? {} : { requestId: bodyRequestId }),
    ...(transactionHash === undefined ? {} : { transactionHash }),
  });
}

function objectOf(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function fieldProblem(value: unknown): FieldProblem[] {
  if (typeof value !== "object" || value === null) return [];
  const row = value as Record<string, unknown>;
  return [{ field: textOf(row["field"]) ?? "", code: textOf(row["code"]) ?? "invalid-field", detail: textOf(row["detail"]) ?? "" }];
}

/** RFC 9110 section 10.2.3, the form in seconds; a date is left to our own waiting. */
function secondsOf(header: string | null): number | undefined {
  return header !== null && /^[0-9]{1,5}$/.test(header) ? Number(header) : undefined;
}
