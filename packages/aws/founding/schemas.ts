import { z } from "zod";

const text = (max: number) => z.string().min(1).max(max);
const names = z.strictObject({ zh: text(128), en: text(128) });

export const foundingDraft = z.strictObject({
  version: z.literal(1),
  name: text(63),
  names,
  quorum: z.int().min(1).max(64).nullable(),
  time: z.int().min(0),
  id: z.string().regex(/^[0-9a-f]{32}$/),
  statements: z.array(text(8_192)).min(1).max(64),
  signatures: z.record(text(32), text(128)),
  header: text(128).nullable(),
});
export const genesisFile = z.strictObject({ version: z.literal(1), entry: text(65_535), header: text(8_192) });
