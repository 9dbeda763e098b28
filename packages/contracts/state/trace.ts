import { withoutRoot } from "@vermilion/certificates";
import type { StateKey, StatePrefix } from "@vermilion/ledger";
import type { CertificateStatus, LifeKind } from "./certificates.ts";
import type { By, Party } from "./party.ts";
import { type Position, positionKey } from "./position.ts";

export type Verdicts = {
  readonly integrity: "holds" | "fails" | "not-checked";
  /** `corrected`: the certificate stands, but another document has taken the place of the one that was shown. */
  readonly status: CertificateStatus | "expired" | "corrected" | "not-checked";
  readonly issuer: "holds" | "fails" | "not-checked";
};

export type TraceKind = LifeKind | "requested" | "decided" | "granted" | "verified";

/** One act on a certificate: who, when, why, through which app and operator. */
export type TraceRow = {
  readonly kind: TraceKind;
  readonly at: number;
  readonly who: Party;
  readonly transaction: string;
  readonly height: number;
  /** Absent where an account acted by its own key. */
  readonly by?: By;
  readonly part?: string;
  readonly fields?: readonly string[];
  /** Who reads or is to read. */
  readonly reader?: string;
  readonly purpose?: string;
  readonly serviceItem?: string;
  readonly basis?: string;
  /** Why a status was changed or a document corrected. */
  readonly reason?: string;
  readonly decision?: "approve" | "refuse";
  readonly standing?: boolean;
  readonly request?: string;
  readonly verdicts?: Verdicts;
};

export const traceKeys = {
  trace: (identifier: string, position: Position): StateKey<TraceRow> => `trace/${withoutRoot(identifier)}/${positionKey(position)}`,
} as const;

export const tracePrefixes = {
  trace: (identifier: string): StatePrefix<TraceRow> => `trace/${withoutRoot(identifier)}/`,
} as const;
