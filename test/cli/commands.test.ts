import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "@vermilion/ledger";
import { scopes } from "@vermilion/protocol";
import { expect, onTestFinished, test } from "vitest";
import { addApp, p256, startMember, testClock } from "../api/support/member.ts";
import { entryView } from "../api/support/services.ts";
import { makeWorld } from "../client/fixtures.ts";
import { inProcess, oneSentence, temporaryFolder } from "./spawn.ts";

/** The data commands against the real doors over services of fixed content. */

const hash = "ab".repeat(32);

async function place(services: Parameters<typeof startMember>[0] = {}) {
  const member = await startMember({ clock: Object.assign(testClock(), { time: Date.now() }), ...services });
  const key = p256();
  await addApp(member, "desk", [...scopes], key);
  const data = temporaryFolder();
  mkdirSync(join(data, "apps"));
  const jwk = { ...key.secret.export({ format: "jwk" }), kid: "desk-1" };
  const file = { version: 1, app: "desk", member: member.id, baseUrl: member.baseUrl, jwk, scopes: [...scopes] };
  writeFileSync(join(data, "apps", `${member.id}-desk.json`), JSON.stringify(file));
  writeFileSync(join(data, "fields.json"), JSON.stringify({ customsCode: "3502960A12" }));
  const at = (name: string) => join(data, name);
  return { member, data, at, run: (...args: readonly string[]) => inProcess([...args, "--data", data, "--operator", "李明"]) };
}

test("each data command answers in words and in JSON", async () => {
  const { data, at, run } = await place();
  const commands: readonly (readonly string[])[] = [
    ["issue", "moc-filing", at("fields.json")],
    ["complete", "1.2.156.3005.2.X", "inspection", at("fields.json")],
    [
      "request",
      "1.2.156.3005.2.X",
      "--fields",
      "customsCode",
      "--purpose",
      "customs-clearance",
      "--item",
      "import",
      "--basis",
      "policy",
      "--deadline",
      "2d",
    ],
    ["requests"],
    ["approve", `${hash}-0`],
    ["approve", `${hash}-0`, "--refuse", "--reason", "not-needed"],
    ["read", `${hash}-0`, "--wait", "0"],
    ["read", "1.2.156.3005.2.X"],
    ["trace", "1.2.156.3005.2.X"],
    ["lookup", hash],
    ["list", "--type", "moc-filing", "--status", "valid", "--missing", "inspection", "--from", "2026-01-01"],
    ["list", "--holder", `ver1${"0".repeat(40)}`, "--block", "7", "--transaction", hash],
    ["blocks"],
    ["blocks", "7"],
    ["blocks", hash],
    ["statistics", "--by", "member,day"],
    ["token"],
  ];
  for (const args of commands) {
    const [words, json] = await Promise.all([run(...args), run(...args, "--json")]);
    expect({ args, code: words.code, err: words.err }).toEqual({ args, code: 0, err: "" });
    expect(words.out.length, args.join(" ")).toBeGreaterThan(0);
    expect({ args, code: json.code, err: json.err }).toEqual({ args, code: 0, err: "" });
    expect(() => JSON.parse(json.out), args.join(" ")).not.toThrow();
  }
  const secret = await run("issue", "moc-filing", at("fields.json"), "--out", at("kept/c.sd-jwt"), "--json");
  expect(secret).toMatchObject({ code: 0 });
  expect(secret.out).not.toContain('"sdJwt"');
  expect(statSync(join(data, "kept/c.sd-jwt")).mode & 0o077).toBe(0);
  expect(readFileSync(join(data, "kept/c.sd-jwt"), "utf8")).toContain("~");
});

test("an SD-JWT that cannot be saved is shown rather than lost", async () => {
  const { data, at, run } = await place();
  writeFileSync(join(data, "file"), "");
  const ran = await run("issue", "moc-filing", at("fields.json"), "--out", at("file/c.sd-jwt"));
  expect(ran.code).toBe(2);
  expect(ran.out).toMatch(/^sd-jwt +\S+~/m);
  expect(ran.err).toMatch(/^vermilion: unwritable-file: /);
});

test("a receipt is saved with what a verifier needs, and only once it is final", async () => {
  const world = makeWorld();
  const { transactionHash, entryHash, bytes } = world.entry;
  const receipt = { transactionHash, final: true, leafIndex: 2, size: 5, receipt: world.receiptOfEntry(world.entry) };
  const entry = async () => ({ ...entryView, transactionHash, entryHash, entry: text(bytes) });
  const { data, at, run } = await place({ services: { policy: async () => world.policy, receipt: async () => receipt, entry } });
  const saved = await run(
    "receipt",
    transactionHash,
    "--out",
    at("out/r.tlog-proof"),
    "--entry",
    "--policy",
    at("out/policy.txt"),
    "--genesis",
    at("out/genesis.json"),
  );
  expect(saved).toMatchObject({ code: 0, err: "" });
  for (const name of ["r.tlog-proof", "r.entry.json", "policy.txt", "genesis.json"])
    expect(existsSync(join(data, "out", name)), name).toBe(true);
  const genesis = JSON.parse(readFileSync(join(data, "out/genesis.json"), "utf8")) as { version: number; entry: unknown; header: unknown };
  expect(genesis).toMatchObject({ version: 1, entry: expect.any(String), header: expect.any(String) });

  const ofAnother = await run("receipt", hash, "--out", at("another.tlog-proof"));
  expect(ofAnother).toMatchObject({ code: 1, out: "" });
  expect(ofAnother.err).toContain("vermilion: receipt-does-not-hold: ");
  expect(existsSync(join(data, "another.tlog-proof"))).toBe(false);

  const notYet = { ...receipt, final: false, receipt: "not yet" };
  const early = await place({ services: { receipt: async () => notYet } });
  const ran = await early.run("receipt", hash, "--out", early.at("r.tlog-proof"), "--wait", "1");
  expect(ran).toMatchObject({ code: 1, out: "" });
  expect(ran.err).toContain("vermilion: not-final-yet: ");
  expect(existsSync(join(early.data, "r.tlog-proof"))).toBe(false);
});

test("what belongs together is asked together: exit code 2", async () => {
  const { at, run } = await place();
  for (const words of [
    ["list", "--block", "7"],
    ["list", "--holder", `ver1${"0".repeat(40)}`, "--transaction", hash],
    ["lookup", hash, "--out", at("receipt.json")],
  ]) {
    const ran = await run(...words);
    expect({ words, code: ran.code, out: ran.out }).toEqual({ words, code: 2, out: "" });
    expect(ran.err).toMatch(oneSentence);
  }
  expect(existsSync(at("receipt.json"))).toBe(false);
});

test("refusals, and a member that is down, answers garbage or never: one sentence and exit code 1", async () => {
  const refusing = { issueCertificate: async () => ({ refused: "unknown-type", detail: "no type x" }) };
  const { at, run } = await place({ services: refusing });
  const refused = await run("issue", "x", at("fields.json"));
  expect(refused).toMatchObject({ code: 1, out: "" });
  expect(refused.err).toMatch(/^vermilion: unknown-type: [^\n]+\n$/);

  const garbage = createServer((_request, response) => void response.end("<html>hello</html>"));
  await new Promise<void>((resolve) => garbage.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void garbage.close());
  const { port } = garbage.address() as AddressInfo;
  const [down, garbled] = await Promise.all([
    inProcess(["lookup", hash, "--url", "http://127.0.0.1:1"]),
    inProcess(["lookup", hash, "--url", `http://127.0.0.1:${port}`]),
  ]);
  expect(down).toMatchObject({ code: 1, out: "" });
  expect(down.err).toMatch(/vermilion: unreachable: [^\n]+\n$/);
  expect(garbled).toMatchObject({ code: 1, out: "" });
  expect(garbled.err).toMatch(oneSentence);
});

test("fields that are no JSON object, twice a key, too deep, too large: exit code 2 before anything is sent", async () => {
  const { data, at, member, run } = await place();
  const inputs = {
    "not.json": "{",
    "list.json": "[]",
    "twice.json": '{"a":1,"a":2}',
    "float.json": '{"a":1.5}',
    "deep.json": `${"[".repeat(1000)}`,
    "large.json": `{"a":"${"x".repeat(2_000_000)}"}`,
    "binary.json": Uint8Array.of(0x7b, 0xff, 0x7d),
  };
  for (const [name, content] of Object.entries(inputs)) writeFileSync(join(data, name), content);
  const names = [...Object.keys(inputs).map(at), at("missing.json"), data, "/dev/zero"];
  for (const name of names) {
    const ran = await run("issue", "moc-filing", name);
    expect({ name, code: ran.code, out: ran.out }).toEqual({ name, code: 2, out: "" });
    expect(ran.err, name).toMatch(oneSentence);
  }
  expect(member.log.filter(({ event }) => event === "call")).toEqual([]);
});
