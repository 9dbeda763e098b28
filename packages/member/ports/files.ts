import type { FileRegistration } from "./file-registration.ts";

/** What a file is before its chunks are here: its root (hex), its encrypted size in bytes, the SHA-256 (hex) of each chunk in order. */
export interface FilePlan {
  readonly file: string;
  readonly size: number;
  readonly chunks: readonly string[];
  /** The app that sends it, for which its open uploads are counted. */
  readonly app: string;
  /** ms since 1970. */
  readonly begunAt: number;
}

export interface FileState extends FilePlan {
  /** All chunks are here and the file can be read. */
  readonly complete: boolean;
  /** Numbers of the chunks that are here and durable, ascending. */
  readonly present: readonly number[];
  /** Absent while no entry with this file was sent. */
  readonly registration?: FileRegistration;
}

/** A way to send or fetch exactly one chunk, past the member's own API: to be called as it stands, with no credentials of the caller. */
export interface ChunkLink {
  readonly url: string;
  /** Headers that the caller must send; they are part of what was signed. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Encrypted files that a member keeps off the chain (`vermilion-file/1`), by their root. The caller has checked plan and chunks; every
 * write is durable on return and may be repeated, in any order, by several processes at once: what a chunk is stands in its hash, so two
 * writers of one file write the same. Writes throw `Fault` `storage-full`, `storage-read-only` or `storage-failed`; after any of them the
 * same call may be made again.
 */
export interface Files {
  /** Longest chunk that comes through the member's API on this platform, in bytes; longer ones go by `sendLinks`. */
  readonly apiChunkBytesMax: number;
  /** True where `readLinks` gives links: then the member's own API gives none. */
  readonly hasLinks: boolean;
  /** Undefined where neither an upload nor a file of this root is here. */
  state(file: string): Promise<FileState | undefined>;
  /**
   * Opens an upload. `known`: one of this root was open, or the file is complete, and nothing has changed: the first plan stays. `begun` is
   * answered to one of those who begin at once, and to none where the answer of a first try was lost.
   */
  begin(plan: FilePlan): Promise<"begun" | "known">;
  /** Uploads that the app has begun and neither completed nor abandoned, all those that have been answered. */
  openUploads(app: string): Promise<number>;
  /** Takes a chunk whose length and hash are those of the plan. `unknown-upload` where none is open; a chunk of a complete file is ignored. */
  writeChunk(file: string, index: number, bytes: Uint8Array): Promise<"written" | "unknown-upload">;
  /** For each chunk a link by which it is sent until `until` (ms), and by which no other bytes are taken; undefined: through the API. */
  sendLinks(file: string, indexes: readonly number[], until: number): Promise<readonly ChunkLink[] | undefined>;
  /** Makes the file readable for good. Otherwise the chunks that are missing. A complete file is complete again. */
  complete(file: string): Promise<"complete" | "unknown-upload" | { readonly missing: readonly number[] }>;
  /** Notes, before an entry with this file is anywhere else, that it may come onto the ledger; kept with those before it. */
  register(file: string, entry: FileRegistration): Promise<"noted" | "unknown-upload">;
  /**
   * Forgets upload or file with all its chunks. The caller knows that nothing on the ledger names it, and that of `registration`, as he has
   * read it in the state, nothing can come any more. `registering`: another entry was noted since, and nothing is forgotten.
   */
  abandon(file: string, registration: FileRegistration | undefined): Promise<"abandoned" | "registering">;
  /** A chunk of a complete file as it is stored; undefined where it is not here. Whoever reads it checks its hash. */
  readChunk(file: string, index: number): Promise<Uint8Array | undefined>;
  /** For each chunk of a complete file a link that gives it to whoever holds the link, until `until` (ms); undefined: through the API. */
  readLinks(file: string, indexes: readonly number[], until: number): Promise<readonly ChunkLink[] | undefined>;
}
