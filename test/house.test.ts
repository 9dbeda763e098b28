import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { longFunctions } from "./support/functions.ts";

/** The few rules of the house that no tool holds. */

const root = new URL("..", import.meta.url).pathname;

/** Who may import whom; downward only. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  ledger: [],
  consensus: [],
  certificates: ["ledger"],
  contracts: ["certificates", "ledger"],
  node: ["consensus", "ledger"],
  protocol: ["contracts", "certificates", "ledger"],
  member: ["node", "protocol", "contracts", "certificates", "ledger"],
  api: ["member", "node", "protocol", "contracts", "certificates", "ledger"],
  local: ["api", "member", "node", "protocol", "certificates", "ledger"],
  aws: ["api", "member", "node", "protocol", "contracts", "certificates", "ledger"],
  client: ["protocol", "certificates", "ledger"],
  cli: ["client", "local", "aws"],
};
const pure = ["ledger", "consensus", "certificates", "contracts", "protocol"];

interface Source {
  readonly file: string;
  readonly text: string;
}

function sources(folder: string): readonly Source[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.includes("node_modules"))
    .map((name) => join(root, folder, name))
    .map((file) => ({ file: relative(root, file), text: readFileSync(file, "utf8") }));
}

function importsOf({ text }: Source): readonly string[] {
  return [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, specifier]) => specifier ?? "");
}

/** The text without comments and strings, so that words in them are not taken for code. */
function codeOf({ text }: Source): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/(^|\s)\/\/.*$/gm, "")
    .replace(/"(?:[^"\\\n]|\\.)*"/g, '""');
}

const packages = readdirSync(join(root, "packages"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

test("every package is in the table of who imports whom", () => {
  expect(packages.toSorted()).toEqual(Object.keys(mayImport).toSorted());
});

test.each(packages)("%s imports only what is below it", (name) => {
  const wrong = sources(`packages/${name}`).flatMap((source) =>
    importsOf(source)
      .filter((specifier) => specifier.startsWith("@vermilion/"))
      .filter((specifier) => {
        const target = specifier.split("/")[1] ?? "";
        return target !== name && !mayImport[name]?.includes(target);
      })
      .map((specifier) => `${source.file}: ${specifier}`),
  );
  expect(wrong).toEqual([]);
});

test.each(pure)("%s is pure: no Node, no clock, no randomness, no awaiting", (name) => {
  const forbidden =
    /\b(?:Date\.now|new Date\b|Math\.random|performance\.|process\.|setTimeout|setInterval|fetch\(|await |async |Promise<|globalThis)/;
  for (const source of sources(`packages/${name}`)) {
    expect(
      importsOf(source).filter((specifier) => specifier.startsWith("node:")),
      source.file,
    ).toEqual([]);
    expect(forbidden.exec(codeOf(source))?.[0], source.file).toBeUndefined();
  }
});

test("the client needs no Node", () => {
  for (const source of sources("packages/client")) {
    expect(
      importsOf(source).filter((specifier) => specifier.startsWith("node:")),
      source.file,
    ).toEqual([]);
  }
});

/** What the stack may know of the code: the contract of settings, the coordinator's acts, which routes are public, and codes of agencies. */
const infraMayImport = ["@vermilion/aws/environment", "@vermilion/aws/coordinator/acts", "@vermilion/api", "@vermilion/certificates"];
const infraMayName: Readonly<Record<string, readonly string[]>> = {
  "@vermilion/api": ["docsFiles", "publicRoutes"],
  "@vermilion/certificates": ["checkUscc"],
};

test("infra knows of the packages only what a stack must", () => {
  for (const source of sources("infra")) {
    for (const specifier of importsOf(source).filter((name) => name.startsWith("@vermilion/") || name.startsWith("../")))
      expect(infraMayImport, source.file).toContain(specifier);
    for (const [, names, specifier] of source.text.matchAll(/import \{([^}]*)\} from "([^"]+)"/g))
      for (const name of infraMayName[specifier ?? ""] === undefined ? [] : (names ?? "").split(",").map((word) => word.trim()))
        expect(infraMayName[specifier ?? ""], source.file).toContain(name);
  }
});

test("functions are handlers: short, and above aws, api and member only", () => {
  for (const source of sources("functions")) {
    expect(source.text.split("\n").length, source.file).toBeLessThanOrEqual(41);
    for (const specifier of importsOf(source).filter((name) => name.startsWith("@vermilion/")))
      expect(["aws", "api", "member", "node"], source.file).toContain(specifier.split("/")[1]);
  }
});

test("no any, no non-null assertion, no unfinished work in production code", () => {
  for (const source of ["packages", "infra", "functions"].flatMap(sources)) {
    const code = codeOf(source);
    expect(/(?::|<|\bas)\s*any\b/.exec(code)?.[0], source.file).toBeUndefined();
    expect(/[\w)\]]!(?:[.,;)\]]|\s*$)/m.exec(code)?.[0], source.file).toBeUndefined();
    expect(/\b(?:TODO|FIXME|XXX|not implemented|for now)\b/i.exec(source.text)?.[0], source.file).toBeUndefined();
  }
});

test("no test is skipped or alone", () => {
  const words = ["skip", "only", "todo"].map((word) => `.${word}(`);
  for (const source of sources("test")) {
    if (source.file.endsWith("house.test.ts")) continue;
    const code = codeOf(source);
    for (const word of words)
      expect(/\b(?:test|describe|it)$/.test(code.split(word)[0] ?? "") && code.includes(word), `${source.file} ${word}`).toBe(false);
  }
});

test("every package says at the top, in a few lines, what lives there", () => {
  for (const name of packages) {
    const file = join(root, "packages", name, "README.md");
    expect(existsSync(file), name).toBe(true);
    const [top = ""] = readFileSync(file, "utf8").split(/^## /m);
    const lines = top.split("\n").filter((line) => line.trim() !== "");
    expect(lines.length, name).toBeGreaterThanOrEqual(2);
    expect(lines.length, name).toBeLessThanOrEqual(10);
  }
});

test("every package has the version of the whole", () => {
  const versionOf = (folder: string) => JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")).version;
  for (const name of packages) expect(versionOf(`packages/${name}`), name).toBe(versionOf("."));
});

const functionLinesMax = 70;
/** Still to be cut; none may join the list. */
const stillLong: readonly string[] = [
  "packages/client/ledger-reads.ts",
  "packages/member/certificates/bulk-lines.ts",
  "packages/member/create-services.ts",
];

test("no function is longer than a screen or two", () => {
  const long = ["packages", "infra", "functions"]
    .flatMap(sources)
    .filter(({ file }) => !stillLong.includes(file))
    .flatMap(({ file }) => longFunctions(join(root, file), functionLinesMax));
  expect(long).toEqual([]);
});
