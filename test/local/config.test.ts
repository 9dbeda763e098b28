import { checkUscc } from "@vermilion/certificates";
import { checkConfig, configJsonSchema, configKinds, configProblemText, consortiumOf } from "@vermilion/local";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";

const good = consortiumOf(["platform", "inspection", "customs", "tax"], { name: "eport.example", firstPort: 7301 });

function problemsOf(text: string, file = "consortium.json") {
  const checked = checkConfig(text, file);
  return checked.ok ? [] : checked.problems;
}

/** The consortium above as text, changed by `change` and then line by line. */
function withText(change: (text: string) => string): string {
  return change(JSON.stringify(good, null, 2));
}

/** The line of the last place of `part`: of two equal settings the second is the one that is told. */
function lineOf(text: string, part: string): number {
  return text.slice(0, text.lastIndexOf(part)).split("\n").length;
}

describe("config check", () => {
  test("the default consortium is right, with valid codes", () => {
    expect(problemsOf(JSON.stringify(good))).toEqual([]);
    for (const { uscc } of good.members) expect(checkUscc(uscc)).toBeUndefined();
  });

  test.each([
    ["a wrong check character", '"uscc": "11100000MB0000027F"', '"uscc": "11100000MB0000028F"', "11100000MB0000028F", 0, "wrong-uscc"],
    ["a port that is no number", '"port": 7303', '"port": "7303"', '"7303"', 0, "wrong-type"],
    ["a port out of range", '"port": 7303', '"port": 73030', "73030", 0, "too-big"],
    ["a port used twice", '"port": 7303', '"port": 7302', "7302", 0, "used-twice"],
    ["an id with capitals", '"id": "customs"', '"id": "Customs"', '"id": "Customs"', 0, "bad-form"],
    ["an id used twice", '"id": "customs"', '"id": "tax"', '"id": "tax"', 0, "used-twice"],
    ["an unknown setting", '"port": 7303', '"prot": 1, "port": 7303', "prot", 0, "unknown-name"],
    ["a setting twice", '"port": 7303', '"port": 7303,\n"port": 7309', "7309", 0, "duplicate-key"],
    ["a comma too many, seen where the next name should stand", '"port": 7303', '"port": 7303,', "7303", 1, "not-json"],
  ])("%s: its line and a remedy in both languages", (_, before, after, place, linesBelow, code) => {
    const text = withText((whole) => whole.replace(before, after));
    const [problem, ...others] = problemsOf(text);
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ code, line: lineOf(text, place) + linesBelow });
    for (const words of [problem?.remedy, problem?.problem]) {
      expect(words?.zh).toMatch(/\p{Script=Han}/u);
      expect(words?.en).toMatch(/^[\x20-\x7e]+$/);
    }
  });

  test("what is missing is told at the line of what it is missing from", () => {
    const text = withText((whole) => whole.replace(/\n\s*"en": "Customs"/, "").replace('"zh": "海关",', '"zh": "海关"'));
    const [problem, ...others] = problemsOf(text);
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ code: "missing", pointer: "/members/2/names/en", line: lineOf(text, "海关") - 1 });
  });

  test("every problem of a file is told at once, in order of lines", () => {
    const text = withText((whole) => whole.replace('"port": 7301', '"port": 0').replace('"id": "tax"', '"id": "TAX"'));
    const lines = problemsOf(text).map(({ line }) => line);
    expect(lines).toHaveLength(2);
    expect(lines).toEqual(lines.toSorted((a, b) => a - b));
  });

  test("fifty members pass, none and fifty-one do not", () => {
    const ids = (count: number) => Array.from({ length: count }, (_, at) => `m${at}`);
    const of = (count: number) => JSON.stringify(consortiumOf(ids(count), { name: "big.example", firstPort: 9000 }));
    expect(problemsOf(of(50))).toEqual([]);
    expect(problemsOf(of(51)).map(({ code }) => code)).toEqual(["too-big"]);
    expect(problemsOf(of(0)).map(({ code }) => code)).toEqual(["too-small"]);
  });

  test("the value of a private key is not repeated", () => {
    const secret = "S".repeat(44);
    const text = JSON.stringify({ version: 1, app: "desk", member: "tax", baseUrl: "http://127.0.0.1:1", jwk: { d: secret }, scopes: [] });
    const problems = problemsOf(text, "apps/tax-desk.json");
    expect(problems.length).toBeGreaterThan(3);
    expect(problems.map(configProblemText).join("\n")).not.toContain(secret);
  });

  test("the file's place tells its kind", () => {
    expect(checkConfig("{}", "x/members/tax/config.json").kind).toBe("member");
    expect(checkConfig("{}", "x/apps/tax-desk.json").kind).toBe("app");
    expect(checkConfig("{}", "x/genesis.json").kind).toBe("genesis");
    expect(checkConfig("{}", "anything.json").kind).toBe("consortium");
  });

  test("deep text is refused, not followed", () => {
    expect(problemsOf("[".repeat(100_000)).map(({ code }) => code)).toEqual(["not-json"]);
  });

  test("a member named like a property of every object is a name like any other", () => {
    expect(problemsOf('{"__proto__": {"version": 1}}').map(({ code }) => code)).toContain("unknown-name");
  });

  test.each(configKinds)("the JSON Schema of %s files is one, and says no to an empty object", (kind) => {
    const validate = new Ajv2020({ strict: false }).compile(configJsonSchema(kind));
    expect(validate({})).toBe(false);
    if (kind === "consortium") expect(validate(good)).toBe(true);
  });
});
