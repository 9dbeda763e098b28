import type { FileRow } from "@vermilion/contracts";
import type { Caller, Refused, Submitted, WriteOptions } from "../services.ts";

/** A way to fetch or send exactly one chunk until `until` (ms since 1970); called with these headers and with no credentials. */
export interface FileLink {
  readonly chunk: number;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly until: number;
}

/** How the sender of a file goes on. */
export interface FileUpload {
  readonly file: string;
  /** All chunks are here and the file can be read. */
  readonly complete: boolean;
  /** It stands on the ledger as this member's. */
  readonly registered: boolean;
  /** Numbers of the chunks that are not here. */
  readonly missing: readonly number[];
  /** For the first of the missing ones: where each is sent, by PUT. `api`: to this member's own API, with the app's token. */
  readonly sends: readonly ({ readonly through: "api"; readonly chunk: number } | ({ readonly through: "link" } & FileLink))[];
}

/** What a reader of a file needs. The hashes are those of the root; who fetches a chunk checks it against its hash before he opens it. */
export interface FileChunks {
  readonly file: string;
  readonly size: number;
  readonly chunkBytes: number;
  /** SHA-256 of each encrypted chunk, hex. */
  readonly hashes: readonly string[];
  /** For up to 32 chunks from the one that was asked for on. */
  readonly links: readonly FileLink[];
}

/** The use cases of files that stay off the chain (`vermilion-file/1`); a part of `Services`. */
export interface FileServices {
  /** Opens the upload of an encrypted file, or finds it as it is; `chunks` are their hashes. Until it is on the ledger it is of its app alone. */
  beginFile(
    file: string,
    input: { readonly size: number; readonly chunks: readonly string[] },
    caller: Caller,
  ): Promise<FileUpload | Refused>;
  /** Takes a chunk through the API, once its length and hash are those of the upload. */
  sendChunk(
    file: string,
    chunk: number,
    bytes: Uint8Array,
    caller: Pick<Caller, "app">,
  ): Promise<{ readonly file: string; readonly chunk: number } | Refused>;
  /** Puts a file whose chunks are all here on the ledger as this member's. `plain`: SHA-256 of the file before its encryption, hex. */
  completeFile(
    file: string,
    input: { readonly mediaType: string; readonly plain: string },
    caller: Caller,
    options: WriteOptions,
  ): Promise<(Submitted & { readonly file: string }) | Refused>;
  /** Forgets an upload, or a file that never came onto the ledger; not while an entry with it may still be committed. */
  abandonFile(file: string, caller: Caller): Promise<{ readonly file: string } | Refused>;
  file(file: string): Promise<FileRow | Refused>;
  /** Chunks of this member's own file, from number `from` on. */
  ownFile(file: string, from: number, caller: Caller): Promise<FileChunks | Refused>;
  /**
   * Chunks of the file that a granted field names, for the app that asked for it; `reference` is the field's value. Waits up to `waitMs` for
   * a standing grant.
   */
  grantedFile(
    request: string,
    field: string,
    from: number,
    caller: Caller,
    options: { readonly waitMs: number },
  ): Promise<(FileChunks & { readonly reference: string }) | Refused>;
  /** The chunk that a link of this member's API gives. */
  fileChunk(token: string): Promise<Uint8Array | Refused>;
}
