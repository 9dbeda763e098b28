import type { ParsedEntry } from "@vermilion/ledger";
import { type Refusal, refuse } from "./refusals.ts";

/**
 * Checks that the entry lists the attachment exactly once and for exactly this audience (undefined: all members of the chain). Listed
 * twice, with two audiences, it would be unclear who must hold it.
 */
export function checkAttachment(entry: ParsedEntry, sha256: string, audience: readonly string[] | undefined): Refusal | undefined {
  const [attachment, ...others] = entry.payload.attachments.filter((listed) => listed.sha256 === sha256);
  if (attachment === undefined) return refuse("attachment-not-listed");
  if (others.length > 0 || !sameSet(attachment.audience, audience)) return refuse("attachment-audience");
  return undefined;
}

/** The ledger refuses an audience that names a member twice. */
function sameSet(one: readonly string[] | undefined, other: readonly string[] | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  const set = new Set(one);
  return set.size === new Set(other).size && other.every((id) => set.has(id));
}
