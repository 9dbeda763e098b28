import { isJsonObject, type Json, type JsonObject } from "@vermilion/ledger";
import { type CertificateType, fieldOf, fieldsOf, mainPart, type TypeField } from "./certificate-type.ts";
import { hasBadCharacter } from "./characters.ts";
import { textLengthMax } from "./field-schema.ts";
import { formats } from "./formats.ts";
import { compilePattern, matchesPattern, type Pattern } from "./pattern.ts";
import type { Names } from "./refusal.ts";

export type FieldValue = string | number | boolean;
/** The values of one part by field name. */
export type FieldValues = { readonly [field: string]: FieldValue };

export type FieldProblemCode =
  | "not-an-object"
  | "unknown-part"
  | "missing-field"
  | "surplus-field"
  | "wrong-type"
  | "bad-character"
  | "value-too-long"
  | "value-too-short"
  | "value-too-large"
  | "value-too-small"
  | "not-in-list"
  | "bad-format"
  | "wrong-check-digit"
  | "not-as-derived";

/** Details never hold the value itself. `field` is "" where the problem is not one field's. */
export interface FieldProblem {
  readonly field: string;
  readonly code: FieldProblemCode;
  readonly detail: Names;
}

export interface InvalidFields {
  readonly refused: "invalid-fields";
  readonly problems: readonly FieldProblem[];
}

/**
 * Judges the values of one part against its type and lists every problem.
 *
 * Unicode: values are taken character for character; NFC is *not* required. NFC would replace the compatibility ideographs (U+F900…,
 * U+2F800…) that stand in registered names of people and firms by other characters, and a certificate shows what its issuer registered.
 * Comparison of two values is where normalisation belongs.
 */
export function checkFields(type: CertificateType, part: string, values: Json): undefined | InvalidFields {
  const rows = fieldsOf(type, part);
  if (rows.length === 0 || (part !== mainPart && !type.parts.some(({ id }) => id === part))) {
    return invalid([problem("", "unknown-part", `该证照类型没有部分${part.slice(0, 32)}`, `the type has no part ${part.slice(0, 32)}`)]);
  }
  if (!isJsonObject(values)) return invalid([problem("", "not-an-object", "应为字段名到值的对象", "must be an object of fields")]);
  const patterns: Patterns = new Map();
  const problems = rows.flatMap((field) => {
    const value = Object.hasOwn(values, field.name) ? values[field.name] : undefined;
    if (value !== undefined) return checkValue(field, value, patterns) ?? checkDerived(type, field, values) ?? [];
    return field.required ? [problem(field.name, "missing-field", `缺少必填字段：${field.names.zh}`, `${field.names.en} is missing`)] : [];
  });
  for (const name of Object.keys(values)) {
    if (fieldOf(type, part, name) !== undefined) continue;
    const shown = name.slice(0, 64).toWellFormed();
    problems.push(problem(shown, "surplus-field", `没有此字段：${shown}`, `there is no field ${shown}`));
  }
  return problems.length === 0 ? undefined : invalid(problems);
}

/** Who gives a derived field all the same must give what it is derived to. A source that is wrong itself is named by its own check. */
function checkDerived(type: CertificateType, field: TypeField, values: JsonObject): undefined | FieldProblem {
  const expected = derivedValue(type, field, values);
  if (expected === undefined || expected === values[field.name]) return undefined;
  const source = fieldOf(type, field.part, field.derivedFrom ?? "")?.names ?? { zh: "", en: "" };
  return problem(
    field.name,
    "not-as-derived",
    `${field.names.zh}：应与${source.zh}中的一致`,
    `${field.names.en}: must be the one inside ${source.en}`,
  );
}

/** GB 32100-2015: positions 9 to 17 of a credit code are the organisation code. */
function derivedValue(type: CertificateType, field: TypeField, values: JsonObject): string | undefined {
  if (field.derivedFrom === undefined) return undefined;
  const [source, value] = [fieldOf(type, field.part, field.derivedFrom), values[field.derivedFrom]];
  if (source === undefined || value === undefined || checkValue(source, value) !== undefined) return undefined;
  return String(value).slice(8, 17);
}

/** The values of a part with those that the type derives from them; `values` must have passed `checkFields`. */
export function withDerived(type: CertificateType, part: string, values: JsonObject): JsonObject {
  const derived = fieldsOf(type, part).flatMap((field) => {
    const value = derivedValue(type, field, values);
    return value === undefined ? [] : [[field.name, value]];
  });
  return { ...values, ...Object.fromEntries(derived) };
}

function invalid(problems: readonly FieldProblem[]): InvalidFields {
  return { refused: "invalid-fields", problems };
}

function problem(field: string, code: FieldProblemCode, zh: string, en: string): FieldProblem {
  return { field, code, detail: { zh, en } };
}

/** Patterns by their source, compiled once however many fields of a check share them. */
type Patterns = Map<string, Pattern>;

/** Judges one value; undefined where it fits. */
export function checkValue(field: TypeField, value: Json, patterns: Patterns = new Map()): undefined | FieldProblem {
  const { schema, name, names } = field;
  const say = (code: FieldProblemCode, zh: string, en: string) => problem(name, code, `${names.zh}：${zh}`, `${names.en}: ${en}`);
  if (schema.type === "boolean")
    return typeof value === "boolean" ? undefined : say("wrong-type", "应为true或false", "must be true or false");
  if (schema.type === "integer") {
    if (typeof value !== "number" || !Number.isSafeInteger(value)) return say("wrong-type", "应为整数", "must be an integer");
    if (schema.enum !== undefined && !schema.enum.includes(value))
      return say("not-in-list", "不在可选值之中", "is not one of the listed values");
    const { minimum, maximum } = schema;
    if (minimum !== undefined && value < minimum) return say("value-too-small", `不得小于${minimum}`, `must be at least ${minimum}`);
    if (maximum !== undefined && value > maximum) return say("value-too-large", `不得大于${maximum}`, `must be at most ${maximum}`);
    return undefined;
  }
  if (typeof value !== "string") return say("wrong-type", "应为字符串", "must be a string");
  return checkText(schema, value, patterns, say);
}

type Say = (code: FieldProblemCode, zh: string, en: string) => FieldProblem;

/** Lengths come first and end the check: what a pattern costs is bounded by the length that the schema admits. */
function checkText(
  schema: TypeField["schema"] & { readonly type: "string" },
  value: string,
  patterns: Patterns,
  say: Say,
): undefined | FieldProblem {
  const lengthMax = schema.maxLength ?? textLengthMax;
  // A code point is one or two UTF-16 units: the first test keeps a 10 MB value from being counted character by character.
  const length = value.length > 2 * lengthMax ? Number.POSITIVE_INFINITY : [...value].length;
  if (length > lengthMax) return say("value-too-long", `不得超过${lengthMax}个字符`, `must have at most ${lengthMax} characters`);
  if (length < (schema.minLength ?? 0))
    return say("value-too-short", `不得少于${schema.minLength}个字符`, `must have at least ${schema.minLength} characters`);
  if (hasBadCharacter(value))
    return say("bad-character", "含有控制字符或不成对的代理项", "holds a control character or half of a surrogate pair");
  if (schema.enum !== undefined && !schema.enum.includes(value))
    return say("not-in-list", "不在可选值之中", "is not one of the listed values");
  if (schema.format !== undefined) {
    const rule = formats[schema.format];
    if (length > rule.lengthMax)
      return say("value-too-long", `不得超过${rule.lengthMax}个字符`, `must have at most ${rule.lengthMax} characters`);
    const bad = rule.check(value);
    if (bad !== undefined) return say(bad.refused, bad.detail.zh, bad.detail.en);
  }
  if (schema.pattern !== undefined && !matchesPattern(compiledOnce(schema.pattern, patterns), value))
    return say("bad-format", "不符合规定的格式", "does not have the required form");
  return undefined;
}

function compiledOnce(source: string, patterns: Patterns): Pattern {
  const known = patterns.get(source);
  if (known !== undefined) return known;
  const compiled = compilePattern(source);
  if ("refused" in compiled) throw new Error(`bug: the type was not parsed (${compiled.detail.en})`);
  patterns.set(source, compiled);
  return compiled;
}
