/** What a config file says and where: the value, and the line (from 1) of each member by its JSON Pointer (RFC 6901). */
export interface LocatedJson {
  readonly value: unknown;
  readonly lines: ReadonlyMap<string, number>;
  readonly duplicates: readonly { readonly pointer: string; readonly key: string; readonly line: number }[];
}

export interface SyntaxProblem {
  readonly line: number;
  /** What the reader expected to see there. */
  readonly expected: string;
}

/** Config files are flat; deeper text is a mistake, and a bound keeps the reader's recursion safe. */
const depthMax = 16;

/** Reads JSON (RFC 8259) and remembers lines, which `JSON.parse` does not. A member's line is that of its key, an element's that of its value. */
export function readLocated(text: string): LocatedJson | SyntaxProblem {
  const reader = new Reader(text);
  try {
    const value = reader.document();
    return { value, lines: reader.lines, duplicates: reader.duplicates };
  } catch (error) {
    if (error instanceof Unexpected) return { line: reader.line(), expected: error.message };
    throw error;
  }
}

/** The RFC 6901 pointer of a path. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

class Unexpected extends Error {}

const spaceForm = /[ \t\n\r]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 8259 section 7 forbids these in a string, so the form names them.
const stringForm = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const plainForm = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y;

class Reader {
  readonly lines = new Map<string, number>();
  readonly duplicates: { pointer: string; key: string; line: number }[] = [];
  private readonly source: string;
  private at = 0;

  constructor(source: string) {
    this.source = source.startsWith("\uFEFF") ? source.slice(1) : source;
  }

  line(): number {
    return this.source.slice(0, this.at).split("\n").length;
  }

  document(): unknown {
    this.skipSpace();
    this.lines.set("", this.line());
    const value = this.value([]);
    this.skipSpace();
    if (this.at < this.source.length) throw new Unexpected("the end of the file");
    return value;
  }

  private match(form: RegExp): string | undefined {
    form.lastIndex = this.at;
    const found = form.exec(this.source)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  private skipSpace(): void {
    this.match(spaceForm);
  }

  private take(character: string): boolean {
    this.skipSpace();
    if (this.source[this.at] !== character) return false;
    this.at++;
    return true;
  }

  private value(path: readonly PropertyKey[]): unknown {
    this.skipSpace();
    if (path.length > depthMax) throw new Unexpected(`at most ${depthMax} levels`);
    const next = this.source[this.at];
    if (next === "{") return this.object(path);
    if (next === "[") return this.array(path);
    const literal = this.match(stringForm) ?? this.match(plainForm);
    if (literal === undefined) throw new Unexpected("a value");
    return JSON.parse(literal);
  }

  private object(path: readonly PropertyKey[]): Record<string, unknown> {
    this.at++;
    const members = new Map<string, unknown>();
    if (this.take("}")) return {};
    do {
      this.skipSpace();
      const line = this.line();
      const literal = this.match(stringForm);
      if (literal === undefined) throw new Unexpected('a name in double quotes (a comma too many before "}"?)');
      const key = JSON.parse(literal) as string;
      const pointer = pointerOf([...path, key]);
      if (members.has(key)) this.duplicates.push({ pointer, key, line });
      this.lines.set(pointer, line);
      if (!this.take(":")) throw new Unexpected('":"');
      members.set(key, this.value([...path, key]));
    } while (this.take(","));
    if (!this.take("}")) throw new Unexpected('"," or "}"');
    return Object.fromEntries(members);
  }

  private array(path: readonly PropertyKey[]): unknown[] {
    this.at++;
    const elements: unknown[] = [];
    if (this.take("]")) return elements;
    do {
      this.skipSpace();
      this.lines.set(pointerOf([...path, elements.length]), this.line());
      elements.push(this.value([...path, elements.length]));
    } while (this.take(","));
    if (!this.take("]")) throw new Unexpected('"," or "]"');
    return elements;
  }
}
