import { limits, operationCall, stateKeys } from "@vermilion/contracts";
import { describe, expect, test } from "vitest";
import { entryOf, makeKey } from "../support/entries.ts";
import { outcomeOf } from "./chain.ts";
import { both, World } from "./world.ts";

const ID = "00112233445566778899aabbccddeeff";

describe("what is asked of every entry", () => {
  test("an (author, id) is consumed by an applied entry", () => {
    const world = new World();
    const { operations, attachments } = world.issue();
    expect(world.submit([world.key("platform")], operations, { attachments, id: ID })).toBe("applied");
    expect(world.row(stateKeys.used(world.key("platform").thumbprint, ID))?.height).toBe(world.height - 1);
    const again = world.entry([world.key("platform")], world.define({ version: 2 }).operations, { id: ID });
    const executed = world.whole([again]);
    expect(executed.results.map(outcomeOf)).toEqual(["refused:duplicate-entry"]);
    expect(executed.writes).toEqual([]);
    // Another author has ids of his own.
    expect(world.submit([world.key("customs")], world.open().operations, { id: ID })).toBe("applied");
  });

  test("a refused entry consumes its id and counts, and changes nothing else", () => {
    const world = new World();
    const { operations, attachments } = world.issue({ holder: `ver1${"0".repeat(40)}` });
    const entry = world.entry([world.key("platform")], operations, { attachments, id: ID });
    const executed = world.whole([entry]);
    const author = world.key("platform").thumbprint;
    expect(executed.results.map(outcomeOf)).toEqual(["refused:unknown-account"]);
    expect(executed.writes).toEqual([
      { key: `quota/${author}`, value: { hour: Math.floor(world.time / 3_600_000), refused: 1 } },
      { key: `used/${author}/${ID}`, value: { transaction: entry.transactionHash, height: world.height } },
    ]);
    world.accept(executed);
    const good = world.issue();
    expect(world.submit([world.key("platform")], good.operations, { attachments: good.attachments, id: ID })).toBe(
      "refused:duplicate-entry",
    );
  });

  test("the same entry twice in one block", () => {
    const world = new World();
    const entry = world.made("platform", world.issue());
    expect(world.commit([entry, entry])).toEqual(["applied", "refused:duplicate-entry"]);
  });

  test("the operations of an entry apply all or none", () => {
    const world = new World();
    const call = both(world.issue(), world.issue({ certificate: world.identifier("C3"), fields: ["name"] }));
    const before = new Map(world.state);
    expect(world.act("platform", call)).toBe("refused:missing-field");
    const changed = [...world.state.keys()].filter((key) => world.state.get(key) !== before.get(key));
    expect(changed.every((key) => key.startsWith("used/") || key.startsWith("quota/"))).toBe(true);
    expect(world.act("platform", both(world.issue(), world.issue({ certificate: world.identifier("C3") })))).toBe("applied");
    expect(world.row(stateKeys.certificate(world.identifier("C3")))?.status).toBe("valid");
  });

  test("time: until before the block, time ahead of the block", () => {
    const world = new World();
    const operations = world.define({ version: 2 }).operations;
    const by = [world.key("platform")];
    expect(world.submit(by, operations, { time: world.time - 1000, until: world.time - 1 })).toBe("refused:expired");
    expect(world.submit(by, operations, { time: world.time + limits.aheadMsMax + 1 })).toBe("refused:entry-from-the-future");
    expect(world.submit(by, operations, { time: world.time + limits.aheadMsMax })).toBe("applied");
    expect(world.submit(by, world.define({ version: 3 }).operations, { time: world.time - 1000, until: world.time })).toBe("applied");
  });

  test("an entry of another chain leaves nothing", () => {
    const world = new World();
    for (const chain of ["a".repeat(64), "genesis"]) {
      const entry = entryOf(chain, [world.key("platform")], world.issue().operations, { time: world.time });
      const executed = world.whole([entry]);
      expect(executed.results.map(outcomeOf)).toEqual(["refused:entry-of-another-chain"]);
      expect(executed.writes).toEqual([]);
    }
  });

  test("an unknown key leaves nothing, as author and as further signer", () => {
    const world = new World();
    const stranger = makeKey("P-256");
    for (const keys of [[stranger], [world.key("platform"), stranger]]) {
      const executed = world.whole([world.entry(keys, world.define({ version: 2 }).operations)]);
      expect(executed.results.map(outcomeOf)).toEqual(["refused:unknown-key"]);
      expect(executed.writes).toEqual([]);
    }
  });

  test("a revoked key, and a member that is no longer active", () => {
    const world = new World();
    const key = stateKeys.key(world.key("tax").thumbprint);
    const row = world.row(key);
    world.state.set(key, { jwk: world.key("tax").jwk, owner: { kind: "member", id: "tax" }, status: "revoked" });
    expect(world.act("tax", world.open())).toBe("refused:revoked-key");
    expect(world.submit([world.key("platform"), world.key("tax")], world.define({ version: 2 }).operations)).toBe("refused:revoked-key");
    world.state.set(key, { ...row, status: "active" });
    expect(world.act("tax", world.open())).toBe("applied");
    world.state.set("member/tax", { ...world.row(stateKeys.member("tax")), status: "inactive" });
    expect(world.act("tax", world.open())).toBe("refused:revoked-key");
  });

  test("refusals of an hour are counted, and past the limit everything of that author is refused until the next hour", () => {
    const world = new World();
    const author = world.key("tax").thumbprint;
    const hour = Math.floor(world.time / 3_600_000);
    world.state.set(stateKeys.quota(author), { hour, refused: limits.refusalsPerHourMax - 1 });
    expect(world.act("tax", world.open({ fields: ["none"] }))).toBe("refused:unknown-field");
    expect(world.act("tax", world.open())).toBe("refused:too-many-refusals");
    expect(world.row(stateKeys.quota(author))).toEqual({ hour, refused: limits.refusalsPerHourMax });
    expect(world.act("customs", world.open())).toBe("applied");
    world.time = (hour + 1) * 3_600_000;
    expect(world.act("tax", world.open())).toBe("applied");
  });

  test("operations that do not exist, also where a name is one of JavaScript's own", () => {
    const world = new World();
    const by = [world.key("platform")];
    for (const [contract, operation] of [
      ["types", "destroy"],
      ["nothing", "define"],
      ["constructor", "constructor"],
      ["types", "constructor"],
    ]) {
      const call = { contract: contract ?? "", operation: operation ?? "", arguments: {} };
      expect(world.submit(by, [call])).toBe("refused:unknown-operation");
    }
  });

  test("malformed arguments: missing, surplus, of another type, too long, too many", () => {
    const world = new World();
    const [call] = world.open().operations;
    if (call === undefined) throw new Error("no call");
    const { part, ...without } = call.arguments;
    expect(part).toBe("main");
    const bad = [
      without,
      { ...call.arguments, surplus: 1 },
      { ...call.arguments, deadline: "soon" },
      { ...call.arguments, purpose: "a".repeat(65) },
      { ...call.arguments, purpose: "Free text" },
      { ...call.arguments, by: { app: "e-port", operator: "line\nbreak" } },
      { ...call.arguments, fields: [] },
      { ...call.arguments, fields: ["name", "name"] },
      { ...call.arguments, fields: Array.from({ length: 201 }, (_, at) => `f${at}`) },
      { ...call.arguments, way: "check" },
    ];
    for (const given of bad) expect(world.submit([world.key("tax")], [{ ...call, arguments: given }])).toBe("refused:malformed-arguments");
  });
});

describe("versions of rules", () => {
  const majority = (world: World) => [world.key("platform"), world.key("customs"), world.key("tax")];

  test("a version that this code does not know is told as such once it is in force, and nothing is written", () => {
    const world = new World();
    const from = world.height + 2;
    expect(world.submit(majority(world), [world.activate("types", 2, from)])).toBe("applied");
    expect(world.submit([world.key("platform")], world.define({ version: 2 }).operations)).toBe("applied");
    expect(world.height).toBe(from);
    const entries = [world.made("customs", world.open()), world.made("platform", world.define({ version: 3 }))];
    const executed = world.whole(entries);
    expect(executed.results.map(outcomeOf)).toEqual(["applied", "rules-unknown:types/2"]);
    expect(executed.results[1]).toEqual({ rulesUnknown: true, contract: "types", version: 2 });
    expect(executed.writes).toEqual(world.whole(entries.slice(0, 1)).writes);
    // Also as the second operation, after one that would be refused: a member that knows the rules might see it otherwise.
    const mixed = world.made("platform", both(world.open({ fields: ["none"] }), world.define({ version: 3 })));
    expect(world.whole([mixed]).results.map(outcomeOf)).toEqual(["rules-unknown:types/2"]);
  });

  test("a contract that this code does not have", () => {
    const world = new World();
    const entry = () => world.entry([world.key("platform")], [{ contract: "points", operation: "give", arguments: {} }]);
    expect(world.commit([entry()])).toEqual(["refused:unknown-operation"]);
    expect(world.submit(majority(world), [world.activate("points", 1, world.height + 1)])).toBe("applied");
    expect(world.whole([entry()]).results.map(outcomeOf)).toEqual(["rules-unknown:points/1"]);
  });

  test("activation is for the next version, at a later height, by more than half of the members", () => {
    const world = new World();
    const { height } = world;
    expect(world.submit(majority(world), [world.activate("types", 3, height + 9)])).toBe("refused:version-out-of-order");
    expect(world.submit(majority(world), [world.activate("types", 1, height + 9)])).toBe("refused:version-out-of-order");
    expect(world.submit(majority(world), [world.activate("types", 2, world.height)])).toBe("refused:height-in-the-past");
    expect(world.submit(majority(world).slice(0, 2), [world.activate("types", 2, height + 9)])).toBe("refused:not-a-majority");
    const padded = [world.key("platform"), world.key("customs"), world.holder.key, world.verifier.key];
    expect(world.submit(padded, [world.activate("types", 2, height + 9)])).toBe("refused:not-a-majority");
    expect(world.submit(majority(world), [world.activate("types", 2, height + 90)])).toBe("applied");
    expect(world.submit(majority(world), [world.activate("types", 3, height + 90)])).toBe("refused:height-in-the-past");
    expect(world.submit(majority(world), [world.activate("types", 3, height + 91)])).toBe("applied");
    expect(world.row(stateKeys.rules("types"))).toEqual([
      { version: 1, height: 0 },
      { version: 2, height: height + 90 },
      { version: 3, height: height + 91 },
    ]);
  });

  test("the call of an operation is split at its one dot", () => {
    const call = operationCall("consortium.activate", { contract: "types", version: 2, height: 7 });
    expect(call).toEqual({ contract: "consortium", operation: "activate", arguments: { contract: "types", version: 2, height: 7 } });
  });
});
