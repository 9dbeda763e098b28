import { withoutRoot } from "@vermilion/certificates";
import type { StateKey, StatePrefix } from "@vermilion/ledger";
import type { By, MarkRow } from "./party.ts";
import { heightKey } from "./position.ts";

export type RequestStatus = "pending" | "allowed" | "granted" | "refused";

export type RequestRow = {
  readonly request: string;
  readonly certificate: string;
  readonly version: number;
  readonly part: string;
  /** Sorted, each once. */
  readonly fields: readonly string[];
  readonly reader: string;
  readonly owner: string;
  readonly purpose: string;
  readonly serviceItem: string;
  readonly basis: string;
  readonly way: "details";
  readonly by: By;
  readonly status: RequestStatus;
  /** Allowed by the type's standing policy, without a decision. */
  readonly standing: boolean;
  readonly deadline: number;
  readonly openedAt: number;
  readonly transaction: string;
  readonly height: number;
  readonly decidedAt?: number;
  readonly decidedBy?: By;
  readonly reason?: string;
  readonly grantTransaction?: string;
  /** The document whose field keys were given. */
  readonly document?: string;
  /** SHA-256 of the granted key file, hex. */
  readonly grantAttachment?: string;
};

export type GrantRow = {
  readonly request: string;
  readonly certificate: string;
  readonly version: number;
  readonly part: string;
  readonly fields: readonly string[];
  readonly reader: string;
  readonly owner: string;
  readonly document: string;
  readonly attachment: string;
  readonly transaction: string;
  readonly height: number;
  readonly at: number;
};

/** Row of a list in order of height; the request itself stands under its own key. */
export type RequestListRow = { readonly request: string };

export const requestKeys = {
  request: (request: string): StateKey<RequestRow> => `request/${request}`,
  due: (owner: string, request: string): StateKey<MarkRow> => `due/${owner}/${request}`,
  pending: (owner: string, height: number, request: string): StateKey<MarkRow> => `pending/${owner}/${heightKey(height)}/${request}`,
  requestInList: (reader: string, height: number, request: string): StateKey<RequestListRow> =>
    `list-request/${reader}/${heightKey(height)}/${request}`,
  grant: (request: string): StateKey<GrantRow> => `grant/${request}`,
  grantedFile: (sha256: string): StateKey<MarkRow> => `granted-file/${sha256}`,
  /** Grants of a certificate by the member and the app that they were given to. */
  certificateGrant: (identifier: string, reader: string, app: string, height: number, request: string): StateKey<MarkRow> =>
    `certificate-grant/${withoutRoot(identifier)}/${reader}/${app}/${heightKey(height)}/${request}`,
} as const;

export const requestPrefixes = {
  due: (owner: string): StatePrefix<MarkRow> => `due/${owner}/`,
  pending: (owner: string): StatePrefix<MarkRow> => `pending/${owner}/`,
  requestsOfReader: (reader: string): StatePrefix<RequestListRow> => `list-request/${reader}/`,
  certificateGrants: (identifier: string, reader: string, app: string): StatePrefix<MarkRow> =>
    `certificate-grant/${withoutRoot(identifier)}/${reader}/${app}/`,
} as const;

/** Name of a request: the entry that opened it and the index of the operation in it. */
export function requestId(transaction: string, operation: number): string {
  return `${transaction}-${operation}`;
}
