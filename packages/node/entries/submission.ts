import type { Outcome } from "@vermilion/ledger";

/** An expected "no" of the domain: a contract's refusal or a rule of this member. `problems` name fields where the input was wrong. */
export interface Refused {
  readonly refused: string;
  readonly detail: string;
  /** Place of the operation that was refused, where an entry of several was tried. */
  readonly operation?: number;
  readonly problems?: readonly {
    readonly field: string;
    readonly code: string;
    readonly detail: { readonly zh: string; readonly en: string };
  }[];
}

/** The code of a refusal, before the entry was proposed or as it was committed. */
export function refusalOf(answer: Submitted | Refused): string | undefined {
  if ("refused" in answer) return answer.refused;
  return answer.outcome?.kind === "refused" ? answer.outcome.code : undefined;
}

/** What every write answers. `pending` where the wait ran out: the entry is durable and will be committed or expire. */
export interface Submitted {
  readonly status: "pending" | "committed";
  readonly transactionHash: string;
  readonly outcome?: Outcome;
  readonly blockNumber?: number;
  readonly leafIndex?: number;
  /** ms since 1970, the header's time. */
  readonly time?: number;
}
