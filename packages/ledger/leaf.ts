import { textOrUndefined, utf8 } from "./bytes.ts";
import { type Hash, parseHash } from "./hash.ts";
import { formatOutcome, type Outcome, parseOutcome } from "./outcome.ts";

/** What the tree hashes for one entry or header: with the outcome, so that a refused entry can never pass for an applied one. */
export type LeafRecord = {
  /** SHA-256 of the stored entry or header bytes, lower-case hex. */
  readonly sha256: string;
} & ({ readonly kind: "entry"; readonly outcome: Outcome } | { readonly kind: "header" });

const recordForm = /^vermilion-leaf\/v1\n(entry|header)\n([^\n]+)\n([^\n]+)\n$/;
/** Stands where an entry has its outcome. */
const headerOutcome = "-";

/** The bytes of a leaf record; a record that could not be parsed back is a bug of the caller. */
export function leafRecord(record: LeafRecord): Uint8Array {
  const { kind, sha256 } = record;
  const outcome = kind === "entry" ? formatOutcome(record.outcome) : headerOutcome;
  if ((kind === "entry" && parseOutcome(outcome) === undefined) || parseHash(sha256) === undefined)
    throw new Error(`bug: no leaf record: ${kind} ${outcome} ${sha256}`);
  return utf8(`vermilion-leaf/v1\n${kind}\n${outcome}\n${sha256}\n`);
}

/** Undefined for bytes that `leafRecord` cannot have made. */
export function parseLeafRecord(bytes: Uint8Array): (LeafRecord & { readonly sha256: Hash }) | undefined {
  const [, kind, outcomeText = "", sha256Text] = recordForm.exec(textOrUndefined(bytes) ?? "") ?? [];
  const sha256 = parseHash(sha256Text);
  if (sha256 === undefined) return undefined;
  if (kind === "header") return outcomeText === headerOutcome ? { kind, sha256 } : undefined;
  const outcome = parseOutcome(outcomeText);
  return kind === "entry" && outcome !== undefined ? { kind, outcome, sha256 } : undefined;
}
