import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { finish, newDraft } from "@vermilion/aws/founding/drafts";
import { chainRules } from "@vermilion/member/rules";
import { nativeCrypto } from "@vermilion/node";
import { signDraft } from "@vermilion/node/founding/draft";
import { makeStatement } from "@vermilion/node/founding/statement";
import { beforeEach, expect, test, vi } from "vitest";
import { makeMember } from "../support/entries.ts";
import { memoryKeys } from "../support/memory-keys.ts";
import { inProcess, oneSentence, temporaryFolder } from "./spawn.ts";

/** A founding that its one member has signed, with what installing it saves. */
async function founding() {
  const { id, uscc, ...identity } = makeMember("customs");
  const keys = memoryKeys({ id, uscc, ...identity });
  const names = { zh: id, en: id };
  const statement = await makeStatement({ id, names, uscc, url: "https://customs.example" }, keys, nativeCrypto);
  const made = newDraft({ name: "e.example", names }, [statement]);
  if ("refused" in made) throw new Error(made.detail);
  const draft = await signDraft(made.draft, keys, nativeCrypto, chainRules);
  if ("refused" in draft) throw new Error(draft.detail);
  const finished = finish(draft);
  if ("refused" in finished) throw new Error(finished.detail);
  return { draft, genesis: JSON.stringify(finished.genesis), policy: finished.policy };
}

const asked = vi.hoisted(() => [] as unknown[]);
vi.mock("@vermilion/aws/operator/ask", () => ({
  StackUnreachable: class extends Error {},
  askOperator: async (_stack: string, request: unknown) => {
    asked.push(request);
    return { ok: true, value: { chain: "c", members: [] } };
  },
}));
beforeEach(() => {
  asked.length = 0;
});

test("install saves genesis and policy beside the draft, as often as it is asked", async () => {
  const { draft, genesis, policy } = await founding();
  const folder = temporaryFolder();
  writeFileSync(join(folder, "founding.json"), JSON.stringify(draft));
  for (let time = 1; time <= 2; time++) {
    expect(await inProcess(["install", join(folder, "founding.json"), "--stack", "a-stack"])).toMatchObject({ code: 0, err: "" });
    expect(asked).toHaveLength(time);
  }
  expect(JSON.parse(readFileSync(join(folder, "genesis.json"), "utf8"))).toEqual(JSON.parse(genesis));
  expect(readFileSync(join(folder, "policy.txt"), "utf8")).toBe(policy);
});

test("install replaces neither genesis nor policy of another consortium, and asks no member then", async () => {
  const [one, other] = [await founding(), await founding()];
  for (const [name, text] of [
    ["genesis.json", other.genesis],
    ["genesis.json", "not a genesis"],
    ["policy.txt", other.policy],
  ] as const) {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "founding.json"), JSON.stringify(one.draft));
    writeFileSync(join(folder, name), text);
    const ran = await inProcess(["install", join(folder, "founding.json"), "--stack", "a-stack"]);
    expect(ran).toMatchObject({ code: 1, out: "" });
    expect(ran.err).toMatch(oneSentence);
    expect(ran.err).toContain(`another-genesis-here: ${join(folder, name)} `);
    expect(readFileSync(join(folder, name), "utf8")).toBe(text);
  }
  expect(asked).toEqual([]);
});
