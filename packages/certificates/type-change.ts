import { type CertificateType, fieldOf, type TypeField } from "./certificate-type.ts";
import type { Names } from "./refusal.ts";

export type TypeChangeCode =
  | "part-dropped"
  | "field-dropped"
  | "field-type-changed"
  | "format-changed"
  | "sensitivity-lowered"
  | "values-dropped"
  | "number-rule-changed"
  | "required-field-added";

/** One thing that a new version of a type would break; `path` is a JSON Pointer into the new version. */
export interface TypeChangeProblem {
  readonly path: string;
  readonly code: TypeChangeCode;
  readonly detail: Names;
}

/** `public` shows more than `internal`, which shows more than `sensitive`. */
const openness = { sensitive: 0, internal: 1, public: 2 } as const;

/**
 * What a next version of a type would break. Certificates are always read under the version they were issued under, so nothing that is on
 * the ledger changes; but whoever renews one, asks for its fields or has a program for them works with both, and for him a field must stay
 * what it was: it may not vanish, change its kind, or be shown to more. New fields, members, policies and values are free; a part that is
 * filled in later may not ask for more than it did, for its certificates are out already.
 */
export function checkTypeChange(old: CertificateType, next: CertificateType): readonly TypeChangeProblem[] {
  const problems: TypeChangeProblem[] = [];
  const note = (path: string, code: TypeChangeCode, zh: string, en: string) => problems.push({ path, code, detail: { zh, en } });
  for (const { id } of old.parts)
    if (!next.parts.some((part) => part.id === id)) note("/parts", "part-dropped", `部分${id}不得删除`, `part ${id} must not vanish`);
  for (const field of old.fields) {
    const now = fieldOf(next, field.part, field.name);
    const name = `${field.part}/${field.name}`;
    if (now === undefined) note("/fields", "field-dropped", `字段${name}不得删除`, `field ${name} must not vanish`);
    else compare(field, now, `/fields/${next.fields.indexOf(now)}`, note);
  }
  for (const [at, field] of next.fields.entries()) {
    const isNew = fieldOf(old, field.part, field.name) === undefined;
    const isOldPart = old.parts.some(({ id }) => id === field.part);
    if (isNew && isOldPart && field.required)
      note(
        `/fields/${at}/required`,
        "required-field-added",
        "已有部分新增的字段应为选填",
        "a new field of a part that exists must be optional",
      );
  }
  const numbers = [old.number, next.number].map((rule) => JSON.stringify([rule?.field ?? null, rule?.public ?? null]));
  if (numbers[0] !== numbers[1])
    note(
      "/number",
      "number-rule-changed",
      "证照编号规则不得改变",
      "the rule of the certificate number must stay: it makes the identifiers",
    );
  return problems;
}

function compare(
  old: TypeField,
  now: TypeField,
  path: string,
  note: (path: string, code: TypeChangeCode, zh: string, en: string) => void,
): void {
  if (old.schema.type !== now.schema.type) {
    note(`${path}/schema/type`, "field-type-changed", "字段类型不得改变", "the type of a field must stay");
    return;
  }
  if (old.schema.type === "string" && now.schema.type === "string" && old.schema.format !== now.schema.format)
    note(`${path}/schema/format`, "format-changed", "字段格式不得改变", "the format of a field must stay");
  if (openness[now.sensitivity] > openness[old.sensitivity])
    note(`${path}/sensitivity`, "sensitivity-lowered", "敏感级别不得降低", "a field must not become less sensitive");
  const [before, after] = [valuesOf(old), valuesOf(now)];
  if (before !== undefined && after !== undefined && before.some((value) => !after.includes(value)))
    note(`${path}/schema/enum`, "values-dropped", "已有的可选值不得删除", "listed values must not vanish");
}

function valuesOf({ schema }: TypeField): readonly (string | number)[] | undefined {
  return schema.type === "boolean" ? undefined : schema.enum;
}
