/** Codes of what the world does wrong; each has one row in the API's table of answers. */
export type FaultCode =
  | "storage-full"
  | "storage-read-only"
  | "storage-failed"
  | "storage-layout-newer"
  | "data-too-old"
  | "keys-unavailable"
  | "key-unwrap-failed"
  | "peer-unreachable"
  | "peer-refused"
  | "stale-turn"
  | "upgrade-needed";

/** The world failed: thrown with a stable code and its cause, never for an answer of the domain. */
export class Fault extends Error {
  readonly code: FaultCode;
  readonly detail: string;

  constructor(code: FaultCode, detail: string, cause?: unknown) {
    super(`${code}: ${detail}`, { cause });
    this.name = "Fault";
    this.code = code;
    this.detail = detail;
  }
}
