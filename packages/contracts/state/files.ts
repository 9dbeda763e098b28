import type { StateKey } from "@vermilion/ledger";

/** A file that stays off the chain (mission C6): a digital asset's header, and as its metadata the hash of what is stored elsewhere. */
export type FileRow = {
  /** Form of this header. */
  readonly version: 1;
  /** Root of the encrypted chunks, hex: the integrity hash. */
  readonly file: string;
  readonly hashAlgorithm: "sha256";
  /** Media type of the file itself. */
  readonly dataType: string;
  /** Bytes of the encrypted file. */
  readonly size: number;
  readonly chunks: number;
  readonly chunkBytes: number;
  /** The member that has the file and alone grants it. */
  readonly owner: string;
  readonly transaction: string;
  readonly height: number;
  readonly at: number;
};

export const fileKeys = {
  file: (root: string): StateKey<FileRow> => `file/${root}`,
} as const;
