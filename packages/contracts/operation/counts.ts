import { stateKeys } from "../state/keys.ts";
import { dayOf } from "../state/statistics.ts";
import type { StateView } from "../state/view.ts";
import { type AccountAuthor, type MemberAuthor, memberBehind } from "./authors.ts";

/** In whose name an act counts, and on what subject: a certificate type or `evidenceSubject`. */
export interface Counted {
  readonly member: string;
  readonly subject: string;
}

/** One act that an operation counts as. */
export interface Count<Context, Given> {
  /** Who the counted member is: the one that authored the entry, or the one that reads by it. So the entries behind a figure are found. */
  readonly of: "author" | "reader";
  /** The way of a use of certificates by others; absent for what a member contributes. */
  readonly way?: "details" | "verify";
  /** Asked after the operation has applied. */
  readonly counted: (context: Context, given: Given) => Counted | undefined;
}

/** Counts on the day of the block. Execution is serial: no count is lost, no row is hot. */
export function countAct(view: StateView, time: number, act: string, times: number, { member, subject }: Counted): void {
  const key = stateKeys.day(dayOf(time), member, subject);
  const row = view.get(key) ?? {};
  view.put(key, { ...row, [act]: (row[act] ?? 0) + times });
}

interface Authored {
  readonly view: StateView;
  readonly author: MemberAuthor | AccountAuthor;
}

/** Counted for the author on the type of the certificate. */
export const onCertificateType = {
  of: "author",
  counted: ({ view, author }, { certificate }) => {
    const type = view.get(stateKeys.certificate(certificate))?.type;
    return type === undefined ? undefined : { member: memberBehind(author), subject: type };
  },
} as const satisfies Count<Authored, { readonly certificate: string }>;
