import { z } from "zod";

/** What a member process tells its supervisor over IPC. */
export const childMessage = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("listening") }),
  z.object({ kind: z.literal("cannot-start"), code: z.string(), names: z.object({ zh: z.string(), en: z.string() }) }),
]);
export type ChildMessage = z.infer<typeof childMessage>;

/** What a supervisor tells a member process. */
export type SupervisorMessage = { readonly kind: "stop" };
