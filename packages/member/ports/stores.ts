/** Wrapped record keys of the certificates and parts that this member issued. They never leave the member; backups hold them wrapped. */
export interface RecordKeys {
  /** Saves unless something is saved under the name already, which then stays; both are success, `read` tells which it is. */
  saveFirst(name: RecordName, wrapped: Uint8Array): Promise<void>;
  read(name: RecordName): Promise<Uint8Array | undefined>;
}

export interface RecordName {
  readonly certificate: string;
  readonly version: number;
  readonly part: string;
  /** SHA-256 (hex) of the issuer-signed part: each document has a record key of its own, also one that was refused or corrected. */
  readonly document: string;
}

export interface StoredAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Memory of calls that must not happen twice; rows may be forgotten after `until` (ms since 1970), never before. */
export interface Calls {
  /** True for exactly one caller of a key (token ids, nonces). */
  claim(key: string, until: number): Promise<boolean>;
  /**
   * Opens an idempotent call (draft-ietf-httpapi-idempotency-key-header): `begun` for the first; `running` while nobody has finished it and
   * `staleAfter` (ms) has not passed; `other-body` when the fingerprint differs; the stored answer afterwards.
   */
  begin(
    key: string,
    fingerprint: string,
    times: { readonly now: number; readonly staleAfter: number; readonly until: number },
  ): Promise<"begun" | "running" | "other-body" | StoredAnswer>;
  finish(key: string, answer: StoredAnswer): Promise<void>;
  /** Forgets an unfinished call, so that the same key may be used again (the call failed without effect). */
  abandon(key: string): Promise<void>;
}

/** An agency app that may sign in at this member. */
export interface App {
  readonly id: string;
  readonly name: string;
  /** Public keys (JWK with kid), newest first; two while rotating. */
  readonly keys: readonly { readonly kid: string; readonly jwk: Readonly<Record<string, string>> }[];
  readonly scopes: readonly string[];
  readonly disabled: boolean;
  readonly createdAt: number;
}

export interface Apps {
  get(id: string): Promise<App | undefined>;
  list(): Promise<readonly App[]>;
  /** Adds or replaces by id. */
  put(app: App): Promise<void>;
}
