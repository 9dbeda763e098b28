import type { AppCredentials } from "./token.ts";

/** How often and how long the client tries; all times in ms. */
export interface Patience {
  /** Attempts of one call, the first counted. */
  readonly attempts: number;
  /** First pause; it doubles up to `pauseMaxMs`, each time between half and all of it. */
  readonly pauseMs: number;
  readonly pauseMaxMs: number;
  /** Longest wait for one attempt's answer. */
  readonly timeoutMs: number;
  /** The same where a chunk of a file is sent or fetched. */
  readonly chunkTimeoutMs: number;
  /** Longest wait for the commit of an entry that was answered as pending. */
  readonly commitMs: number;
}

export const defaultPatience: Patience = {
  attempts: 5,
  pauseMs: 200,
  pauseMaxMs: 5_000,
  timeoutMs: 30_000,
  chunkTimeoutMs: 120_000,
  commitMs: 30_000,
};

/**
 * By which policy the client judges the receipts that it is given. `policy`: the C2SP tlog-policy text that its owner has from a source he
 * trusts, and then no member can deceive it. `first-use`: that which the member itself names when the client first needs it; afterwards the
 * member cannot show another ledger. `none`: receipts are handed on as they come.
 */
export type Trust = "first-use" | "none" | { readonly policy: string };

export interface ClientOptions {
  /** Where the member answers, without a trailing path: `http://127.0.0.1:7301`. */
  readonly baseUrl: string;
  /** The chain that is meant, by its id (hex); the main chain where absent. */
  readonly chain?: string;
  /** Absent for public calls alone. */
  readonly app?: AppCredentials;
  /** The person behind the app, 1 to 64 characters; stands in the entries. */
  readonly operator?: string;
  /** Language of the titles of problems; the member's default (Chinese) where absent. */
  readonly language?: "zh" | "en";
  readonly fetch?: typeof fetch;
  readonly patience?: Partial<Patience>;
  /** By which policy receipts are judged before they are handed on; default `first-use`. */
  readonly trust?: Trust;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface WriteOptions extends CallOptions {
  /** 1 to 128 visible characters. A repeat with the same key and body within 24 h is the same call; drawn at random where absent. */
  readonly idempotencyKey?: string;
}
