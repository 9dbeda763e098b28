import { requestId, stateKeys, statePrefixes } from "@vermilion/contracts";
import { describe, expect, test } from "vitest";
import { attachmentOf } from "../support/entries.ts";
import { BY, both, World } from "./world.ts";

const DAY_MS = 24 * 3_600_000;

describe("requests.open", () => {
  test("waits as pending for the owner", () => {
    const world = new World();
    const { height, time } = world;
    const request = world.opened("tax", { fields: ["name", "address"] });
    expect(world.row(stateKeys.request(request))).toEqual({
      request,
      certificate: world.certificate,
      version: 1,
      part: "main",
      fields: ["address", "name"],
      reader: "tax",
      owner: "platform",
      purpose: "audit",
      serviceItem: "tax-refund",
      basis: "law-12",
      way: "details",
      by: BY,
      status: "pending",
      standing: false,
      deadline: time + DAY_MS,
      openedAt: time,
      transaction: request.slice(0, 64),
      height,
    });
    expect(world.keysUnder(statePrefixes.pending("platform"))).toEqual([stateKeys.pending("platform", height, request)]);
    expect(world.keysUnder(statePrefixes.due("platform"))).toEqual([]);
    expect(world.row(stateKeys.requestInList("tax", height, request))).toEqual({ request });
    expect(world.row(stateKeys.trace(world.certificate, { height, index: 0, operation: 0 }))).toMatchObject({
      kind: "requested",
      who: { kind: "member", id: "tax" },
      by: BY,
      fields: ["address", "name"],
      purpose: "audit",
      standing: false,
    });
  });

  test("a standing policy of reader, part, all fields and purpose allows at once", () => {
    const world = new World();
    const request = world.opened("customs", { fields: ["address", "name"], purpose: "declaration" });
    expect(world.row(stateKeys.request(request))).toMatchObject({ status: "allowed", standing: true });
    expect(world.keysUnder(statePrefixes.due("platform"))).toEqual([stateKeys.due("platform", request)]);
    expect(world.keysUnder(statePrefixes.pending("platform"))).toEqual([]);
    const lessThanThat: [string, Parameters<World["opened"]>[1]][] = [
      ["tax", { purpose: "declaration" }],
      ["customs", { purpose: "audit" }],
      ["customs", { purpose: "declaration", fields: ["name", "address", "capital"] }],
      ["customs", { purpose: "declaration", part: "inspection", fields: ["result"] }],
    ];
    world.act("platform", world.issue({ fields: ["name", "address", "capital"] }));
    for (const [reader, changes] of lessThanThat) {
      const part = changes?.part === undefined ? { certificate: world.identifier("B2") } : {};
      expect(world.row(stateKeys.request(world.opened(reader, { ...changes, ...part })))).toMatchObject({
        status: "pending",
        standing: false,
      });
    }
  });

  test("a policy withdrawn counts at once, one widened does not reach back", () => {
    const world = new World();
    const [policy] = world.type().policies;
    if (policy === undefined) throw new Error("no policy");
    const statusOf = (reader: string, certificate: string) =>
      world.row(stateKeys.request(world.opened(reader, { certificate, purpose: "declaration" })))?.status;
    world.act("platform", world.define({ version: 2, policies: [policy, { ...policy, reader: "tax" }] }));
    world.act("platform", world.issue({ typeVersion: 2 }));
    expect(statusOf("tax", world.certificate)).toBe("pending");
    expect(statusOf("tax", world.identifier("B2"))).toBe("allowed");
    expect(statusOf("customs", world.certificate)).toBe("allowed");
    world.act("platform", world.define({ version: 3, policies: [] }));
    expect(statusOf("tax", world.identifier("B2"))).toBe("pending");
    expect(statusOf("customs", world.certificate)).toBe("pending");
  });

  test("each way to be refused", () => {
    const world = new World();
    const open = (changes: Parameters<World["open"]>[0], reader = "tax") => world.act(reader, world.open(changes));
    expect(open({ certificate: world.identifier("N0") })).toBe("refused:unknown-certificate");
    expect(open({ part: "quarantine" })).toBe("refused:unknown-part");
    expect(open({ part: "constructor" })).toBe("refused:unknown-part");
    expect(open({}, "platform")).toBe("refused:own-record");
    expect(open({ part: "inspection", fields: ["result"] }, "inspection")).toBe("refused:own-record");
    expect(open({ part: "inspection", fields: ["result"] }, "platform")).toBe("applied");
    // The type has these, the certificate does not.
    expect(open({ fields: ["capital"] })).toBe("refused:unknown-field");
    expect(open({ fields: ["name", "result"] })).toBe("refused:unknown-field");
    expect(open({ deadline: world.time })).toBe("refused:deadline-out-of-range");
    expect(open({ deadline: world.time + 30 * DAY_MS + 1 })).toBe("refused:deadline-out-of-range");
    expect(open({ deadline: world.time + 30 * DAY_MS })).toBe("applied");
    expect(open({ deadline: world.time + 1 })).toBe("applied");
  });
});

describe("requests.decide", () => {
  test("an approval leaves the grant due, a refusal ends it; each once", () => {
    const world = new World();
    const [yes, no] = [world.opened("tax"), world.opened("tax")];
    const { height } = world;
    expect(world.commit([world.made("platform", both(world.decide(yes), world.decide(no, "refuse")))])).toEqual(["applied"]);
    expect(world.row(stateKeys.request(yes))).toMatchObject({ status: "allowed", standing: false, decidedBy: BY });
    expect(world.row(stateKeys.request(no))).toMatchObject({ status: "refused", reason: "no-basis" });
    expect(world.keysUnder(statePrefixes.due("platform"))).toEqual([stateKeys.due("platform", yes)]);
    expect(world.keysUnder(statePrefixes.pending("platform"))).toEqual([]);
    const trace = (operation: number) => world.row(stateKeys.trace(world.certificate, { height, index: 0, operation }));
    expect([trace(0), trace(1)]).toMatchObject([
      { kind: "decided", decision: "approve", request: yes, by: BY },
      { kind: "decided", decision: "refuse", request: no },
    ]);
    for (const request of [yes, no]) expect(world.act("platform", world.decide(request))).toBe("refused:already-decided");
    const standing = world.opened("customs", { purpose: "declaration" });
    expect(world.act("platform", world.decide(standing, "refuse"))).toBe("refused:already-decided");
  });

  test("unknown, after the deadline", () => {
    const world = new World();
    expect(world.act("platform", world.decide(requestId("0".repeat(64), 0)))).toBe("refused:unknown-request");
    const [one, other] = [world.opened("tax"), world.opened("tax")];
    world.time = world.row(stateKeys.request(one))?.deadline ?? 0;
    expect(world.act("platform", world.decide(one))).toBe("applied");
    world.time = (world.row(stateKeys.request(other))?.deadline ?? 0) + 1;
    expect(world.act("platform", world.decide(other))).toBe("refused:after-deadline");
  });
});

describe("grants.give", () => {
  test("marks the request granted and stores what was given", () => {
    const world = new World();
    const request = world.opened("tax");
    world.act("platform", world.decide(request));
    const entry = world.made("platform", world.give(request));
    const { height, time } = world;
    expect(world.commit([entry])).toEqual(["applied"]);
    const attachment = attachmentOf(`keys-${request}`).sha256;
    expect(world.row(stateKeys.grant(request))).toEqual({
      request,
      certificate: world.certificate,
      version: 1,
      part: "main",
      fields: ["name"],
      reader: "tax",
      owner: "platform",
      document: attachmentOf(`main-${world.certificate}`).sha256,
      attachment,
      transaction: entry.transactionHash,
      height,
      at: time,
    });
    expect(world.row(stateKeys.request(request))).toMatchObject({
      status: "granted",
      grantTransaction: entry.transactionHash,
      grantAttachment: attachment,
    });
    expect(world.keysUnder(statePrefixes.due("platform"))).toEqual([]);
    expect(world.row(stateKeys.trace(world.certificate, { height, index: 0, operation: 0 }))).toMatchObject({
      kind: "granted",
      reader: "tax",
      by: BY,
    });
    expect(world.act("platform", world.give(request))).toBe("refused:request-not-allowed");
  });

  test("in the entry that approves, but not before the approval", () => {
    const world = new World();
    const [one, other] = [world.opened("tax"), world.opened("tax")];
    expect(world.act("platform", both(world.give(one), world.decide(one)))).toBe("refused:request-not-allowed");
    expect(world.row(stateKeys.request(one))?.status).toBe("pending");
    expect(world.act("platform", both(world.decide(other), world.give(other)))).toBe("applied");
    expect(world.row(stateKeys.request(other))?.status).toBe("granted");
    expect(world.keysUnder(statePrefixes.due("platform"))).toEqual([]);
  });

  test("exactly what was asked: a grant copied into another certificate, version, part or with other fields is refused", () => {
    const world = new World();
    world.act("platform", world.issue({ fields: ["name", "address", "capital"] }));
    const request = world.opened("tax", { fields: ["name", "address"] });
    world.act("platform", world.decide(request));
    const give = (changes: Parameters<World["give"]>[1]) =>
      world.act("platform", world.give(request, { fields: ["address", "name"], ...changes }));
    expect(give({ certificate: world.identifier("B2") })).toBe("refused:grant-does-not-match-request");
    expect(give({ version: 2 })).toBe("refused:grant-does-not-match-request");
    expect(give({ part: "inspection" })).toBe("refused:grant-does-not-match-request");
    expect(give({ fields: ["name"] })).toBe("refused:grant-does-not-match-request");
    expect(give({ fields: ["name", "capital"] })).toBe("refused:grant-does-not-match-request");
    expect(give({ fields: ["name", "address", "capital"] })).toBe("refused:grant-does-not-match-request");
    expect(give({})).toBe("applied");
  });

  test("the keys go to owner and reader, to nobody else, and are listed", () => {
    const world = new World();
    const request = world.opened("tax");
    world.act("platform", world.decide(request));
    const audiences = [["tax"], ["platform"], ["platform", "tax", "customs"], ["platform", "customs"]];
    for (const audience of audiences) expect(world.act("platform", world.give(request, {}, audience))).toBe("refused:attachment-audience");
    const toAll = { ...world.give(request), attachments: [attachmentOf(`keys-${request}`)] };
    expect(world.act("platform", toAll)).toBe("refused:attachment-audience");
    expect(world.act("platform", { ...world.give(request), attachments: [] })).toBe("refused:attachment-not-listed");
    const other = world.opened("tax");
    expect(world.act("platform", world.decide(other))).toBe("applied");
    expect(world.act("platform", world.give(other))).toBe("applied");
    const another = { ...world.give(request, { attachment: attachmentOf(`keys-${other}`).sha256 }) };
    const reused = { ...another, attachments: [attachmentOf(`keys-${other}`, ["platform", "tax"])] };
    expect(world.act("platform", reused)).toBe("refused:attachment-used");
    expect(world.act("platform", world.give(request, {}, ["tax", "platform"]))).toBe("applied");
  });

  test("unknown, pending, refused, too late; a standing one is never late", () => {
    const world = new World();
    expect(world.act("platform", world.give(requestId("0".repeat(64), 0)))).toBe("refused:unknown-request");
    const [pending, refused, late] = [world.opened("tax"), world.opened("tax"), world.opened("tax")];
    const standing = world.opened("customs", { purpose: "declaration" });
    world.act("platform", both(world.decide(refused, "refuse"), world.decide(late)));
    expect(world.act("platform", world.give(pending))).toBe("refused:request-not-allowed");
    expect(world.act("platform", world.give(refused))).toBe("refused:request-not-allowed");
    world.time += 2 * DAY_MS;
    expect(world.act("platform", world.give(late))).toBe("refused:after-deadline");
    expect(world.act("platform", world.give(standing, {}, ["platform", "customs"]))).toBe("applied");
  });
});
