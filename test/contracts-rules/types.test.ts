import { stateKeys } from "@vermilion/contracts";
import { operation } from "@vermilion/contracts/operation/operation";
import { findOperation, knownVersions } from "@vermilion/contracts/registry";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { World } from "./world.ts";

describe("types.define", () => {
  test("the first version makes an owner; the next ones count up and keep the code", () => {
    const world = new World();
    expect(world.row(stateKeys.type("registration", 1))).toMatchObject({ id: "registration", version: 1, owner: "platform" });
    expect(world.act("customs", world.define({ id: "permit" }))).toBe("refused:type-code-taken");
    expect(world.act("customs", world.define({ id: "permit", code: `${world.member("customs").uscc}007` }))).toBe("applied");
    expect(world.row(stateKeys.type("permit", 1))?.owner).toBe("customs");
    expect(world.act("customs", world.define({ version: 2 }))).toBe("refused:not-the-type-owner");
    expect(world.act("platform", world.define({ version: 1 }))).toBe("refused:type-version-out-of-order");
    expect(world.act("platform", world.define({ version: 3 }))).toBe("refused:type-version-out-of-order");
    expect(world.act("platform", world.define({ id: "other", version: 2, code: `${world.member("platform").uscc}009` }))).toBe(
      "refused:type-version-out-of-order",
    );
    expect(world.act("platform", world.define({ version: 2, code: `${world.member("platform").uscc}002` }))).toBe(
      "refused:type-code-changed",
    );
    expect(world.act("platform", world.define({ version: 2 }))).toBe("applied");
    expect(world.row(stateKeys.typeLatest("registration"))).toEqual({ version: 2 });
    expect(world.row(stateKeys.type("registration", 1))?.version).toBe(1);
  });

  test("issuers, completers and readers are members", () => {
    const world = new World();
    const [part] = world.type().parts;
    const [policy] = world.type().policies;
    if (part === undefined || policy === undefined) throw new Error("no part");
    const changes = [
      { issuers: ["platform", "nobody"] },
      { parts: [{ ...part, completers: ["nobody"] }] },
      { policies: [{ ...policy, reader: "nobody" }] },
    ];
    for (const change of changes) expect(world.act("platform", world.define({ version: 2, ...change }))).toBe("refused:unknown-member");
  });

  test("what is no type", () => {
    const world = new World();
    const wrongCode = world.define({ version: 2, code: `${world.member("platform").uscc}0001` });
    expect(world.act("platform", wrongCode)).toBe("refused:malformed-type");
    expect(world.act("platform", world.define({ version: 2, fields: [] }))).toBe("refused:malformed-type");
    const notAnObject = { operations: [{ contract: "types", operation: "define", arguments: { type: [] } }], attachments: [] };
    expect(world.act("platform", notAnObject)).toBe("refused:malformed-arguments");
  });
});

test("while a version is in force, its rows and the older ones that it left alone stand", () => {
  const row = (name: string, version: number) =>
    operation({
      contract: "c",
      operation: name,
      version,
      schema: z.strictObject({}),
      authors: ["member"],
      subjects: () => [],
      counts: {},
      reads: () => [],
      apply: () => undefined,
    });
  const rows = [row("kept", 1), row("changed", 1), row("changed", 3), row("added", 2)];
  const versionOf = (name: string, inForce: number) => findOperation("c", name, inForce, rows)?.version;
  expect([1, 2, 3].map((inForce) => versionOf("kept", inForce))).toEqual([1, 1, 1]);
  expect([1, 2, 3].map((inForce) => versionOf("changed", inForce))).toEqual([1, 1, 3]);
  expect([1, 2, 3].map((inForce) => versionOf("added", inForce))).toEqual([undefined, 2, 2]);
  expect(knownVersions(rows)).toEqual(new Map([["c", 3]]));
});

test("a version that drops a required field is refused", () => {
  const world = new World();
  const fields = world.type().fields.filter(({ name }) => name !== "address");
  expect(world.act("platform", world.define({ version: 2, fields, policies: [] }))).toBe("refused:type-change-breaks");
  expect(world.act("tax", world.define({ version: 3, fields, policies: [] }))).toBe("refused:not-the-type-owner");
});
