import { entryIdOf, toHex, utf8 } from "@vermilion/ledger";
import type { Draft } from "@vermilion/node/chain/sign-entry";
import type { Refused, Submitted } from "@vermilion/node/entries/submission";
import type { Context } from "../context.ts";
import type { Caller } from "../services.ts";
import { memberSecret } from "./member-secret.ts";

/** How an entry's id comes about: from the caller's Idempotency-Key, from what the entry is due for, or by chance. */
export type EntryIdSource = { readonly caller: Caller; readonly idempotencyKey: string } | { readonly duty: string } | "random";

/** `submitEntry` of the node. The same id source gives the same entry id, so a repeated call cannot be applied twice. */
export async function submit(
  context: Context,
  draft: Draft,
  source: EntryIdSource,
  options: { readonly waitMs: number },
): Promise<Submitted | Refused> {
  return context.node.submit(draft, await entryId(context, source), options);
}

/** Deterministic ids come from an HMAC under a key that only this member has, so that no stranger can use them up first. */
async function entryId(context: Context, source: EntryIdSource): Promise<string> {
  if (source === "random") return toHex(context.random.bytes(16));
  const secret = await memberSecret(context, "entry-ids");
  const parts = "duty" in source ? ["duty", source.duty] : ["call", source.caller.app, source.idempotencyKey];
  return entryIdOf(secret, parts.map(utf8), context.crypto);
}
