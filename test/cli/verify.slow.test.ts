import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { refusedWith } from "@vermilion/ledger";
import { describe, expect, test } from "vitest";
import { document, makeWorld, sdJwtBy, statusListBy } from "../client/fixtures.ts";
import { oneSentence, temporaryFolder, vermilion } from "./spawn.ts";

const world = makeWorld();

/** The files that a verifier is handed, as `vermilion receipt --entry` saves them. */
function handed(): { readonly folder: string; write(name: string, content: string | Uint8Array): string } {
  const folder = temporaryFolder();
  const write = (name: string, content: string | Uint8Array) => {
    writeFileSync(join(folder, name), content);
    return name;
  };
  write("r.tlog-proof", world.receiptOfEntry(world.entry));
  write("r.entry.json", world.entry.bytes);
  write("policy.txt", world.policy);
  write("genesis.json", world.genesis);
  write("c.sd-jwt", `${world.sdJwt}\n`);
  write("contract.pdf", document);
  return { folder, write };
}

const base = ["verify", "r.tlog-proof", "--policy", "policy.txt"];

describe("exit code 0", () => {
  test("receipt, entry beside it, SD-JWT, document, genesis, status list", async () => {
    const { folder, write } = handed();
    write("list.jwt", statusListBy(world.issuer.keys.sign, 0));
    const all = [...base, "--sd-jwt", "c.sd-jwt", "--document", "contract.pdf", "--genesis", "genesis.json", "--status-list", "list.jwt"];
    const [bare, words, json] = await Promise.all([base, all, [...all, "--json"]].map((args) => vermilion(args, { cwd: folder })));
    expect(bare).toMatchObject({ code: 0, err: "" });
    expect(words).toMatchObject({ code: 0, err: "" });
    expect(words?.out).toContain("not-revoked-as-of");
    for (const fact of ["certificates.issue", "vermilion.example/platform", "moc-filing, version 1"]) expect(words?.out).toContain(fact);
    expect(words?.out).toContain("厦门市𠮷龘国际贸易有限公司");
    const result = JSON.parse(json?.out ?? "") as Record<string, unknown>;
    expect(result).toMatchObject({
      passed: true,
      integrity: { verdict: "holds" },
      issuer: { verdict: "holds" },
      status: { verdict: "not-revoked-as-of" },
    });
  });
});

describe("exit code 1", () => {
  test("what does not hold, with the verdict on standard output", async () => {
    const { folder, write } = handed();
    write("revoked.jwt", statusListBy(world.issuer.keys.sign, 1));
    write("other.pdf", "another document");
    write("other.sd-jwt", sdJwtBy(world.issuer, { claims: { iat: 1 } }).text);
    write("refused.tlog-proof", world.receiptOfEntry(world.entry, refusedWith("unknown-type")));
    write("other-policy.txt", makeWorld().policy);
    const withSdJwt = [...base, "--sd-jwt", "c.sd-jwt"];
    const cases: Record<string, readonly string[]> = {
      "issuer unknown": withSdJwt,
      revoked: [...withSdJwt, "--genesis", "genesis.json", "--status-list", "revoked.jwt"],
      "another document": [...base, "--document", "other.pdf"],
      "another certificate": [...base, "--sd-jwt", "other.sd-jwt", "--genesis", "genesis.json"],
      "entry left out": [...withSdJwt, "--genesis", "genesis.json", "--no-entry"],
      "entry refused": ["verify", "refused.tlog-proof", "--policy", "policy.txt"],
      "another policy": ["verify", "r.tlog-proof", "--policy", "other-policy.txt"],
    };
    const results = await Promise.all(
      Object.entries(cases).map(async ([name, args]) => ({ name, ...(await vermilion(args, { cwd: folder })) })),
    );
    for (const { name, code, out, err } of results) {
      expect({ name, code, err }).toEqual({ name, code: 1, err: "" });
      expect(out, name).toContain("FAILED");
    }
    expect(results.find(({ name }) => name === "entry left out")?.out).toContain("give the entry");
  });
});

describe("exit code 2", () => {
  test("unreadable, huge and endless inputs and wrong usage: one sentence, no stack", async () => {
    const { folder, write } = handed();
    write("garbage", "\u0000\u0001 not a receipt");
    write(
      "binary",
      Uint8Array.from({ length: 3_000 }, (_, at) => (at * 37) % 256),
    );
    write("huge", new Uint8Array(40 * 1024 * 1024));
    write("empty", "");
    const cases: readonly (readonly string[])[] = [
      ["verify", "missing", "--policy", "policy.txt"],
      ["verify", ".", "--policy", "policy.txt"],
      ["verify", "garbage", "--policy", "policy.txt"],
      ["verify", "binary", "--policy", "policy.txt"],
      ["verify", "huge", "--policy", "policy.txt"],
      ["verify", "empty", "--policy", "policy.txt"],
      ["verify", "/dev/zero", "--policy", "policy.txt"],
      ["verify", "r.tlog-proof", "--policy", "missing"],
      ["verify", "r.tlog-proof", "--policy", "garbage"],
      ["verify", "r.tlog-proof", "--policy", "/dev/zero"],
      [...base, "--entry", "huge"],
      [...base, "--entry", "missing"],
      [...base, "--sd-jwt", "garbage"],
      [...base, "--sd-jwt", "huge"],
      [...base, "--genesis", "garbage"],
      [...base, "--genesis", "policy.txt"],
      [...base, "--status-list", "huge"],
      [...base, "--document", "/dev/zero"],
      [...base, "--document", "missing"],
      ["verify", "r.tlog-proof"],
      ["verify"],
      [...base, "--frobnicate"],
    ];
    for (let at = 0; at < cases.length; at += 4) {
      const ran = await Promise.all(
        cases.slice(at, at + 4).map(async (args) => ({ args: args.join(" "), ...(await vermilion(args, { cwd: folder })) })),
      );
      for (const { args, code, out, err } of ran) {
        expect({ args, code, out }).toEqual({ args, code: 2, out: "" });
        expect(err, args).toMatch(oneSentence);
      }
    }
  });
});

test("verify opens no connection and does not load the local platform", async () => {
  const { folder, write } = handed();
  const guard = write(
    "guard.mjs",
    `import net from "node:net"; import { registerHooks } from "node:module";
    net.Socket.prototype.connect = () => { console.log("CONNECTED"); process.exit(9); };
    globalThis.fetch = () => { console.log("FETCHED"); process.exit(9); };
    registerHooks({ resolve(name, context, next) {
      if (/@vermilion\\/(local|api|member|contracts|consensus)/.test(name)) { console.log("LOADED " + name); process.exit(9); }
      return next(name, context);
    } });`,
  );
  const env = { NODE_OPTIONS: `--import ./${guard}` };
  const args = [...base, "--sd-jwt", "c.sd-jwt", "--genesis", "genesis.json"];
  expect(await vermilion(args, { cwd: folder, env })).toMatchObject({ code: 0, err: "" });
  // The guard itself works: a command that goes to the network is caught.
  expect((await vermilion(["lookup", "ab".repeat(32), "--url", "http://127.0.0.1:1"], { cwd: folder, env })).code).toBe(9);
});

test("a Node that is too old is told so in one sentence", async () => {
  const old = 'Object.defineProperty(process,"versions",{value:{node:"20.1.0"}})';
  const ran = await vermilion(["--help"], { env: { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(old)}` } });
  expect(ran).toMatchObject({ code: 1, out: "" });
  expect(ran.err).toMatch(/^vermilion: node-too-old: [^\n]+\n$/);
});
