import { type Refusal, refusal } from "./refusal.ts";

/**
 * The patterns a certificate type may hold. A type is data from another agency and every member runs its patterns, so matching is our own:
 * time linear in the text whatever the pattern (Thompson's automaton; no catastrophic backtracking), and the same answer on every host
 * and version. The language is a part of ECMA-262 regular expressions with the `u` flag: `^…$` around the whole, literals, `.`, `\d`, `\w`,
 * escaped punctuation, `[…]` and `[^…]` with ranges, `(…)`, `(?:…)`, `|`, `*`, `+`, `?`, `{n}`, `{n,}`, `{n,m}`. Characters are code points.
 */
export interface Pattern {
  readonly source: string;
  readonly program: readonly Instruction[];
  /** Characters of the longest text that can match; `Infinity` where there is none. */
  readonly lengthMax: number;
}

type Range = readonly [number, number];
type Node =
  | { readonly kind: "set"; readonly ranges: readonly Range[]; readonly negated: boolean }
  | { readonly kind: "sequence" | "choice"; readonly nodes: readonly Node[] }
  | { readonly kind: "repeat"; readonly node: Node; readonly min: number; readonly max: number | undefined };
type Instruction =
  | { readonly kind: "set"; readonly ranges: readonly Range[]; readonly negated: boolean }
  | { readonly kind: "fork"; readonly to: readonly number[] };

export const patternLengthMax = 256;
const programLengthMax = 1024;
const groupDepthMax = 16;

const DIGITS: readonly Range[] = [[0x30, 0x39]];
const WORD: readonly Range[] = [...DIGITS, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]];
/** ECMA-262 LineTerminator: what `.` does not match. */
const LINE_ENDS: readonly Range[] = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
];
const SYNTAX = "^$\\.*+?()[]{}|";
const ESCAPABLE = `${SYNTAX}/`;

/** Thrown and caught inside this file only. */
class BadPattern extends Error {}

export function compilePattern(source: string): Pattern | Refusal<"bad-pattern"> {
  try {
    if (source.length > patternLengthMax) throw new BadPattern("longer than 256 characters");
    const node = parseWhole([...source]);
    if (programLength(node) > programLengthMax) throw new BadPattern("its repetitions are too large");
    return { source, program: emit(node, 0), lengthMax: longest(node) };
  } catch (error) {
    if (!(error instanceof BadPattern)) throw error;
    return refusal("bad-pattern", `不支持的正则表达式：${error.message}`, `unsupported pattern: ${error.message}`);
  }
}

/**
 * Steps that matching takes at most, for texts of up to `textLengthMax` characters. Each character may meet every instruction and every
 * range of it; no more characters are read than the longest match has, and one, because by then no thread is left.
 */
export function patternCost({ program, lengthMax }: Pattern, textLengthMax: number): number {
  const perCharacter = program.reduce((sum, each) => sum + (each.kind === "set" ? Math.max(1, each.ranges.length) : each.to.length), 0);
  return perCharacter * (Math.min(textLengthMax, lengthMax + 1) + 1);
}

/** Whether the whole text matches. */
export function matchesPattern(pattern: Pattern, text: string): boolean {
  const end = pattern.program.length;
  let threads = follow(pattern, [0]);
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const next: number[] = [];
    for (const at of threads) {
      const instruction = pattern.program[at];
      if (instruction?.kind === "set" && inSet(instruction, code)) next.push(at + 1);
    }
    if (next.length === 0) return false;
    threads = follow(pattern, next);
  }
  return threads.has(end);
}

/** All places reachable without reading a character. */
function follow(pattern: Pattern, from: readonly number[]): Set<number> {
  const reached = new Set<number>();
  const waiting = [...from];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (reached.has(at)) continue;
    reached.add(at);
    const instruction = pattern.program[at];
    if (instruction?.kind === "fork") waiting.push(...instruction.to);
  }
  return reached;
}

function inSet(set: { readonly ranges: readonly Range[]; readonly negated: boolean }, code: number): boolean {
  return set.ranges.some(([low, high]) => low <= code && code <= high) !== set.negated;
}

/** Length of the program of a node, computed before it is built so that `{1000}{1000}` costs nothing. */
function programLength(node: Node): number {
  switch (node.kind) {
    case "set":
      return 1;
    case "sequence":
      return node.nodes.reduce((sum, each) => sum + programLength(each), 0);
    case "choice":
      return node.nodes.reduce((sum, each) => sum + programLength(each) + 1, 1);
    case "repeat": {
      const once = programLength(node.node);
      return once * node.min + (node.max === undefined ? once + 2 : (once + 1) * (node.max - node.min));
    }
  }
}

/** Characters of the longest text that a node can match. */
function longest(node: Node): number {
  switch (node.kind) {
    case "set":
      return 1;
    case "sequence":
      return node.nodes.reduce((sum, each) => sum + longest(each), 0);
    case "choice":
      return Math.max(...node.nodes.map(longest));
    case "repeat": {
      const once = longest(node.node);
      // Nothing, or the empty text alone, stays empty however often: 0 · ∞ is no number.
      return once === 0 || node.max === 0 ? 0 : once * (node.max ?? Number.POSITIVE_INFINITY);
    }
  }
}

/** Instructions of a node that starts at address `start` and continues just after its last instruction. */
function emit(node: Node, start: number): Instruction[] {
  switch (node.kind) {
    case "set":
      return [{ kind: "set", ranges: node.ranges, negated: node.negated }];
    case "sequence": {
      const program: Instruction[] = [];
      for (const each of node.nodes) program.push(...emit(each, start + program.length));
      return program;
    }
    case "choice":
      return emitChoice(node.nodes, start);
    case "repeat":
      return emitRepeat(node.node, node.min, node.max, start);
  }
}

function emitChoice(nodes: readonly Node[], start: number): Instruction[] {
  const end = start + nodes.reduce((sum, each) => sum + programLength(each) + 1, 1);
  const branches: Instruction[] = [];
  const heads: number[] = [];
  for (const each of nodes) {
    const head = start + 1 + branches.length;
    heads.push(head);
    branches.push(...emit(each, head), { kind: "fork", to: [end] });
  }
  return [{ kind: "fork", to: heads }, ...branches];
}

function emitRepeat(node: Node, min: number, max: number | undefined, start: number): Instruction[] {
  const program: Instruction[] = [];
  for (let count = 0; count < min; count++) program.push(...emit(node, start + program.length));
  if (max === undefined) {
    const loop = start + program.length;
    const body = emit(node, loop + 1);
    program.push({ kind: "fork", to: [loop + 1, loop + body.length + 2] }, ...body, { kind: "fork", to: [loop] });
    return program;
  }
  const end = start + program.length + (programLength(node) + 1) * (max - min);
  for (let count = min; count < max; count++) {
    const at = start + program.length;
    program.push({ kind: "fork", to: [at + 1, end] }, ...emit(node, at + 1));
  }
  return program;
}

interface Cursor {
  readonly characters: readonly string[];
  at: number;
}

function parseWhole(characters: readonly string[]): Node {
  if (characters[0] !== "^" || characters.at(-1) !== "$") throw new BadPattern("it must stand between ^ and $");
  const cursor: Cursor = { characters: characters.slice(1, -1), at: 0 };
  const node = parseChoice(cursor, 0);
  if (cursor.at < cursor.characters.length) throw new BadPattern("unbalanced )");
  // In ECMA-262 `^a|b$` is two half-anchored branches; refusing a bare `|` keeps the two readings from ever differing.
  if (node.kind === "choice") throw new BadPattern("put alternatives into a group");
  return node;
}

function parseChoice(cursor: Cursor, depth: number): Node {
  if (depth > groupDepthMax) throw new BadPattern("groups are nested too deeply");
  const branches: Node[] = [parseSequence(cursor, depth)];
  while (cursor.characters[cursor.at] === "|") {
    cursor.at++;
    branches.push(parseSequence(cursor, depth));
  }
  return branches.length === 1 && branches[0] !== undefined ? branches[0] : { kind: "choice", nodes: branches };
}

function parseSequence(cursor: Cursor, depth: number): Node {
  const nodes: Node[] = [];
  for (let next = cursor.characters[cursor.at]; next !== undefined && next !== "|" && next !== ")"; next = cursor.characters[cursor.at]) {
    nodes.push(parseQuantifier(cursor, parseAtom(cursor, depth)));
  }
  return { kind: "sequence", nodes };
}

function parseAtom(cursor: Cursor, depth: number): Node {
  const character = cursor.characters[cursor.at++];
  if (character === undefined) throw new BadPattern("it ends too early");
  if (character === ".") return { kind: "set", ranges: LINE_ENDS, negated: true };
  if (character === "\\") return { kind: "set", ranges: parseEscape(cursor, ESCAPABLE), negated: false };
  if (character === "[") return parseClass(cursor);
  if (character === "(") {
    if (cursor.characters[cursor.at] === "?") {
      if (cursor.characters[cursor.at + 1] !== ":") throw new BadPattern("only (…) and (?:…) groups are known");
      cursor.at += 2;
    }
    const inner = parseChoice(cursor, depth + 1);
    if (cursor.characters[cursor.at++] !== ")") throw new BadPattern("a group is not closed");
    return { kind: "sequence", nodes: [inner] };
  }
  if (SYNTAX.includes(character)) throw new BadPattern(`${character} must be escaped here`);
  return { kind: "set", ranges: [rangeOf(character)], negated: false };
}

function parseQuantifier(cursor: Cursor, node: Node): Node {
  const rest = cursor.characters.slice(cursor.at, cursor.at + 12).join("");
  const match = /^(?:[*+?]|\{([0-9]{1,4})(?:(,)([0-9]{1,4})?)?\})/.exec(rest);
  if (match === null) return node;
  cursor.at += match[0].length;
  const following = cursor.characters[cursor.at];
  if (following !== undefined && "*+?{".includes(following)) throw new BadPattern("a repetition directly after another");
  if (match[0] === "*") return { kind: "repeat", node, min: 0, max: undefined };
  if (match[0] === "+") return { kind: "repeat", node, min: 1, max: undefined };
  if (match[0] === "?") return { kind: "repeat", node, min: 0, max: 1 };
  const min = Number(match[1]);
  const max = match[2] === undefined ? min : match[3] === undefined ? undefined : Number(match[3]);
  if (max !== undefined && max < min) throw new BadPattern("a repetition counts downward");
  return { kind: "repeat", node, min, max };
}

function parseEscape(cursor: Cursor, escapable: string): readonly Range[] {
  const character = cursor.characters[cursor.at++];
  if (character === "d") return DIGITS;
  if (character === "w") return WORD;
  if (character === undefined || !escapable.includes(character)) throw new BadPattern(`unknown escape \\${character ?? ""}`);
  return [rangeOf(character)];
}

function parseClass(cursor: Cursor): Node {
  const negated = cursor.characters[cursor.at] === "^";
  if (negated) cursor.at++;
  const ranges: Range[] = [];
  while (cursor.characters[cursor.at] !== "]") {
    const low = parseClassMember(cursor);
    const dash = cursor.characters[cursor.at] === "-" && cursor.characters[cursor.at + 1] !== "]";
    if (!dash) {
      ranges.push(...low);
      continue;
    }
    cursor.at++;
    const high = parseClassMember(cursor);
    const [from, to] = [single(low), single(high)];
    if (to < from) throw new BadPattern("a range counts downward");
    ranges.push([from, to]);
  }
  cursor.at++;
  return { kind: "set", ranges, negated };
}

function parseClassMember(cursor: Cursor): readonly Range[] {
  const character = cursor.characters[cursor.at++];
  if (character === undefined) throw new BadPattern("a class is not closed");
  if (character === "\\") return parseEscape(cursor, `${ESCAPABLE}-`);
  if (character === "[") throw new BadPattern("[ must be escaped inside a class");
  return [rangeOf(character)];
}

function single(ranges: readonly Range[]): number {
  const [first] = ranges;
  if (ranges.length !== 1 || first === undefined || first[0] !== first[1]) throw new BadPattern("a range needs single characters");
  return first[0];
}

function rangeOf(character: string): Range {
  const code = character.codePointAt(0) ?? 0;
  return [code, code];
}
