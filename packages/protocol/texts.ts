import type * as z from "zod";
import type { Shape } from "./route.ts";

/** Texts of a path or a query as the values that their schemas speak of, and back. Numbers have one spelling; lists have commas. */

const numberForm = /^(?:0|[1-9][0-9]{0,15})$/;

/** What is no number stays a text, which the schema then refuses. */
export function fromTexts(shape: Shape, texts: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, valueIn(shape[name], text)]));
}

function valueIn(schema: z.ZodType | undefined, text: string): unknown {
  const kind = schema === undefined ? "string" : kindOf(schema);
  if (kind === "number") return numberForm.test(text) ? Number(text) : text;
  return kind === "array" ? text.split(",") : text;
}

/** The kind of value under what may be absent or has a default. */
export function kindOf(schema: z.ZodType): string {
  const { def } = schema as z.ZodType & { readonly def: { readonly type: string; readonly innerType?: z.ZodType } };
  return def.innerType === undefined ? def.type : kindOf(def.innerType);
}

/** A value as it stands in a path or a query. */
export function textOf(value: unknown): string {
  return Array.isArray(value) ? value.join(",") : String(value);
}
