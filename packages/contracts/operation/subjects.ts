import type { Crypto } from "@vermilion/ledger";

export type SubjectKind = "consortium" | "member" | "rules" | "type" | "certificate" | "request" | "account" | "file" | "evidence";

/** What an operation changed: a kind of thing and its name. */
export type Subject = { readonly kind: SubjectKind; readonly id: string };

/** Where the operation stands, for what is named after it. */
export interface NamedAt {
  readonly transaction: string;
  /** Index of the operation in the entry. */
  readonly operation: number;
  readonly crypto: Crypto;
}
