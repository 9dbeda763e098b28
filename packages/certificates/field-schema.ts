import { isJsonObject, type Json } from "@vermilion/ledger";
import { type Format, formats, isFormat } from "./formats.ts";
import { compilePattern, patternCost } from "./pattern.ts";
import type { TypeReader } from "./type-reader.ts";

/**
 * The part of JSON Schema 2020-12 that a field may use, exactly; any other keyword is refused when the type is parsed. Lengths count
 * Unicode code points (JSON Schema Validation 6.3.1). `pattern` is the language of pattern.ts; `format` is always asserted.
 */
export type FieldSchema =
  | {
      readonly type: "string";
      readonly enum?: readonly string[];
      readonly minLength?: number;
      readonly maxLength?: number;
      readonly pattern?: string;
      readonly format?: Format;
    }
  | { readonly type: "integer"; readonly enum?: readonly number[]; readonly minimum?: number; readonly maximum?: number }
  | { readonly type: "boolean" };

/** Longest string of a field whose schema says nothing, and the most it may say, in code points. */
export const textLengthMax = 4000;
export const enumLengthMax = 200;
const enumTextLengthMax = 200;

const KEYWORDS = {
  string: ["type", "enum", "minLength", "maxLength", "pattern", "format"],
  integer: ["type", "enum", "minimum", "maximum"],
  boolean: ["type"],
} as const;

/** Reads a schema, notes what is wrong in `reader`. */
export function readFieldSchema(value: Json | undefined, path: string, reader: TypeReader): FieldSchema {
  if (!isJsonObject(value)) {
    reader.note(path, value === undefined ? "missing-key" : "wrong-type", "应为JSON Schema对象", "must be a JSON Schema object");
    return { type: "boolean" };
  }
  const { type } = value;
  if (type !== "string" && type !== "integer" && type !== "boolean") {
    reader.note(`${path}/type`, "wrong-type", "类型应为string、integer或boolean", "type must be string, integer or boolean");
    return { type: "boolean" };
  }
  const known: readonly string[] = KEYWORDS[type];
  for (const keyword of Object.keys(value)) {
    if (!known.includes(keyword)) {
      reader.note(`${path}/${keyword.slice(0, 64)}`, "unknown-keyword", `${type}类型不支持该关键字`, `is not a known keyword of a ${type}`);
    }
  }
  if (type === "boolean") return { type };
  return type === "string" ? readString(value, path, reader) : readInteger(value, path, reader);
}

function readString(value: { readonly [key: string]: Json }, path: string, reader: TypeReader): FieldSchema {
  const { enum: list, minLength, maxLength, pattern, format } = value;
  const schema = {
    type: "string" as const,
    ...(list === undefined ? {} : { enum: readEnum(list, `${path}/enum`, reader, isShortText) }),
    ...(minLength === undefined ? {} : { minLength: reader.integer(minLength, `${path}/minLength`, 0, textLengthMax) }),
    ...(maxLength === undefined ? {} : { maxLength: reader.integer(maxLength, `${path}/maxLength`, 1, textLengthMax) }),
    ...(pattern === undefined ? {} : { pattern: readPattern(pattern, `${path}/pattern`, reader) }),
    ...(format === undefined ? {} : readFormat(format, `${path}/format`, reader)),
  };
  if (list !== undefined && Object.keys(value).length > 2) {
    reader.note(`${path}/enum`, "contradiction", "有enum时不能再有其他限制", "an enum admits no further keyword");
  }
  if ((schema.minLength ?? 0) > (schema.maxLength ?? textLengthMax)) {
    reader.note(`${path}/minLength`, "contradiction", "最小长度大于最大长度", "minLength is larger than maxLength");
  }
  if (schema.format !== undefined && (schema.minLength ?? 0) > formats[schema.format].lengthMax) {
    reader.note(`${path}/minLength`, "contradiction", "最小长度大于该格式的长度", "minLength is larger than the format admits");
  }
  return schema;
}

function readInteger(value: { readonly [key: string]: Json }, path: string, reader: TypeReader): FieldSchema {
  const { enum: list, minimum, maximum } = value;
  const least = -Number.MAX_SAFE_INTEGER;
  const schema = {
    type: "integer" as const,
    ...(list === undefined ? {} : { enum: readEnum(list, `${path}/enum`, reader, isInteger) }),
    ...(minimum === undefined ? {} : { minimum: reader.integer(minimum, `${path}/minimum`, least, Number.MAX_SAFE_INTEGER) }),
    ...(maximum === undefined ? {} : { maximum: reader.integer(maximum, `${path}/maximum`, least, Number.MAX_SAFE_INTEGER) }),
  };
  if (list !== undefined && (minimum !== undefined || maximum !== undefined)) {
    reader.note(`${path}/enum`, "contradiction", "有enum时不能再有其他限制", "an enum admits no further keyword");
  }
  if ((schema.minimum ?? least) > (schema.maximum ?? Number.MAX_SAFE_INTEGER)) {
    reader.note(`${path}/minimum`, "contradiction", "最小值大于最大值", "minimum is larger than maximum");
  }
  return schema;
}

function isShortText(value: Json): value is string {
  return typeof value === "string" && value.length >= 1 && value.length <= enumTextLengthMax;
}

function isInteger(value: Json): value is number {
  return typeof value === "number" && Number.isSafeInteger(value);
}

function readEnum<T extends string | number>(value: Json, path: string, reader: TypeReader, isMember: (value: Json) => value is T): T[] {
  const list = reader.list(value, path, enumLengthMax);
  if (Array.isArray(value) && list.length === 0) reader.note(path, "empty", "不能为空", "must not be empty");
  const members = list.filter(isMember);
  if (members.length < list.length) {
    reader.note(
      path,
      "wrong-type",
      `各项应与类型一致，文字不超过${enumTextLengthMax}字`,
      `items must be of the type, texts up to ${enumTextLengthMax}`,
    );
  }
  reader.unique(members.map(String), (at) => `${path}/${at}`);
  return members;
}

function readPattern(value: Json, path: string, reader: TypeReader): string {
  const source = reader.text(value, path, /^[\s\S]*$/);
  const compiled = compilePattern(source);
  if (typeof value === "string" && "refused" in compiled) reader.note(path, "bad-pattern", compiled.detail.zh, compiled.detail.en);
  return source;
}

/** Steps that checking the pattern of one value takes at most; 0 for a schema without one, or with one that is refused anyway. */
export function patternCostOf(schema: FieldSchema): number {
  if (schema.type !== "string" || schema.pattern === undefined) return 0;
  const compiled = compilePattern(schema.pattern);
  const formatLengthMax = schema.format === undefined ? textLengthMax : formats[schema.format].lengthMax;
  return "refused" in compiled ? 0 : patternCost(compiled, Math.min(schema.maxLength ?? textLengthMax, formatLengthMax));
}

function readFormat(value: Json, path: string, reader: TypeReader): { readonly format?: Format } {
  if (typeof value === "string" && isFormat(value)) return { format: value };
  const known = Object.keys(formats).join(", ");
  reader.note(path, "bad-format", `支持的格式：${known}`, `known formats: ${known}`);
  return {};
}
