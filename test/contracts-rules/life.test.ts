import { statusListLength, statusValues } from "@vermilion/certificates";
import {
  type CertificateRow,
  type CertificateStatus,
  dayOf,
  type LifeRow,
  positionKey,
  type StatusChangeRow,
  stateKeys,
  statePrefixes,
} from "@vermilion/contracts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeKey } from "../support/entries.ts";
import { LifeWorld, nextVersionOf } from "./life-world.ts";
import { BY } from "./world.ts";

describe("renewal", () => {
  test("puts the next version in the old one's place, and the old one points to it", () => {
    const world = new LifeWorld();
    const old = world.certificate;
    const next = nextVersionOf(old, world);
    const { height, time } = world;
    expect(world.act("platform", world.renew())).toBe("applied");
    expect(world.certificateRow(old)).toMatchObject({
      status: "replaced",
      replacedBy: next,
      statusReason: "renewal",
      statusAt: time,
    });
    expect(world.certificateRow(next)).toMatchObject({ status: "valid", version: 2, replaces: old, holder: world.holder.address });
    expect(lifeOf(world, old).map(({ kind, status, other }) => [kind, status, other])).toEqual([
      ["issued", "valid", undefined],
      ["completed", "valid", undefined],
      ["replaced", "replaced", next],
    ]);
    expect(lifeOf(world, next)).toEqual([
      expect.objectContaining({ kind: "renewed", status: "valid", other: old, by: BY, reason: "renewal", height }),
    ]);
    expect(world.row(stateKeys.certificateAwaiting("registration", "inspection", world.certificateRow(next).listed ?? ""))).toBeDefined();
  });

  test("of two at one time one applies", () => {
    const world = new LifeWorld();
    const [one, other] = [world.made("platform", world.renew()), world.made("platform", world.renew())];
    expect(world.commit([one, other])).toEqual(["applied", "refused:certificate-replaced"]);
  });

  test("each way to be refused", () => {
    const world = new LifeWorld();
    const renew = (changes: Parameters<LifeWorld["renew"]>[0]) => world.act("platform", world.renew(changes));
    const other = world.identifier("Z9");
    world.act("platform", world.issue({ certificate: other }));
    expect(renew({ holder: null })).toBe("refused:holder-does-not-match");
    expect(renew({ certificate: nextVersionOf(other, world) })).toBe("refused:identifier-does-not-match");
    expect(renew({ version: 3, certificate: nextVersionOf(nextVersionOf(world.certificate, world), world) })).toBe(
      "refused:identifier-does-not-match",
    );
    expect(renew({ expiresAt: world.time })).toBe("refused:expiry-out-of-range");
    expect(renew({ status: { list: 1, index: 5 } })).toBe("refused:wrong-status-list");
    expect(renew({ status: world.certificateRow().parts["main"]?.status ?? { list: 0, index: 0 } })).toBe("refused:status-index-taken");
    world.act("platform", world.change("suspend"));
    expect(renew({})).toBe("refused:certificate-suspended");
    world.act("platform", world.change("revoke"));
    expect(renew({})).toBe("refused:certificate-revoked");
    expect(world.act("platform", world.renew({ replaces: other }))).toBe("applied");
  });

  test("an expired certificate may be renewed", () => {
    const world = new LifeWorld();
    const certificate = world.identifier("X1");
    expect(world.act("platform", world.issue({ certificate, expiresAt: world.time + 1_000 }))).toBe("applied");
    world.time += 10_000;
    expect(world.act("platform", world.renew({ replaces: certificate }))).toBe("applied");
  });
});

describe("correction", () => {
  test("a new document takes the old one's place, which is told and kept", () => {
    const world = new LifeWorld();
    const before = world.certificateRow();
    const old = before.parts["inspection"];
    expect(world.act("inspection", world.correct({ part: "inspection" }))).toBe("applied");
    const part = world.certificateRow().parts["inspection"];
    expect(part).toMatchObject({ owner: "inspection", revision: 2, corrects: old?.issuerSigned });
    expect(world.row(stateKeys.formerPart(old?.issuerSigned ?? ""))).toEqual(old);
    expect(world.row(stateKeys.digest(old?.issuerSigned ?? ""))).toMatchObject({ correctedBy: part?.issuerSigned });
    expect(world.certificateRow().parts["main"]).toEqual(before.parts["main"]);
    expect(statusesOf(world, "inspection").get(old?.status?.index ?? -1)).toBe(statusValues.invalid);
  });

  test("of two at one time the second did not know the first", () => {
    const world = new LifeWorld();
    const [one, other] = [world.made("platform", world.correct()), world.made("platform", world.correct())];
    expect(world.commit([one, other])).toEqual(["applied", "refused:document-not-current"]);
  });

  test("nobody corrects another's part, and nothing of a certificate that has ended", () => {
    const world = new LifeWorld();
    expect(world.act("platform", world.correct({ part: "inspection" }))).toBe("refused:not-the-owner");
    expect(world.act("inspection", world.correct({ part: "main" }))).toBe("refused:not-the-owner");
    expect(world.act("platform", world.correct({ typeVersion: 2 }))).toBe("refused:type-does-not-match");
    expect(world.act("platform", world.correct({ part: "nothing", corrects: world.document() }))).toBe("refused:unknown-part");
    world.act("platform", world.change("revoke"));
    expect(world.act("platform", world.correct())).toBe("refused:certificate-revoked");
  });

  test("a grant names the document that counts when it is given", () => {
    const world = new LifeWorld();
    const request = world.opened("tax");
    world.act("platform", world.decide(request));
    const former = world.document();
    const given = world.made("platform", world.give(request, { document: former }));
    expect(world.commit([world.made("platform", world.correct()), given])).toEqual(["applied", "refused:document-not-current"]);
    expect(world.act("platform", world.give(request, { document: world.document() }))).toBe("applied");
    expect(world.row(stateKeys.grant(request))).toMatchObject({ document: world.document() });
  });
});

describe("status", () => {
  test("is suspended, resumed and revoked, in every signer's list", () => {
    const world = new LifeWorld();
    const places = world.certificateRow().parts;
    const [main, inspection] = [places["main"]?.status?.index ?? -1, places["inspection"]?.status?.index ?? -1];
    const now = () => [statusesOf(world, "platform").get(main), statusesOf(world, "inspection").get(inspection)];
    expect(now()).toEqual([undefined, undefined]);
    for (const [operation, value] of [
      ["suspend", statusValues.suspended],
      ["resume", statusValues.valid],
      ["suspend", statusValues.suspended],
      ["revoke", statusValues.invalid],
    ] as const) {
      expect(world.act("platform", world.change(operation))).toBe("applied");
      expect(now()).toEqual([value, value]);
    }
    for (const operation of ["suspend", "resume", "revoke"] as const)
      expect(world.act("platform", world.change(operation))).toBe("refused:certificate-revoked");
  });

  test("what is not suspended is not resumed, and nothing is added while it is", () => {
    const world = new LifeWorld();
    const certificate = world.identifier("W4");
    world.act("platform", world.issue({ certificate }));
    expect(world.act("platform", world.change("resume", certificate))).toBe("refused:certificate-not-suspended");
    world.act("platform", world.change("suspend", certificate));
    expect(world.act("platform", world.change("suspend", certificate))).toBe("refused:certificate-suspended");
    expect(world.act("inspection", world.complete({ certificate }))).toBe("refused:certificate-suspended");
    world.act("platform", world.change("resume", certificate));
    expect(world.act("inspection", world.complete({ certificate }))).toBe("applied");
  });

  test("the list that is half full is followed by the next", () => {
    const world = new LifeWorld();
    world.state.set(stateKeys.statusList("platform"), { list: 0, taken: statusListLength / 2 - 1 });
    expect(world.act("platform", world.issue({ certificate: world.identifier("H1") }))).toBe("applied");
    expect(world.row(stateKeys.statusList("platform"))).toEqual({ list: 1, taken: 0 });
    expect(world.act("platform", world.issue({ certificate: world.identifier("H2"), status: { list: 1, index: 3 } }))).toBe("applied");
    expect(world.act("platform", world.issue({ certificate: world.identifier("H3"), status: { list: 0, index: 999 } }))).toBe("applied");
    expect(world.row(stateKeys.statusList("platform"))).toEqual({ list: 1, taken: 1 });
  });
});

describe("receipt", () => {
  test("by the holder's key, once for each document", () => {
    const world = new LifeWorld();
    expect(world.act("tax", world.receive(world.holder.key))).toBe("applied");
    expect(lifeOf(world).at(-1)).toMatchObject({ kind: "received", who: { kind: "account", id: world.holder.address }, by: BY });
    expect(world.certificateRow().received).toMatchObject({ document: world.document() });
    expect(world.act("tax", world.receive(world.holder.key))).toBe("refused:already-received");
    world.act("platform", world.correct());
    expect(world.act("platform", world.receive(undefined))).toBe("applied");
  });

  test("each way to be refused", () => {
    const world = new LifeWorld();
    const foreign = makeKey("P-256");
    expect(world.act("platform", world.receive(foreign))).toBe("refused:not-the-holder");
    expect(world.act("tax", world.receive(undefined))).toBe("refused:not-the-holder");
    const other = world.receive(world.holder.key, { document: world.document(world.certificate, "inspection") });
    expect(world.act("platform", other)).toBe("refused:document-not-current");
    const second = new LifeWorld();
    expect(world.act("platform", second.receive(second.holder.key))).toBe("refused:bad-proof");
    const stolen = world.receive(world.holder.key).operations[0]?.arguments["proof"];
    const nobodys = world.identifier("N1");
    world.act("platform", world.issue({ certificate: nobodys }));
    expect(world.act("platform", world.receive(undefined, { certificate: nobodys, proof: stolen as never }))).toBe(
      "refused:not-the-holder",
    );
    expect(world.act("platform", world.receive(undefined, { certificate: nobodys }))).toBe("applied");
  });
});

describe("evidence", () => {
  test("a deposit is counted by its digests, and its list must be of that size", () => {
    const world = new LifeWorld();
    expect(world.act("tax", world.deposit())).toBe("applied");
    expect(world.act("tax", world.deposit({ count: 4 }))).toBe("refused:evidence-size-does-not-match");
    expect(world.row(stateKeys.day(dayOf(world.time), "tax", "EVIDENCE"))).toEqual({ deposited: 3 });
  });
});

/** Any sequence of acts, right and wrong ones: what is derived always says what the certificates themselves say. */
test("lists, totals and status lists follow the certificates", () => {
  const act = fc.record({
    kind: fc.constantFrom("issue", "complete", "renew", "correct", "correctPart", "suspend", "resume", "revoke", "receive"),
    target: fc.nat(5),
  });
  fc.assert(
    fc.property(fc.array(act, { minLength: 1, maxLength: 25 }), (acts) => {
      const world = new LifeWorld();
      const certificates = [world.certificate];
      for (const { kind, target } of acts) {
        const certificate = certificates[target % certificates.length] ?? world.certificate;
        if (kind === "issue") {
          const issued = world.identifier(`R${certificates.length}`);
          if (world.act("platform", world.issue({ certificate: issued })) === "applied") certificates.push(issued);
        } else if (kind === "complete") world.act("inspection", world.complete({ certificate }));
        else if (kind === "renew") {
          if (world.act("platform", world.renew({ replaces: certificate })) === "applied")
            certificates.push(nextVersionOf(certificate, world));
        } else if (kind === "correct") world.act("platform", world.correct({ certificate }));
        else if (kind === "correctPart") world.act("inspection", world.correct({ certificate, part: "inspection" }));
        else if (kind === "receive") world.act("platform", world.receive(undefined, { certificate }));
        else world.act("platform", world.change(kind as "suspend" | "resume" | "revoke", certificate));
      }
      expectDerived(world, certificates);
    }),
    { numRuns: 60 },
  );
}, 60_000);

function expectDerived(world: LifeWorld, certificates: readonly string[]): void {
  const rows = certificates.map((certificate) => world.certificateRow(certificate));
  const count = (status: CertificateStatus) => rows.filter((row) => row.status === status).length;
  const totals = { valid: count("valid"), suspended: count("suspended"), revoked: count("revoked"), replaced: count("replaced") };
  expect(world.row(stateKeys.certificateTotals("registration", "platform"))).toEqual(totals);
  const listed = (prefix: string) => world.keysUnder(prefix).map((key) => (world.state.get(key) as { certificate: string }).certificate);
  const named = (some: readonly CertificateRow[]) => some.map(({ certificate }) => certificate).sort();
  expect(listed(statePrefixes.certificatesOfIssuer("platform")).sort()).toEqual(named(rows));
  for (const status of ["suspended", "revoked", "replaced"] as const)
    expect(listed(statePrefixes.certificatesOfStatus(status)).sort()).toEqual(named(rows.filter((row) => row.status === status)));
  const waiting = rows.filter(({ status, parts }) => parts["inspection"] === undefined && (status === "valid" || status === "suspended"));
  expect(listed(statePrefixes.certificatesAwaiting("registration", "inspection")).sort()).toEqual(named(waiting));
  for (const row of rows) {
    const wanted = {
      valid: statusValues.valid,
      suspended: statusValues.suspended,
      revoked: statusValues.invalid,
      replaced: statusValues.invalid,
    };
    for (const { owner, status, corrects } of Object.values(row.parts)) {
      expect(statusesOf(world, owner).get(status.index) ?? statusValues.valid).toBe(wanted[row.status]);
      const former = corrects === undefined ? undefined : world.row(stateKeys.formerPart(corrects));
      if (former !== undefined) expect(statusesOf(world, owner).get(former.status.index)).toBe(statusValues.invalid);
    }
    if (row.replacedBy !== undefined) expect(world.certificateRow(row.replacedBy).replaces).toBe(row.certificate);
    expect(lifeOf(world, row.certificate).at(-1)?.status).toBe(row.status);
  }
}

function lifeOf(world: LifeWorld, certificate = world.certificate): LifeRow[] {
  return world.keysUnder(statePrefixes.life(certificate)).map((key) => world.state.get(key) as LifeRow);
}

/** The owner's first status list as its changes make it. */
function statusesOf(world: LifeWorld, owner: string): ReadonlyMap<number, number> {
  const changes = world.keysUnder(statePrefixes.statusChanges(owner, 0)).map((key) => world.state.get(key) as StatusChangeRow);
  return new Map(changes.map(({ index, value }) => [index, value]));
}

test("positions in keys sort as positions on the chain", () => {
  expect(positionKey({ height: 2, index: 10, operation: 1 }) < positionKey({ height: 10, index: 2, operation: 0 })).toBe(true);
});
