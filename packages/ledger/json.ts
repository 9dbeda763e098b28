import { textOrUndefined, utf8 } from "./bytes.ts";

/** What the ledger calls JSON: RFC 8259 without floats; numbers are integers with |n| ≤ 2^53 − 1. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/** Why bytes are not JSON that we take. `not-canonical`: right JSON, but not its own RFC 8785 form. */
export type JsonCode =
  | "too-large"
  | "invalid-utf8"
  | "not-json"
  | "duplicate-key"
  | "too-deep"
  | "not-an-integer"
  | "lone-surrogate"
  | "not-canonical";

export type JsonRefusal = {
  readonly refused: JsonCode;
  readonly detail: string;
};

/** Containers inside containers, the outermost counted. */
export const jsonDepthMax = 16;

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isJsonArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/**
 * The RFC 8785 form of `value`. The package `canonicalize` is not used here because it drops undefined members, calls `toJSON` and writes
 * floats, each of which would sign something else than what the caller holds; a test compares the two where they must agree.
 * Throws on a bug of the caller only: a float, a lone surrogate, undefined, more than 16 levels.
 */
export function canonicalText(value: Json): string {
  return write(value, jsonDepthMax, (code, detail) => {
    throw new Error(`bug: value has no canonical form (${code}: ${detail})`);
  });
}

/** UTF-8 of `canonicalText`. */
export function canonical(value: Json): Uint8Array {
  return utf8(canonicalText(value));
}

/** Told of each problem; what it answers stands in the output in the place of the value. */
type Report = (code: JsonCode, detail: string) => string;

function write(value: unknown, depthLeft: number, report: Report): string {
  if (typeof value === "string") return writeString(value, report);
  // RFC 8785 section 3.2.2.3 writes numbers as ECMAScript does; for safe integers that is plain decimal, and −0 is "0".
  if (typeof value === "number") return Number.isSafeInteger(value) ? `${value}` : report("not-an-integer", `${value}`);
  if (value === null) return "null";
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value !== "object") return report("not-json", `a value of type ${typeof value}`);
  if (depthLeft === 0) return report("too-deep", `more than ${jsonDepthMax} levels`);
  if (Array.isArray(value)) {
    let out = "[";
    for (let i = 0; i < value.length; i++) out += (i === 0 ? "" : ",") + write(value[i], depthLeft - 1, report);
    return `${out}]`;
  }
  // RFC 8785 section 3.2.3: members sorted by UTF-16 code units, which is the default order of sort().
  const keys = Object.keys(value).sort();
  let out = "{";
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] ?? "";
    out += `${(i === 0 ? "" : ",") + writeString(key, report)}:${write((value as JsonObject)[key], depthLeft - 1, report)}`;
  }
  return `${out}}`;
}

function writeString(value: string, report: Report): string {
  return value.isWellFormed() ? JSON.stringify(value) : report("lone-surrogate", "a string with half of a surrogate pair");
}

/**
 * The value of bytes that are exactly their own canonical form. JSON.parse, re-write, compare: what parses to the same text in both
 * directions can have been written in one way only. The slow scanner runs only to name what is wrong.
 */
export function parseCanonical(bytes: Uint8Array, options: { readonly depthMax?: number } = {}): { readonly value: Json } | JsonRefusal {
  const depthMax = options.depthMax ?? jsonDepthMax;
  const source = textOrUndefined(bytes);
  if (source === undefined) return { refused: "invalid-utf8", detail: "the bytes are not UTF-8" };
  let value: Json;
  try {
    value = JSON.parse(source) as Json;
  } catch {
    return { refused: "not-json", detail: "the text is not JSON" };
  }
  let refusal: JsonRefusal | undefined;
  const rewritten = write(value, depthMax, (code, detail) => {
    refusal ??= { refused: code, detail };
    return "";
  });
  if (refusal !== undefined) return refusal;
  if (rewritten === source) return { value };
  const scanned = parseStrict(bytes, { bytesMax: bytes.length, depthMax });
  return "refused" in scanned
    ? scanned
    : {
        refused: "not-canonical",
        detail: "the text is not its own RFC 8785 form",
      };
}

/**
 * JSON from outside (bodies of API calls): white space and any order allowed; refused are duplicate keys, depth, floats, lone surrogates.
 * Keys are defined as own properties, so `__proto__` is a name like any other.
 */
export function parseStrict(
  bytes: Uint8Array,
  limits: { readonly bytesMax: number; readonly depthMax: number },
): { readonly value: Json } | JsonRefusal {
  if (bytes.length > limits.bytesMax)
    return {
      refused: "too-large",
      detail: `${bytes.length} bytes, at most ${limits.bytesMax}`,
    };
  const source = textOrUndefined(bytes);
  if (source === undefined) return { refused: "invalid-utf8", detail: "the bytes are not UTF-8" };
  const plain = parsePlain(source, limits.depthMax);
  if (plain !== undefined) return { value: plain };
  const scanner = new Scanner(source, limits.depthMax);
  const value = scanner.document();
  return value === undefined ? scanner.refusal() : { value };
}

/**
 * The value of a text that is just as JSON.stringify writes it, which is how programs write: then no key can stand twice and no number in
 * another spelling. Undefined for any other text, and for what `parseStrict` refuses, whose scanner then says why.
 */
function parsePlain(source: string, depthMax: number): Json | undefined {
  try {
    const value = JSON.parse(source) as Json;
    return isWithin(value, depthMax) && JSON.stringify(value) === source ? value : undefined;
  } catch {
    return undefined;
  }
}

/** No more than `depthLeft` levels, integers alone, no half of a surrogate pair. */
function isWithin(value: Json, depthLeft: number): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value === "number") return Number.isSafeInteger(value);
  if (typeof value !== "object" || value === null) return true;
  if (depthLeft === 0) return false;
  if (Array.isArray(value)) return value.every((item) => isWithin(item, depthLeft - 1));
  return Object.entries(value).every(([key, item]) => key.isWellFormed() && isWithin(item, depthLeft - 1));
}

const numberForm = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const spaceForm = /[ \t\n\r]*/y;

/** A recursive-descent reader of RFC 8259; each method answers undefined after it has noted why. Depth is checked before it recurses. */
class Scanner {
  private readonly source: string;
  private readonly depthMax: number;
  private at = 0;
  private problem: JsonRefusal | undefined;

  constructor(source: string, depthMax: number) {
    this.source = source;
    this.depthMax = depthMax;
  }

  refusal(): JsonRefusal {
    return (
      this.problem ?? {
        refused: "not-json",
        detail: `unexpected text at character ${this.at}`,
      }
    );
  }

  document(): Json | undefined {
    const value = this.value(0);
    if (value === undefined) return undefined;
    this.match(spaceForm);
    return this.at === this.source.length ? value : this.fail("not-json", `text after the value at character ${this.at}`);
  }

  private fail(refused: JsonCode, detail: string): undefined {
    this.problem ??= { refused, detail };
    return undefined;
  }

  private match(form: RegExp): string | undefined {
    form.lastIndex = this.at;
    const found = form.exec(this.source)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  /** Skips white space and, if it comes next, the one character asked for. */
  private take(character: string): boolean {
    this.match(spaceForm);
    if (this.source[this.at] !== character) return false;
    this.at++;
    return true;
  }

  private value(depth: number): Json | undefined {
    this.match(spaceForm);
    const next = this.source[this.at];
    if (next === "{" || next === "[") {
      if (depth >= this.depthMax) return this.fail("too-deep", `more than ${this.depthMax} levels`);
      return next === "{" ? this.object(depth) : this.array(depth);
    }
    if (next === '"') return this.string();
    for (const [word, value] of [
      ["true", true],
      ["false", false],
      ["null", null],
    ] as const) {
      if (this.source.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    return this.number();
  }

  private object(depth: number): Json | undefined {
    this.at++;
    const members = new Map<string, Json>();
    if (this.take("}")) return {};
    do {
      this.match(spaceForm);
      const key = this.string();
      if (key === undefined) return undefined;
      if (members.has(key)) return this.fail("duplicate-key", `the member ${JSON.stringify(key)} stands twice`);
      if (!this.take(":")) return this.fail("not-json", `a colon is missing at character ${this.at}`);
      const value = this.value(depth + 1);
      if (value === undefined) return undefined;
      members.set(key, value);
    } while (this.take(","));
    // Object.fromEntries defines own properties; an assignment to `__proto__` would not.
    return this.take("}") ? Object.fromEntries(members) : this.fail("not-json", `an object is not closed at character ${this.at}`);
  }

  private array(depth: number): Json | undefined {
    this.at++;
    const items: Json[] = [];
    if (this.take("]")) return items;
    do {
      const value = this.value(depth + 1);
      if (value === undefined) return undefined;
      items.push(value);
    } while (this.take(","));
    return this.take("]") ? items : this.fail("not-json", `an array is not closed at character ${this.at}`);
  }

  private string(): string | undefined {
    const start = this.at;
    if (this.source[start] !== '"') return this.fail("not-json", `a string is missing at character ${start}`);
    let end = start + 1;
    for (let code = this.source.charCodeAt(end); code !== 0x22; code = this.source.charCodeAt(end)) {
      if (Number.isNaN(code)) return this.fail("not-json", `a string is not closed at character ${start}`);
      end += code === 0x5c ? 2 : 1;
    }
    this.at = end + 1;
    let value: string;
    try {
      value = JSON.parse(this.source.slice(start, end + 1)) as string;
    } catch {
      return this.fail("not-json", `a string is malformed at character ${start}`);
    }
    return value.isWellFormed() ? value : this.fail("lone-surrogate", "a string with half of a surrogate pair");
  }

  private number(): number | undefined {
    const found = this.match(numberForm);
    if (found === undefined) return this.fail("not-json", `unexpected text at character ${this.at}`);
    const value = Number(found);
    if (!Number.isSafeInteger(value)) return this.fail("not-an-integer", `${found.slice(0, 40)} is not an integer within ±(2^53 − 1)`);
    return value === 0 ? 0 : value;
  }
}
