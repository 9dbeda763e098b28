import type { Crypto, PublicJwk } from "@vermilion/ledger";

export interface Clock {
  /** ms since 1970. */
  now(): number;
  /** Ends after `ms`, or as soon as `cancel` is aborted; it never throws, and leaves no timer behind. */
  sleep(ms: number, cancel?: AbortSignal): Promise<void>;
}

export interface Random {
  bytes(count: number): Uint8Array;
}

/** A `Crypto` that may also be able to check signatures beside the thread that runs the node. */
export interface HostCrypto extends Crypto {
  readonly verifyApart?: (key: PublicJwk, message: Uint8Array, signature: Uint8Array) => Promise<boolean>;
}

/** Structured log. Fields never hold secrets, tokens, personal data or plain field values. */
export interface Log {
  debug(event: string, fields?: Readonly<Record<string, unknown>>): void;
  info(event: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(event: string, fields?: Readonly<Record<string, unknown>>): void;
  error(event: string, fields?: Readonly<Record<string, unknown>>): void;
}
