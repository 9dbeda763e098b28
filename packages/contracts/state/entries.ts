import type { StateKey } from "@vermilion/ledger";

/** The entry that has used an id of its author. */
export type UsedRow = { readonly transaction: string; readonly height: number };

/** Refused entries of an author in the hour (block time divided by 3,600,000). */
export type QuotaRow = { readonly hour: number; readonly refused: number };

/** Authors by the thumbprint of their key. */
export const entryKeys = {
  used: (author: string, id: string): StateKey<UsedRow> => `used/${author}/${id}`,
  quota: (author: string): StateKey<QuotaRow> => `quota/${author}`,
} as const;
