import { basename, dirname } from "node:path";
import type { Names } from "@vermilion/certificates";
import type { z } from "zod";
import { pointerOf, readLocated } from "./lines.ts";
import { type ConfigKind, configSchemas } from "./schemas.ts";
import { remedyOf, wrongOf } from "./words.ts";

/** One thing that is wrong in a config file, where, and what to do about it. */
export interface ConfigProblem {
  readonly file: string;
  /** From 1; for something that is missing, the line of what it is missing from. */
  readonly line: number;
  /** RFC 6901 pointer of the place, "" for the whole file. */
  readonly pointer: string;
  readonly code: string;
  readonly problem: Names;
  readonly remedy: Names;
}

export type ConfigCheck<Kind extends ConfigKind> =
  | { readonly ok: true; readonly kind: Kind; readonly config: z.infer<(typeof configSchemas)[Kind]> }
  | { readonly ok: false; readonly kind: Kind; readonly problems: readonly ConfigProblem[] };

/**
 * Checks the text of a config file. The kind is told by the file's name and folder: `config.json` is a member's, a file in `apps/` an
 * app's, `genesis.json` the genesis, all else a consortium's; `kind` overrides. Problems come in the order of their lines.
 */
export function checkConfig(text: string, file: string): ConfigCheck<ConfigKind>;
export function checkConfig<Kind extends ConfigKind>(text: string, file: string, kind: Kind): ConfigCheck<Kind>;
export function checkConfig(text: string, file: string, kind: ConfigKind = kindOf(file)): ConfigCheck<ConfigKind> {
  const located = readLocated(text);
  if ("expected" in located) return { ok: false, kind, problems: [syntaxProblem(file, located)] };
  const problems: ConfigProblem[] = located.duplicates.map(({ pointer, key, line }) => ({
    file,
    line,
    pointer,
    code: "duplicate-key",
    problem: { zh: `“${key}”出现了两次`, en: `"${key}" stands here a second time` },
    remedy: { zh: "只保留一处", en: "keep one of the two" },
  }));
  const parsed = configSchemas[kind].safeParse(located.value);
  const lineOf = (path: readonly PropertyKey[]): number => {
    for (let length = path.length; length >= 0; length--) {
      const line = located.lines.get(pointerOf(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return 1;
  };
  for (const issue of parsed.error?.issues ?? []) problems.push(...problemsOf(issue, file, located.value, lineOf));
  problems.sort((a, b) => a.line - b.line);
  if (problems.length > 0 || !parsed.success) return { ok: false, kind, problems };
  return { ok: true, kind, config: parsed.data };
}

/** One line for people: `file:line: what is wrong → remedy`, in both languages. */
export function configProblemText(problem: ConfigProblem): string {
  const place = `${problem.file}:${problem.line}${problem.pointer === "" ? "" : ` (${problem.pointer})`}`;
  return `${place}\n  ${problem.problem.zh}。办法：${problem.remedy.zh}。\n  ${problem.problem.en}. Remedy: ${problem.remedy.en}.`;
}

function kindOf(file: string): ConfigKind {
  if (basename(dirname(file)) === "apps") return "app";
  if (basename(file) === "genesis.json") return "genesis";
  return basename(file) === "config.json" ? "member" : "consortium";
}

function syntaxProblem(file: string, found: { readonly line: number; readonly expected: string }): ConfigProblem {
  return {
    file,
    line: found.line,
    pointer: "",
    code: "not-json",
    problem: { zh: `不是合法的 JSON：此处应为 ${found.expected}`, en: `not JSON: expected ${found.expected} here` },
    remedy: { zh: "改正此行或其上一行的引号、逗号和括号", en: "mend quotes, commas and brackets on this line or the one above" },
  };
}

function problemsOf(
  issue: z.core.$ZodIssue,
  file: string,
  value: unknown,
  lineOf: (path: readonly PropertyKey[]) => number,
): readonly ConfigProblem[] {
  // Each surplus member has its own line, so it is a problem of its own.
  const paths = issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
  return paths.map((path) => {
    const { code, problem } = wrongOf(issue, path, valueAt(value, path));
    return { file, line: lineOf(path), pointer: pointerOf(path), code, problem, remedy: remedyOf(code, path, issue) };
  });
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at: unknown = value;
  for (const step of path) {
    if (typeof at !== "object" || at === null) return undefined;
    at = Object.getOwnPropertyDescriptor(at, step)?.value;
  }
  return at;
}
