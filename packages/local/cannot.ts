import type { Names } from "@vermilion/certificates";

/** Why a consortium cannot be founded or a process cannot start or be reached; each needs a person to do something. */
export type CannotCode =
  | "not-founded"
  | "already-founded"
  | "folder-not-usable"
  | "config-invalid"
  | "unknown-member"
  | "unknown-chain"
  | "data-too-old"
  | "unknown-app"
  | "app-exists"
  | "port-taken"
  | "keys-readable-by-others"
  | "keys-unusable"
  | "tls-unusable"
  | "storage-layout-newer"
  | "storage-unusable"
  | "already-running"
  | "not-running"
  | "still-running"
  | "member-not-ready"
  | "no-backup"
  | "backup-damaged"
  | "backup-of-another"
  | "nobody-remembers"
  | "failed";

/** Thrown where the computer or its owner stands in the way; says what is wrong and what to do, in both languages. */
export class Cannot extends Error {
  readonly code: CannotCode;
  readonly names: Names;

  constructor(code: CannotCode, zh: string, en: string, cause?: unknown) {
    super(`${code}: ${en}`, { cause });
    this.name = "Cannot";
    this.code = code;
    this.names = { zh, en };
  }
}

/** Of a file that version 0.1 wrote. Nothing of it has been changed. */
export function dataTooOld(file: string): Cannot {
  return new Cannot(
    "data-too-old",
    `${file} 由 0.1 版写成，本版本不读取，也没有改动它：请用 0.1 版打开，或另选文件夹（--data）重新建立联盟`,
    `${file} was written by version 0.1, whose data this version does not read and has not changed: open it with 0.1, or found a consortium in another folder (--data)`,
  );
}

/** Any exception as a `Cannot`, so that a process never ends with a bare stack as its only word. */
export function asCannot(error: unknown): Cannot {
  if (error instanceof Cannot) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new Cannot("failed", `失败：${detail}`, `failed: ${detail}`, error);
}
