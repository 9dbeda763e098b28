import { createHash } from "node:crypto";
import { isJsonObject, type Json, parseCanonical } from "@vermilion/ledger";
import type { Attachment } from "@vermilion/node/ports/index";

/** Attachments as entries name them, made by the test in place of a member's own use cases. */

export const attachmentOf = (bytes: Uint8Array): Attachment => ({ sha256: createHash("sha256").update(bytes).digest("hex"), bytes });

export const referenceTo = (name: string, { sha256, bytes }: Attachment, audience?: readonly string[]) => ({
  name,
  sha256,
  size: bytes.length,
  ...(audience === undefined ? {} : { audience }),
});

export function objectOf(bytes: Uint8Array): Readonly<Record<string, Json>> {
  const parsed = parseCanonical(bytes);
  if ("refused" in parsed || !isJsonObject(parsed.value)) throw new Error("an object");
  return parsed.value;
}
