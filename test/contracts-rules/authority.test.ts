import { operationCall, operations } from "@vermilion/contracts";
import { describe, expect, test } from "vitest";
import { accountProof, foundArgumentsOf, makeKey, type TestKey } from "../support/entries.ts";
import { outcomeOf } from "./chain.ts";
import { LifeWorld } from "./life-world.ts";
import { type Call, World } from "./world.ts";

/** Every operation tried by everybody: who may is told here once more, independently of the code. */

const world = new LifeWorld();
const pending = world.opened("tax");
const allowed = world.opened("tax");
world.act("platform", world.decide(allowed));
const second = new World();

const AUTHORS: Record<string, TestKey> = {
  platform: world.key("platform"),
  inspection: world.key("inspection"),
  customs: world.key("customs"),
  tax: world.key("tax"),
  holder: world.holder.key,
  verifier: world.verifier.key,
  "a stranger": makeKey("P-256"),
  "a member of another chain": second.key("platform"),
};

interface Row {
  readonly call: (author: string) => Call;
  /** Authors that may. */
  readonly may: readonly string[];
  /** What members that may not are told. */
  readonly members?: string;
  /** Outcomes by kind of account, where accounts may at all. */
  readonly accounts?: { readonly holder?: string; readonly verifier?: string };
}

const only = (operation: Call["operations"][number]): Call => ({ operations: [operation], attachments: [] });
const newKey = makeKey("P-256");
const registerAt = (author: string): Call => {
  const [kind, name] = ["holder", "李雷"] as const;
  const proof = accountProof(newKey, { chain: world.id, kind, name, member: author });
  return only(operationCall("accounts.register", { kind, name, jwk: newKey.jwk, proof }));
};

const ROWS: Record<string, Row> = {
  "consortium.found": {
    call: () => only(operationCall("consortium.found", foundArgumentsOf(world.members))),
    may: [],
    members: "already-founded",
  },
  "consortium.activate": { call: () => only(world.activate("types", 2, world.height + 5)), may: [], members: "not-a-majority" },
  "consortium.rejoin": {
    call: () => only(operationCall("consortium.rejoin", { member: "platform" })),
    may: ["platform"],
    members: "not-the-member",
  },
  "types.define": { call: () => world.define({ version: 2 }), may: ["platform"], members: "not-the-type-owner" },
  "certificates.issue": { call: () => world.issue(), may: ["platform"], members: "not-an-issuer" },
  "certificates.complete": {
    call: () => world.complete({ certificate: issued }),
    may: ["inspection"],
    members: "not-a-completer",
  },
  "certificates.renew": { call: () => world.renew({ replaces: issued }), may: ["platform"], members: "not-the-certificate-issuer" },
  "certificates.correct": { call: () => world.correct({ certificate: issued }), may: ["platform"], members: "not-the-owner" },
  "certificates.suspend": { call: () => world.change("suspend", issued), may: ["platform"], members: "not-the-certificate-issuer" },
  "certificates.resume": { call: () => world.change("resume", suspended), may: ["platform"], members: "not-the-certificate-issuer" },
  "certificates.revoke": { call: () => world.change("revoke", issued), may: ["platform"], members: "not-the-certificate-issuer" },
  "certificates.receive": {
    call: (author) => world.receive(undefined, author === "holder" || author === "verifier" ? { by: null } : {}),
    may: ["platform"],
    members: "not-the-holder",
    accounts: { holder: "applied" },
  },
  "evidence.deposit": { call: () => world.deposit(), may: ["platform", "inspection", "customs", "tax"] },
  "requests.open": { call: () => world.open(), may: ["inspection", "customs", "tax"], members: "own-record" },
  "requests.decide": { call: () => world.decide(pending), may: ["platform"], members: "not-the-owner" },
  "grants.give": { call: () => world.give(allowed), may: ["platform"], members: "not-the-owner" },
  "accounts.register": { call: registerAt, may: ["platform", "inspection", "customs", "tax"] },
  "verifications.record": {
    call: (author) => world.record(author === "holder" || author === "verifier" ? { by: null } : {}),
    may: ["platform", "inspection", "customs", "tax"],
    accounts: { verifier: "applied" },
  },
  "files.register": { call: (author) => world.file(`of ${author}`), may: ["platform", "inspection", "customs", "tax"] },
};

const issued = world.identifier("D4");
world.act("platform", world.issue({ certificate: issued }));
const suspended = world.identifier("E5");
world.act("platform", world.issue({ certificate: suspended }));
world.act("platform", world.change("suspend", suspended));

function expected(row: Row, operation: string, author: string): string {
  if (author === "a stranger" || author === "a member of another chain") return "refused:unknown-key";
  if (operation === "consortium.found") return "refused:already-founded";
  if (author === "holder" || author === "verifier")
    return row.accounts === undefined ? "refused:not-a-member" : (row.accounts[author] ?? "refused:wrong-account-kind");
  return row.may.includes(author) ? "applied" : `refused:${row.members}`;
}

test("the table has every operation", () => {
  expect(Object.keys(ROWS).sort()).toEqual([...new Set(operations.map(({ contract, operation }) => `${contract}.${operation}`))].sort());
});

describe.each(Object.entries(ROWS))("%s", (operation, row) => {
  test.each(Object.entries(AUTHORS))("by %s", (author, key) => {
    const call = row.call(author);
    const entry = world.entry([key], call.operations, { attachments: call.attachments });
    expect(world.whole([entry]).results.map(outcomeOf)).toEqual([expected(row, operation, author)]);
  });

  const without = row.may.length === 0 ? [] : ["holder", "tax"].filter((author) => !row.may.includes(author));
  test.each(without)("a further signature by one who may does not lend his right to %s", (author) => {
    const call = row.call(author);
    const keys = [author, row.may[0] ?? ""].map((name) => AUTHORS[name]).filter((key) => key !== undefined);
    expect(keys).toHaveLength(2);
    const entry = world.entry(keys, call.operations, { attachments: call.attachments });
    expect(world.whole([entry]).results.map(outcomeOf)).toEqual([expected(row, operation, author)]);
  });
});
