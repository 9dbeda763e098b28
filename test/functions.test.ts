import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { longFunctions } from "./support/functions.ts";

/** The measure that the house holds functions to is itself held to what it should find. */

const body = (lines: number) => Array.from({ length: lines }, (_, n) => `  use(${n});`).join("\n");

function measured(text: string): readonly (readonly [line: number, lines: number])[] {
  const folder = mkdtempSync(join(tmpdir(), "vermilion-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "source.ts");
  writeFileSync(file, text);
  return longFunctions(file, 5).map(({ line, lines }) => [line, lines]);
}

test("every form of a function is measured from its first line to its last", () => {
  expect(measured(`export async function one(a: string): Promise<void> {\n${body(4)}\n}\n`)).toEqual([[1, 6]]);
  expect(measured(`const one = (a: number) => {\n${body(4)}\n};\n`)).toEqual([[1, 6]]);
  expect(measured(`class Of<T> {\n  run(): T {\n${body(4)}\n  }\n  get it() {\n${body(4)}\n  }\n}\n`)).toEqual([
    [2, 6],
    [8, 6],
  ]);
  expect(measured(`function outer() {\n  return {\n    inner() {\n${body(4)}\n    },\n  };\n}\n`)).toEqual([
    [1, 10],
    [3, 6],
  ]);
});

test("braces in texts and comments, types and short functions are none", () => {
  expect(measured("function one() {\n  // {{{\n  const a = `}{` + '{';\n  return /[{]/.test(a);\n}\n")).toEqual([]);
  expect(measured(`interface Long {\n${Array.from({ length: 9 }, (_, n) => `  f${n}(): void;`).join("\n")}\n}\n`)).toEqual([]);
  expect(measured("function over(a: string): void;\nfunction over(a: unknown) {\n  use(a);\n}\n")).toEqual([]);
});

test("a file that cannot be read as TypeScript is told of", () => {
  expect(() => measured("function {")).toThrow();
});
