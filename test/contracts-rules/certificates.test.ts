import { positionKey, stateKeys, statePrefixes } from "@vermilion/contracts";
import { describe, expect, test } from "vitest";
import { attachmentOf } from "../support/entries.ts";
import { commitmentsOf, World } from "./world.ts";

describe("certificates.issue", () => {
  test("stores the record, its digest, its rows in the lists and its trace", () => {
    const world = new World();
    const certificate = world.identifier("B2");
    const entry = world.made("platform", world.issue({ fields: ["name", "capital", "address"], holder: world.holder.address }));
    const { height, time } = world;
    expect(world.commit([world.made("customs", world.open()), entry])).toEqual(["applied", "applied"]);
    const stamp = { transaction: entry.transactionHash, height };
    expect(world.row(stateKeys.certificate(certificate))).toEqual({
      certificate,
      type: "registration",
      typeVersion: 1,
      version: 1,
      issuer: "platform",
      holder: world.holder.address,
      status: "valid",
      issuedAt: time,
      expiresAt: null,
      listed: positionKey({ height, index: 1, operation: 0 }),
      ...stamp,
      parts: {
        main: {
          owner: "platform",
          fields: ["address", "capital", "name"],
          commitments: commitmentsOf(["name", "capital", "address"]),
          issuerSigned: attachmentOf(`main-${certificate}`).sha256,
          disclosures: attachmentOf(`sealed-${certificate}`).sha256,
          typeVersion: 1,
          status: { list: 0, index: 3 },
          revision: 1,
          ...stamp,
          at: time,
        },
      },
    });
    expect(world.row(stateKeys.digest(attachmentOf(`main-${certificate}`).sha256))).toEqual({
      certificate,
      version: 1,
      part: "main",
      ...stamp,
    });
    const position = { height, index: 1, operation: 0 };
    const listed = positionKey(position);
    const lists = [
      stateKeys.certificateInList(listed),
      stateKeys.certificateInTypeList("registration", listed),
      stateKeys.certificateInHolderList(world.holder.address, listed),
    ];
    for (const key of lists) expect(world.row(key)).toEqual({ certificate });
    expect(world.row(stateKeys.trace(certificate, position))).toMatchObject({
      kind: "issued",
      who: { kind: "member", id: "platform" },
      at: time,
    });
  });

  test("the lists are in the order of the chain", () => {
    const world = new World();
    const serials = ["Z1", "Y2", "X3"];
    for (const serial of serials) world.act("platform", world.issue({ certificate: world.identifier(serial) }));
    const listed = world.keysUnder(statePrefixes.certificates).map((key) => (world.state.get(key) as { certificate: string }).certificate);
    expect(listed).toEqual([world.certificate, ...serials.map((serial) => world.identifier(serial))]);
  });

  test("each way to be refused", () => {
    const world = new World();
    const issue = (changes: Parameters<World["issue"]>[0]) => world.act("platform", world.issue(changes));
    const identifier = world.identifier("B2");
    const broken = `${identifier.slice(0, -1)}${identifier.endsWith("0") ? "1" : "0"}`;
    expect(issue({ type: "nothing" })).toBe("refused:unknown-type");
    expect(issue({ typeVersion: 2 })).toBe("refused:type-version-not-latest");
    expect(issue({ certificate: broken })).toBe("refused:malformed-identifier");
    expect(issue({ certificate: "1.2.3" })).toBe("refused:malformed-identifier");
    expect(issue({ version: 2 })).toBe("refused:identifier-does-not-match");
    expect(issue({ certificate: world.identifier("B2", { issuer: "customs" }) })).toBe("refused:identifier-does-not-match");
    expect(issue({ certificate: world.identifier("B2", { type: `${world.member("platform").uscc}002` }) })).toBe(
      "refused:identifier-does-not-match",
    );
    expect(issue({ issuerSigned: attachmentOf("x").sha256 })).toBe("refused:attachment-not-listed");
    expect(issue({ holder: `ver1${"0".repeat(40)}` })).toBe("refused:unknown-account");
    expect(issue({ holder: world.verifier.address })).toBe("refused:wrong-account-kind");
    expect(issue({ fields: ["name", "address", "surplus"] })).toBe("refused:unknown-field");
    expect(issue({ fields: ["name", "address", "result"] })).toBe("refused:unknown-field");
    expect(issue({ fields: ["name", "address", "constructor"] })).toBe("refused:unknown-field");
    expect(issue({ fields: ["name"] })).toBe("refused:missing-field");
    expect(issue({ commitments: commitmentsOf(["name"]) })).toBe("refused:commitments-do-not-match-fields");
    expect(issue({ commitments: commitmentsOf(["name", "capital"]) })).toBe("refused:commitments-do-not-match-fields");
    expect(issue({ commitments: commitmentsOf(["name", "address", "capital"]) })).toBe("refused:commitments-do-not-match-fields");
    expect(issue({ commitments: { name: "00", address: "00" } })).toBe("refused:malformed-arguments");
    expect(issue({})).toBe("applied");
    world.act("platform", world.define({ version: 2 }));
    expect(issue({ certificate: world.identifier("E5") })).toBe("refused:type-version-not-latest");
    expect(issue({ certificate: world.identifier("E5"), typeVersion: 2 })).toBe("applied");
  });

  test("a certificate is there once; a document belongs to one", () => {
    const world = new World();
    expect(world.act("platform", world.issue({ certificate: world.certificate }))).toBe("refused:certificate-exists");
    const sealed = attachmentOf("sealed");
    const copied = attachmentOf(`main-${world.certificate}`);
    const other = world.issue({ issuerSigned: copied.sha256, disclosures: sealed.sha256 });
    expect(world.act("platform", { ...other, attachments: [copied, sealed] })).toBe("refused:document-exists");
    const twice = world.issue();
    expect(world.commit([world.made("platform", twice), world.made("platform", twice)])).toEqual(["applied", "refused:certificate-exists"]);
  });

  test("its attachments are for all members, and listed once", () => {
    const world = new World();
    const { operations, attachments } = world.issue();
    const [document, sealed] = attachments;
    if (document === undefined || sealed === undefined) throw new Error("no attachments");
    const lists: [string, typeof attachments][] = [
      ["attachment-not-listed", [document]],
      ["attachment-audience", [{ ...document, audience: ["platform"] }, sealed]],
      ["attachment-audience", [document, { ...sealed, audience: ["platform", "customs", "tax", "inspection"] }]],
      ["attachment-audience", [document, sealed, { ...sealed, name: "again", audience: ["tax"] }]],
    ];
    for (const [code, list] of lists) expect(world.act("platform", { operations, attachments: list })).toBe(`refused:${code}`);
  });
});

describe("certificates.complete", () => {
  test("adds a part with an owner of its own", () => {
    const world = new World();
    const row = world.row(stateKeys.certificate(world.certificate));
    expect(row?.parts["main"]?.owner).toBe("platform");
    expect(row?.parts["inspection"]).toMatchObject({ owner: "inspection", fields: ["result"], typeVersion: 1 });
    expect(world.keysUnder(statePrefixes.trace(world.certificate)).map((key) => (world.state.get(key) as { kind: string }).kind)).toEqual([
      "issued",
      "completed",
    ]);
    expect(world.row(stateKeys.digest(attachmentOf(`part-${world.certificate}`).sha256))?.part).toBe("inspection");
  });

  test("each way to be refused", () => {
    const world = new World();
    const certificate = world.identifier("B2");
    world.act("platform", world.issue());
    const complete = (changes: Parameters<World["complete"]>[0]) => world.act("inspection", world.complete({ certificate, ...changes }));
    expect(complete({ certificate: world.identifier("N0") })).toBe("refused:unknown-certificate");
    expect(complete({ type: "permit" })).toBe("refused:type-does-not-match");
    expect(complete({ typeVersion: 2 })).toBe("refused:type-does-not-match");
    expect(complete({ part: "quarantine" })).toBe("refused:unknown-part");
    expect(complete({ part: "constructor" })).toBe("refused:unknown-part");
    expect(complete({ part: "main" })).toBe("refused:part-exists");
    expect(complete({ fields: ["name"] })).toBe("refused:unknown-field");
    expect(complete({ fields: ["remark"] })).toBe("refused:missing-field");
    expect(complete({ commitments: {} })).toBe("refused:commitments-do-not-match-fields");
    expect(complete({ disclosures: attachmentOf("x").sha256 })).toBe("refused:attachment-not-listed");
    expect(complete({})).toBe("applied");
    expect(complete({})).toBe("refused:part-exists");
  });

  test("who may complete is what the latest version of the type says; the fields are those of the version of issue", () => {
    const world = new World();
    const certificate = world.identifier("B2");
    world.act("platform", world.issue());
    const [part] = world.type().parts;
    const { fields } = world.type();
    const remark = fields.find(({ name }) => name === "remark");
    if (part === undefined || remark === undefined) throw new Error("no part");
    const later = { ...remark, name: "seal", order: 3 };
    const next = world.define({ version: 2, fields: [...fields, later], parts: [{ ...part, completers: ["customs"] }] });
    expect(world.act("platform", next)).toBe("applied");
    expect(world.act("inspection", world.complete({ certificate }))).toBe("refused:not-a-completer");
    expect(world.act("customs", world.complete({ certificate, fields: ["result", "seal"] }))).toBe("refused:unknown-field");
    expect(world.act("customs", world.complete({ certificate, fields: ["result", "remark"] }))).toBe("applied");
    expect(world.row(stateKeys.certificate(certificate))?.parts["inspection"]).toMatchObject({ owner: "customs", typeVersion: 1 });
  });

  test("a part whose id is a name of JavaScript's own", () => {
    const world = new World();
    const part = { id: "constructor", names: { zh: "甲", en: "a" }, completers: ["inspection"] };
    const [field] = world.type().fields;
    if (field === undefined) throw new Error("no field");
    const fields = [field, { ...field, part: "constructor", name: "toString" }];
    const code = `${world.member("platform").uscc}002`;
    const certificate = world.identifier("B2", { type: code });
    expect(world.act("platform", world.define({ id: "odd", code, parts: [part], fields, policies: [] }))).toBe("applied");
    expect(world.act("platform", world.issue({ certificate, type: "odd", fields: ["name"] }))).toBe("applied");
    expect(world.act("tax", world.open({ certificate, part: "constructor", fields: ["toString"] }))).toBe("refused:unknown-part");
    expect(world.act("inspection", world.complete({ certificate, type: "odd", part: "constructor", fields: ["toString"] }))).toBe(
      "applied",
    );
    expect(world.act("inspection", world.complete({ certificate, type: "odd", part: "constructor", fields: ["toString"] }))).toBe(
      "refused:part-exists",
    );
    expect(world.act("tax", world.open({ certificate, part: "constructor", fields: ["toString"] }))).toBe("applied");
  });
});
