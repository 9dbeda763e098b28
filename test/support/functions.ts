import { readFileSync } from "node:fs";
import { parseSync } from "oxc-parser";

export interface LongFunction {
  readonly file: string;
  readonly line: number;
  readonly lines: number;
}

/** Functions of a source file that are longer than `linesMax`, in their order; one inside another counts for both. */
export function longFunctions(file: string, linesMax: number): readonly LongFunction[] {
  const text = readFileSync(file, "utf8");
  const { program, errors } = parseSync(file, text);
  const [error] = errors;
  if (error !== undefined) throw new Error(`${file}: ${error.message}`);
  const starts = lineStarts(text);
  const found: LongFunction[] = [];
  walk(program, (node) => {
    if (!isFunction(node)) return;
    const [line, last] = [lineAt(starts, node.start), lineAt(starts, node.end)];
    if (last - line + 1 > linesMax) found.push({ file, line, lines: last - line + 1 });
  });
  return found.sort((one, other) => one.line - other.line);
}

interface FunctionNode {
  readonly start: number;
  readonly end: number;
}

/** A method is a function expression; a signature without a body is none. */
function isFunction(node: object): node is FunctionNode {
  return (
    "type" in node &&
    (node.type === "FunctionDeclaration" || node.type === "FunctionExpression" || node.type === "ArrowFunctionExpression") &&
    "body" in node &&
    node.body !== null
  );
}

function walk(value: unknown, visit: (node: object) => void): void {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) visit(value);
  for (const member of Object.values(value)) walk(member, visit);
}

/** Offset of the first character of each line. */
function lineStarts(text: string): readonly number[] {
  return [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
}

function lineAt(starts: readonly number[], offset: number): number {
  return starts.findLastIndex((start) => start <= offset) + 1;
}
