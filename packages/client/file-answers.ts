/** What the ledger says of a file that is kept off it. */
export interface FileRow {
  readonly version: 1;
  readonly file: string;
  readonly hashAlgorithm: "sha256";
  readonly dataType: string;
  readonly size: number;
  readonly chunks: number;
  readonly chunkBytes: number;
  readonly owner: string;
  readonly transaction: string;
  readonly height: number;
  readonly at: number;
}

export interface FilePlan {
  /** Bytes of the encrypted file. */
  readonly size: number;
  /** SHA-256 of each encrypted chunk. */
  readonly chunks: readonly string[];
}

/** Called as it stands, without credentials, until `until`. */
export interface FileLink {
  readonly chunk: number;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly until: number;
}

export interface FileUpload {
  readonly file: string;
  readonly complete: boolean;
  readonly registered: boolean;
  readonly missing: readonly number[];
  /** Where the first of the missing chunks are sent. */
  readonly sends: readonly ({ readonly through: "api"; readonly chunk: number } | ({ readonly through: "link" } & FileLink))[];
}

export interface FileChunks {
  readonly file: string;
  readonly size: number;
  readonly chunkBytes: number;
  readonly hashes: readonly string[];
  readonly links: readonly FileLink[];
}
