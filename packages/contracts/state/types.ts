import type { CertificateType } from "@vermilion/certificates";
import type { StateKey, StatePrefix } from "@vermilion/ledger";
import { padded } from "./position.ts";

export type TypeRow = CertificateType & { readonly owner: string; readonly transaction: string; readonly at: number };

export type TypeLatestRow = { readonly version: number };

/** Which type has a code of GB/T 36904: one code, one type, or an identifier could not be told to be of either. */
export type TypeCodeRow = { readonly type: string };

export const typeKeys = {
  type: (id: string, version: number): StateKey<TypeRow> => `type/${id}/${padded(version, 6)}`,
  typeLatest: (id: string): StateKey<TypeLatestRow> => `type-latest/${id}`,
  typeCode: (code: string): StateKey<TypeCodeRow> => `type-code/${code}`,
} as const;

export const typePrefixes = {
  types: "type-latest/" as StatePrefix<TypeLatestRow>,
  typeVersions: (id: string): StatePrefix<TypeRow> => `type/${id}/`,
} as const;
