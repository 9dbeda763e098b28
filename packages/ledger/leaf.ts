import { textOrUndefined, utf8 } from "./bytes.ts";
import { type Hash, parseHash } from "./hash.ts";

/** `applied` or `refused:<code>` for entries, `-` for headers. */
export type Outcome = "applied" | "-" | `refused:${string}`;

/** What the tree hashes for one entry or header: with the outcome, so that a refused entry can never pass for an applied one. */
export type LeafRecord = {
  readonly kind: "entry" | "header";
  readonly outcome: Outcome;
  /** SHA-256 of the stored entry or header bytes, lower-case hex. */
  readonly sha256: string;
};

const recordForm = /^vermilion-leaf\/v1\n(entry|header)\n([^\n]+)\n([^\n]+)\n$/;
const outcomeForms = { entry: /^(?:applied|refused:[a-z][a-z0-9-]{0,63})$/, header: /^-$/ } as const;

/** The bytes of a leaf record; a record that could not be parsed back is a bug of the caller. */
export function leafRecord({ kind, outcome, sha256 }: LeafRecord): Uint8Array {
  if (!outcomeForms[kind].test(outcome) || parseHash(sha256) === undefined)
    throw new Error(`bug: no leaf record: ${kind} ${outcome} ${sha256}`);
  return utf8(`vermilion-leaf/v1\n${kind}\n${outcome}\n${sha256}\n`);
}

/** Undefined for bytes that `leafRecord` cannot have made. */
export function parseLeafRecord(bytes: Uint8Array): (LeafRecord & { readonly sha256: Hash }) | undefined {
  const [, kind, outcome, sha256] = recordForm.exec(textOrUndefined(bytes) ?? "") ?? [];
  const hash = parseHash(sha256);
  if (hash === undefined || outcome === undefined || (kind !== "entry" && kind !== "header")) return undefined;
  return outcomeForms[kind].test(outcome) ? { kind, outcome: outcome as Outcome, sha256: hash } : undefined;
}
