import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Services } from "@vermilion/member/services";
import { scopes } from "@vermilion/protocol";
import { expect, test } from "vitest";
import { addApp, p256, startMember, testClock } from "../api/support/member.ts";
import { inProcess, oneSentence, temporaryFolder, vermilion } from "./spawn.ts";

/** `vermilion file …` against the real doors over services of fixed content; the journey runs it against whole members. */

const hash = "ab".repeat(32);

async function place(services: Partial<Services> = {}) {
  const member = await startMember({ clock: Object.assign(testClock(), { time: Date.now() }), services });
  const key = p256();
  await addApp(member, "desk", [...scopes], key);
  const data = temporaryFolder();
  mkdirSync(join(data, "apps"));
  const jwk = { ...key.secret.export({ format: "jwk" }), kid: "desk-1" };
  const file = { version: 1, app: "desk", member: member.id, baseUrl: member.baseUrl, jwk, scopes: [...scopes] };
  writeFileSync(join(data, "apps", `${member.id}-desk.json`), JSON.stringify(file));
  const path = join(data, "plan.PDF");
  writeFileSync(path, "a plan");
  return {
    data,
    path,
    state: `${path}.vermilion-upload`,
    run: (...args: readonly string[]) => inProcess(["file", ...args, "--data", data]),
  };
}

test("put prints root, transaction and value, in words and in JSON, and leaves no state", async () => {
  const { path, state, run } = await place();
  const words = await run("put", path);
  expect(words).toMatchObject({ code: 0, err: "the value holds the key of the file · 该值含有文件密钥，请妥善保管\n" });
  expect(words.out).toMatch(/^file +[0-9a-f]{64}$/m);
  expect(words.out).toMatch(/^size +22 bytes encrypted, 1 chunk$/m);
  expect(words.out).toMatch(/^transaction +(ab){32}$/m);
  expect(words.out).toMatch(/^value +vermilion-file\/1 [0-9a-f]{64} 22 application\/pdf [A-Za-z0-9_-]{43} plan\.PDF$/m);
  const json = await run("put", path, "--name", "方案.txt", "--media-type", "text/plain", "--json");
  expect(JSON.parse(json.out)).toMatchObject({ status: "committed", size: 22, chunks: 1, value: expect.stringContaining(" text/plain ") });
  expect(existsSync(state)).toBe(false);
});

test("a put that fails keeps its state for its owner alone, and the next one goes on with it", async () => {
  let isFull = true;
  const sendChunk: Services["sendChunk"] = async ({ file, chunk }) =>
    isFull ? { refused: "chunk-does-not-match", detail: "x" } : { file, chunk };
  const { path, state, run } = await place({ sendChunk });
  const failed = await run("put", path);
  expect(failed).toMatchObject({ code: 1, out: "" });
  expect(failed.err).toMatch(oneSentence);
  expect(statSync(state).mode & 0o077).toBe(0);
  const { file } = JSON.parse(readFileSync(state, "utf8")) as { readonly file: string };
  isFull = false;
  const again = await run("put", path, "--json");
  expect(JSON.parse(again.out)).toMatchObject({ file });
  expect(existsSync(state)).toBe(false);
});

test("the value of a file comes by standard input, where no other user of the computer sees it", async () => {
  const { data, path, run } = await place();
  const { value } = JSON.parse((await run("put", path, "--json")).out) as { readonly value: string };
  const args = ["file", "get", "--data", data, "--out", join(data, "out.pdf"), "--value"];
  const [given, read] = [await vermilion([...args, value]), await vermilion([...args, "-"], { input: `${value}\n` })];
  // The services of this member hold another file: what matters is that both were asked for the same.
  expect(read).toEqual(given);
  expect(read.err).not.toContain("usage");
  const none = await vermilion([...args, "-"], { input: "no value\n" });
  expect(none.err).not.toBe(read.err);
  expect((await run("get", "--help")).out).toContain("standard input");
});

test("show and get, and what is wrong usage or no usable file", async () => {
  const { data, path, state, run } = await place();
  expect((await run("show", hash)).out).toContain("8388608");
  expect(JSON.parse((await run("show", hash, "--json")).out)).toMatchObject({ owner: "tax", file: hash });
  const out = join(data, "out.pdf");
  const got = await run("get", `${hash}-0`, "document", "--out", out);
  expect(got).toMatchObject({ code: 1, out: "" });
  expect(got.err).toMatch(/^vermilion: file-answer-wrong: /);
  expect(existsSync(out)).toBe(false);
  writeFileSync(state, "{}");
  for (const args of [
    ["put", join(data, "missing.pdf")],
    ["put", data],
    ["put", path],
    ["get", "--out", out],
    ["get", `${hash}-0`, "--out", out],
    ["get", `${hash}-0`, "document", "--value", "x", "--out", out],
    ["get", `${hash}-0`, "document"],
  ]) {
    const ran = await run(...args);
    expect({ args, code: ran.code, out: ran.out }).toEqual({ args, code: 2, out: "" });
    expect(ran.err).toMatch(oneSentence);
  }
});
