import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { momentOf } from "@vermilion/cli/commands/request";
import { listed } from "@vermilion/cli/main";
import { bilingual, Failure, shown, terminalIo, toldError } from "@vermilion/cli/output";
import { ClientProblem } from "@vermilion/client";
import { describe, expect, test } from "vitest";
import { makeWorld } from "../client/fixtures.ts";
import { inProcess, oneSentence, temporaryFolder } from "./spawn.ts";

function captured() {
  const written = { out: "", err: "" };
  const stream = (name: "out" | "err") => ({
    write: (text: string) => {
      written[name] += text;
    },
  });
  return { io: terminalIo(stream("out"), stream("err")), written };
}

function ran(...args: readonly string[]) {
  return inProcess(args);
}

describe("errors are one sentence with a code", () => {
  test.each<[string, unknown, string, number]>([
    ["a failure", new Failure("no-app", { zh: "没有", en: "none" }, 2), "vermilion: no-app: none · 没有\n", 2],
    [
      "a problem of the API",
      new ClientProblem({ code: "unknown-type", status: 404, detail: "no such type", requestId: "r9" }),
      "vermilion: unknown-type: no such type (request r9)\n",
      1,
    ],
    [
      "a `Cannot` of the local platform",
      Object.assign(new Error("x"), { code: "port-taken", names: { zh: "占用", en: "taken" } }),
      "vermilion: port-taken: taken · 占用\n",
      1,
    ],
    ["a bug", new TypeError("cannot read x\n    at y (z.ts:1:1)"), "vermilion: internal: cannot read x; at y (z.ts:1:1)\n", 1],
    ["anything thrown", "text\u001b[31m", "vermilion: internal: text [31m\n", 1],
  ])("%s", (_name, error, sentence, code) => {
    const { io, written } = captured();
    io.fail(error);
    expect(written).toEqual({ out: "", err: sentence });
    expect(written.err).toMatch(oneSentence);
    expect(io.exitCode).toBe(code);
  });

  test("problems of fields are named, the first five", () => {
    const problems = Array.from({ length: 7 }, (_, at) => ({ field: `f${at}`, code: "x", detail: "wrong" }));
    const told = toldError(new ClientProblem({ code: "invalid-fields", status: 422, detail: "no", problems }));
    expect(told.sentence).toBe("no; f0: wrong; f1: wrong; f2: wrong; f3: wrong; f4: wrong; and 2 more");
  });
});

describe("output", () => {
  test("columns stand under one another, Chinese counted as wide, and no value reaches the terminal as a command", () => {
    const { io, written } = captured();
    io.table([
      ["名称", "b"],
      ["x\u001b[2J", "c"],
    ]);
    expect(written.out).toBe("名称        b\nx\\u001b[2J  c\n");
  });

  test("characters that turn the order of reading, or are not seen, are shown as what they are", () => {
    expect(shown("plan\u202efdp.exe\u2066\u200b\u{e0041}")).toBe("plan\\u202efdp.exe\\u2066\\u200b\\u{e0041}");
    expect(bilingual({ zh: "", en: "no \u202eelif\u2069" })).toBe("no  elif");
  });

  test("progress is silent for what is quick", async () => {
    const { io, written } = captured();
    expect(await io.during("working", async () => 5)).toBe(5);
    await expect(io.during("working", async () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(written.err).toBe("");
  });

  test("the same words in both languages are said once", () => {
    expect(bilingual({ zh: "a", en: "a" })).toBe("a");
  });

  test("deadlines", () => {
    expect(momentOf("30m", 1_000)).toBe(1_801_000);
    expect(momentOf("7d", 0)).toBe(604_800_000);
    expect(momentOf("2026-12-01T00:00:00Z", 0)).toBe(Date.UTC(2026, 11, 1));
    for (const bad of ["", "7", "0d", "7w", "tomorrow", "2026-13-01", "-1d"]) expect(() => momentOf(bad, 0), bad).toThrow(Failure);
  });
});

describe("verify", () => {
  const world = makeWorld();

  function handed() {
    const folder = temporaryFolder();
    const at = (name: string) => join(folder, name);
    writeFileSync(at("r.tlog-proof"), world.receiptOfEntry(world.entry));
    writeFileSync(at("r.entry.json"), world.entry.bytes);
    writeFileSync(at("policy.txt"), world.policy);
    writeFileSync(at("c.sd-jwt"), world.sdJwt);
    writeFileSync(at("genesis.json"), world.genesis);
    return at;
  }

  test("exit codes 0, 1 and 2", async () => {
    const at = handed();
    const base = ["verify", at("r.tlog-proof"), "--policy", at("policy.txt")];
    expect(await ran(...base)).toMatchObject({ code: 0, err: "" });
    expect(await ran(...base, "--sd-jwt", at("c.sd-jwt"), "--genesis", at("genesis.json"))).toMatchObject({ code: 0, err: "" });
    expect(await ran(...base, "--sd-jwt", at("c.sd-jwt"))).toMatchObject({ code: 1, err: "" });
    const tampered = readFileSync(at("r.entry.json"), "utf8").replace("A", "B");
    writeFileSync(at("r.entry.json"), tampered);
    const failed = await ran(...base, "--json");
    expect(failed.code).toBe(1);
    expect(JSON.parse(failed.out)).toMatchObject({ passed: false, integrity: { code: "entry-does-not-match" } });
    writeFileSync(at("policy.txt"), "quorum\n");
    const unreadable = await ran(...base);
    expect(unreadable).toMatchObject({ code: 2, out: "" });
    expect(unreadable.err).toMatch(/^vermilion: malformed-policy: [^\n]+\n$/);
  });
});

test("wrong usage is exit code 2 and one sentence", async () => {
  for (const args of [
    ["frobnicate"],
    ["verify"],
    ["verify", "a", "b", "--policy", "c"],
    ["issue"],
    ["read", "x", "--wait", "soon"],
    ["--frobnicate"],
  ]) {
    const { code, out, err } = await ran(...args);
    expect({ args, code, out }).toEqual({ args, code: 2, out: "" });
    expect(err).toMatch(/^vermilion: [a-z-]+: [^\n]+\n$/);
  }
});

test("which member is asked must be clear", async () => {
  const folder = temporaryFolder();
  expect(await ran("types", "--data", folder)).toMatchObject({ code: 2 });
  expect((await ran("requests", "--data", folder)).err).toMatch(/^vermilion: no-app: /);
  expect((await ran("requests", "--data", folder, "--as", "tax")).err).toMatch(
    /^vermilion: unreadable-file: .*tax-desk\.json does not exist/,
  );
  expect((await ran("requests", "--app-file", "/dev/null")).err).toMatch(/^vermilion: not-json: /);
  expect((await ran("lookup", "ab".repeat(32), "--url", "file:///etc/passwd")).err).toMatch(/^vermilion: malformed-url: /);
});

describe("help", () => {
  test("of the program lists every command", async () => {
    const { code, out, err } = await ran();
    expect({ code, err }).toEqual({ code: 0, err: "" });
    for (const { name, en } of listed) expect(out).toMatch(new RegExp(`^  ${name} .*${en.split(" ")[0]}`, "m"));
  });

  test.each(listed.map(({ name }) => name))("of %s has examples of itself", async (name) => {
    const { code, out, err } = await ran(name, "--help");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("Examples:");
    expect(out).toContain(`vermilion ${name}`);
    expect(await ran("help", name)).toEqual({ code, out, err });
  });

  test("a command without its subcommand is wrong usage", async () => {
    const { code, err } = await ran("app");
    expect(code).toBe(2);
    expect(err).toMatch(/\nvermilion: usage: a subcommand is missing · [^\n]+\n$/);
  });
});
