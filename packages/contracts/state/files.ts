import type { StateKey, StatePrefix } from "@vermilion/ledger";
import type { MarkRow } from "./party.ts";
import { heightKey } from "./position.ts";

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
  /** SHA-256 of the file before its encryption, hex, as the owner says. */
  readonly plain: string;
  /** The member that has the file and alone grants it. */
  readonly owner: string;
  readonly transaction: string;
  readonly height: number;
  readonly at: number;
};

export const fileKeys = {
  file: (root: string): StateKey<FileRow> => `file/${root}`,
  /** Files whose content has this SHA-256: the same content has another root under each key. */
  fileOfContent: (plain: string, height: number, root: string): StateKey<MarkRow> =>
    `file-of-content/${plain}/${heightKey(height)}/${root}`,
} as const;

export const filePrefixes = {
  filesOfContent: (plain: string): StatePrefix<MarkRow> => `file-of-content/${plain}/`,
} as const;
