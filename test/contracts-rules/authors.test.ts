import { acts, addressOf, dayOf, evidenceSubject, operationCall, operations, stateKeys, subjectsOf, timesOf } from "@vermilion/contracts";
import { judgeAuthor } from "@vermilion/contracts/operation/authors";
import { describe, expect, test } from "vitest";
import { crypto, makeKey } from "../support/entries.ts";
import { LifeWorld } from "./life-world.ts";
import { both, type Call } from "./world.ts";

/** Entries by accounts and by several together: the first signer is the author, by his own key. */

const act = (world: LifeWorld, keys: Parameters<LifeWorld["submit"]>[0], call: Call) =>
  world.submit(keys, call.operations, { attachments: call.attachments });

describe("a holder's own entry", () => {
  test("acknowledges a certificate; the trace names the holder, and no app", () => {
    const world = new LifeWorld();
    const position = { height: world.height, index: 0, operation: 0 };
    expect(act(world, [world.holder.key], world.receive(undefined, { by: null }))).toBe("applied");
    const who = { kind: "account", id: world.holder.address };
    for (const key of [stateKeys.life(world.certificate, position), stateKeys.trace(world.certificate, position)]) {
      const row = world.state.get(key);
      expect(row).toMatchObject({ kind: "received", who });
      expect(row).not.toHaveProperty("by");
    }
    expect(world.certificateRow().received).toMatchObject({ document: world.document() });
  });

  test("is counted for the member that has registered the account", () => {
    const world = new LifeWorld();
    expect(act(world, [world.holder.key], world.receive(undefined, { by: null }))).toBe("applied");
    expect(world.row(stateKeys.day(dayOf(world.time), "platform", "registration"))).toMatchObject({ received: 1 });
  });

  test("with an app, with a proof beside its signature, of another holder's certificate", () => {
    const world = new LifeWorld();
    const other = world.register("holder", "李雷");
    const [key] = [world.holder.key];
    expect(act(world, [key], world.receive(undefined))).toBe("refused:malformed-arguments");
    expect(act(world, [key], world.receive(key, { by: null }))).toBe("refused:bad-proof");
    expect(act(world, [other.key], world.receive(undefined, { by: null }))).toBe("refused:not-the-holder");
    expect(world.act("platform", world.receive(undefined, { by: null }))).toBe("refused:malformed-arguments");
    expect(world.certificateRow().received).toBeUndefined();
  });

  test("uses up ids and refusals of its own, not those of the member that serves it", () => {
    const world = new LifeWorld();
    const call = world.receive(world.holder.key, { by: null });
    const quota = (key: { readonly thumbprint: string }) => world.row(stateKeys.quota(key.thumbprint))?.refused;
    expect(act(world, [world.holder.key], call)).toBe("refused:bad-proof");
    expect([quota(world.holder.key), quota(world.key("platform"))]).toEqual([1, undefined]);
  });

  test("is all or none, also where one of its operations is a member's", () => {
    const world = new LifeWorld();
    expect(act(world, [world.holder.key], both(world.receive(undefined, { by: null }), world.open()))).toBe("refused:not-a-member");
    expect(world.certificateRow().received).toBeUndefined();
  });
});

describe("a verifier's own entry", () => {
  test("records what it found, in its own name", () => {
    const world = new LifeWorld();
    const position = { height: world.height, index: 0, operation: 0 };
    expect(act(world, [world.verifier.key], world.record({ by: null }))).toBe("applied");
    expect(world.row(stateKeys.trace(world.certificate, position))).toMatchObject({
      kind: "verified",
      who: { kind: "account", id: world.verifier.address },
    });
    expect(world.row(stateKeys.day(dayOf(world.time), "platform", "registration"))).toMatchObject({ verified: 1 });
  });

  test("names neither an app nor an account: it speaks for itself alone", () => {
    const world = new LifeWorld();
    expect(act(world, [world.verifier.key], world.record())).toBe("refused:malformed-arguments");
    const named = world.record({ by: null, verifier: world.verifier.address });
    expect(act(world, [world.verifier.key], named)).toBe("refused:malformed-arguments");
  });
});

describe("several signers", () => {
  test("the first one is the author; the others sign with him and lend nothing", () => {
    const world = new LifeWorld();
    const call = world.receive(undefined, { by: null });
    expect(act(world, [world.verifier.key, world.holder.key], call)).toBe("refused:wrong-account-kind");
    expect(act(world, [world.holder.key, world.key("tax")], call)).toBe("applied");
  });

  test("each of them has to be known", () => {
    const world = new LifeWorld();
    expect(act(world, [world.holder.key, makeKey("P-256")], world.receive(undefined, { by: null }))).toBe("refused:unknown-key");
  });
});

describe("members of an epoch", () => {
  const without = (world: LifeWorld, id: string, from: number) => {
    const epochs = world.row(stateKeys.epochs()) ?? [];
    const [first] = epochs;
    if (first === undefined) throw new Error("no epoch");
    const members = first.members.filter((member) => member.id !== id);
    world.state.set(stateKeys.epochs(), [...epochs, { ...first, epoch: 2, from, members }]);
  };

  test("who is no member of the block's epoch authors nothing, from its first height on", () => {
    const world = new LifeWorld();
    without(world, "tax", world.height + 1);
    expect(world.act("tax", world.open())).toBe("applied");
    expect(world.act("tax", world.open())).toBe("refused:not-a-member");
    expect(world.act("customs", world.open())).toBe("applied");
  });

  test("a majority is one of the members of the block's epoch", () => {
    const world = new LifeWorld();
    const activate = () => [world.activate("types", 2, world.height + 90)];
    const two = [world.key("platform"), world.key("customs")];
    expect(world.submit(two, activate())).toBe("refused:not-a-majority");
    without(world, "inspection", world.height);
    expect(world.submit([world.key("platform"), world.key("inspection")], activate())).toBe("refused:not-a-majority");
    expect(world.submit(two, activate())).toBe("applied");
  });
});

test("a rule that no member may, tells a member so", () => {
  const world = new LifeWorld();
  const entry = world.made("tax", world.open());
  const [view, block] = [world.view(), world.block];
  expect(judgeAuthor(["holder"], { view, block, entry })).toMatchObject({ refused: "not-an-account" });
  expect(judgeAuthor(["member", "holder"], { view, block, entry })).toMatchObject({ author: { kind: "member", id: "tax" } });
});

describe("what a row says of itself", () => {
  test("no act is of two operations", () => {
    const names = operations.flatMap((row) => row.acts.map(({ act }) => act));
    expect(new Set(names).size).toBe(names.length);
    expect([...acts.keys()].sort()).toEqual(names.sort());
  });

  test("every act that execution counts is one that a row names, of the operation that was run", () => {
    const world = new LifeWorld();
    const request = world.opened("tax");
    for (const [member, call] of [
      ["platform", () => world.decide(request)],
      ["platform", () => world.give(request)],
      ["tax", () => world.record()],
      ["platform", () => world.correct()],
      ["platform", () => world.change("suspend")],
      ["platform", () => world.change("resume")],
      ["platform", () => world.receive(undefined)],
      ["customs", () => world.deposit()],
      ["platform", () => world.renew()],
    ] as const)
      expect(world.act(member, call())).toBe("applied");
    expect(world.act("platform", world.change("revoke", world.identifier("A1", { version: 2 })))).toBe("applied");
    const counted = new Set(world.keysUnder("day/").flatMap((key) => Object.keys(world.state.get(key) ?? {})));
    expect([...counted].sort()).toEqual([...acts.keys()].sort());
    expect(acts.get("used-details")).toEqual({ act: "used-details", of: "reader", way: "details", operation: "grants.give" });
    expect(acts.get("issued")).toEqual({ act: "issued", of: "author", operation: "certificates.issue" });
    expect(world.row(stateKeys.day(dayOf(world.time), "customs", evidenceSubject))).toEqual({ deposited: 3 });
  });

  test("what an operation changed is told by its row; what no row takes changed nothing", () => {
    const world = new LifeWorld();
    const hash = "ab".repeat(32);
    const of = (call: Call) => subjectsOf(hash, call.operations, crypto);
    expect(of(world.open())).toEqual([
      { kind: "request", id: `${hash}-0` },
      { kind: "certificate", id: world.certificate },
    ]);
    expect(of(both(world.receive(undefined), world.deposit()))).toEqual([
      { kind: "certificate", id: world.certificate },
      { kind: "evidence", id: `${hash}-1` },
    ]);
    const key = makeKey("P-256");
    const proof = { payload: "e", signatures: [{ protected: "e", signature: "e" }] } as const;
    const register = operationCall("accounts.register", { kind: "holder", name: "李雷", jwk: key.jwk, proof });
    expect(subjectsOf(hash, [register], crypto)).toEqual([{ kind: "account", id: addressOf(key.thumbprint, crypto) }]);
    expect(subjectsOf(hash, [{ contract: "requests", operation: "open", arguments: {} }], crypto)).toEqual([]);
    expect(subjectsOf(hash, [{ contract: "nothing", operation: "open", arguments: {} }], crypto)).toEqual([]);
    expect([world.deposit(), world.open()].map(({ operations: [call] }) => call && timesOf(call))).toEqual([3, 1]);
  });
});
