import { refusalCodeForm } from "./names.ts";

/** What became of an entry. Which codes there are is for the contracts; the ledger knows their form alone. */
export type Outcome<Code extends string = string> = { readonly kind: "applied" } | { readonly kind: "refused"; readonly code: Code };

/** An outcome as the leaf record holds it. */
export type OutcomeText = "applied" | `refused:${string}`;

const refusedPrefix = "refused:";

export const applied = { kind: "applied" } as const satisfies Outcome;

export function refusedWith<Code extends string>(code: Code): Outcome<Code> {
  return { kind: "refused", code };
}

export function formatOutcome(outcome: Outcome): OutcomeText {
  return outcome.kind === "applied" ? "applied" : `${refusedPrefix}${outcome.code}`;
}

/** Undefined for a text that `formatOutcome` cannot have made of a code in its form. */
export function parseOutcome(text: string): Outcome | undefined {
  if (text === "applied") return applied;
  if (!text.startsWith(refusedPrefix)) return undefined;
  const code = text.slice(refusedPrefix.length);
  return refusalCodeForm.test(code) ? refusedWith(code) : undefined;
}
