import { isJsonObject, type Json, type JsonObject } from "@vermilion/ledger";
import { hasBadCharacter } from "./characters.ts";
import type { Names } from "./refusal.ts";

export type TypeProblemCode =
  | "wrong-type"
  | "missing-key"
  | "unknown-key"
  | "bad-format"
  | "out-of-range"
  | "too-many"
  | "too-large"
  | "empty"
  | "duplicate"
  | "reserved-name"
  | "unknown-part"
  | "unknown-field"
  | "unknown-keyword"
  | "bad-pattern"
  | "pattern-too-costly"
  | "contradiction"
  | "wrong-check-digit";

/** One thing that is wrong in a type; `path` is a JSON Pointer (RFC 6901). */
export interface TypeProblem {
  readonly path: string;
  readonly code: TypeProblemCode;
  readonly detail: Names;
}

/** Problems beyond this number are not listed: whoever mends these will ask again. */
const problemsMax = 100;

/**
 * Reads untyped JSON and notes everything that is wrong instead of stopping at the first. The readers answer a harmless value where they
 * noted a problem, so that reading goes on; the caller looks at `problems` before it trusts the result.
 * Written here and not taken from a schema library: what a member accepts as a type must not change with a library's version.
 */
export class TypeReader {
  readonly problems: TypeProblem[] = [];

  note(path: string, code: TypeProblemCode, zh: string, en: string): void {
    if (this.problems.length < problemsMax) this.problems.push({ path, code, detail: { zh, en } });
  }

  /** An object with no keys but the known ones. */
  object(value: Json | undefined, path: string, keys: readonly string[]): JsonObject {
    if (value === undefined) {
      this.note(path, "missing-key", "缺少该项", "is missing");
      return {};
    }
    if (!isJsonObject(value)) {
      this.note(path, "wrong-type", "应为对象", "must be an object");
      return {};
    }
    for (const key of Object.keys(value)) {
      if (!keys.includes(key)) this.note(`${path}/${pointer(key)}`, "unknown-key", "不认识的项", "is not a known key");
    }
    return value;
  }

  list(value: Json | undefined, path: string, itemsMax: number): readonly Json[] {
    if (value === undefined) {
      this.note(path, "missing-key", "缺少该项", "is missing");
      return [];
    }
    if (!Array.isArray(value)) {
      this.note(path, "wrong-type", "应为数组", "must be an array");
      return [];
    }
    if (value.length > itemsMax) {
      this.note(path, "too-many", `最多${itemsMax}项`, `holds more than ${itemsMax}`);
      return value.slice(0, itemsMax);
    }
    return value;
  }

  text(value: Json | undefined, path: string, form: RegExp): string {
    if (value === undefined) this.note(path, "missing-key", "缺少该项", "is missing");
    else if (typeof value !== "string") this.note(path, "wrong-type", "应为字符串", "must be a string");
    else if (!form.test(value)) this.note(path, "bad-format", `格式应为 ${form.source}`, `must match ${form.source}`);
    else return value;
    return "";
  }

  /** Names of at most 128 characters, one line, not blank at either end. */
  names(value: Json | undefined, path: string): Names {
    const { zh, en } = this.object(value, path, ["zh", "en"]);
    return { zh: this.displayName(zh, `${path}/zh`), en: this.displayName(en, `${path}/en`) };
  }

  private displayName(value: Json | undefined, path: string): string {
    const name = this.text(value, path, /^\S(?:.*\S)?$/);
    if (name.length > namesLengthMax)
      this.note(path, "too-large", `不得超过${namesLengthMax}个字符`, `must have at most ${namesLengthMax} characters`);
    if (hasBadCharacter(name)) this.note(path, "bad-format", "含有控制字符", "holds a control character");
    return name;
  }

  integer(value: Json | undefined, path: string, min: number, max: number): number {
    if (value === undefined) this.note(path, "missing-key", "缺少该项", "is missing");
    else if (typeof value !== "number") this.note(path, "wrong-type", "应为整数", "must be an integer");
    else if (!Number.isSafeInteger(value) || value < min || value > max) {
      this.note(path, "out-of-range", `应在${min}与${max}之间`, `must be between ${min} and ${max}`);
    } else return value;
    return min;
  }

  boolean(value: Json | undefined, path: string): boolean {
    if (value === undefined) this.note(path, "missing-key", "缺少该项", "is missing");
    else if (typeof value !== "boolean") this.note(path, "wrong-type", "应为true或false", "must be true or false");
    else return value;
    return false;
  }

  /** A list of texts of one form, none twice. */
  texts(value: Json | undefined, path: string, form: RegExp, itemsMin: number, itemsMax: number): readonly string[] {
    const texts = this.list(value, path, itemsMax).map((each, at) => this.text(each, `${path}/${at}`, form));
    if (Array.isArray(value) && texts.length < itemsMin) this.note(path, "empty", "不能为空", "must not be empty");
    this.unique(texts, (at) => `${path}/${at}`);
    return texts;
  }

  unique(texts: readonly string[], path: (at: number) => string): void {
    texts.forEach((each, at) => {
      if (each !== "" && texts.indexOf(each) < at) this.note(path(at), "duplicate", `重复：${each}`, `${each} stands twice`);
    });
  }
}

const namesLengthMax = 128;

/** One step of a JSON Pointer (RFC 6901 section 3). */
function pointer(key: string): string {
  return key.slice(0, 64).replaceAll("~", "~0").replaceAll("/", "~1");
}
