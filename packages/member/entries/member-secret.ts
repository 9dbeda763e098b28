import type { Context } from "../context.ts";

/** A secret of 32 bytes that only this member has, made once, kept wrapped beside the record keys; the same in all of its processes. */
export async function memberSecret(
  context: Pick<Context, "chain" | "keys" | "random" | "recordKeys">,
  name: "entry-ids" | "file-links" | "bulk-lines",
): Promise<Uint8Array> {
  const place = { certificate: name, version: 1, part: "main", document: context.chain };
  const wrapContext = `vermilion-${name}/v1`;
  const stored = await context.recordKeys.read(place);
  if (stored !== undefined) return context.keys.unwrap(stored, wrapContext);
  await context.recordKeys.saveFirst(place, await context.keys.wrap(context.random.bytes(32), wrapContext));
  return memberSecret(context, name);
}
