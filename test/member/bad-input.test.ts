import { createHash, randomBytes, randomInt } from "node:crypto";
import {
  commitment,
  digest,
  disclosure,
  encodeSealedDisclosures,
  formatIdentifier,
  issuerSignedInput,
  issuerSignedJws,
  parseCertificateType,
  schemaHash,
  sealDisclosure,
  typeUrn,
} from "@vermilion/certificates";
import { operationCall } from "@vermilion/contracts";
import {
  canonical,
  type EntryPayload,
  encodeEntry,
  encodePayload,
  entryTyp,
  formatOutcome,
  lowS,
  parseEntry,
  utf8,
} from "@vermilion/ledger";
import type { MemberPlatform } from "@vermilion/member";
import { encodeAttachmentCall } from "@vermilion/member/peers/wire";
import { grantContextOf, sealGrant } from "@vermilion/member/requests/grant-keys";
import { checkGenesis, nativeCrypto } from "@vermilion/node";
import { contextOf } from "@vermilion/node/open-node";
import { encodeProposalCall, parseProposalAnswer } from "@vermilion/node/peers/wire";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Cluster, eventually } from "../support/cluster.ts";
import { entryBytes, makeKey, makeMember, payloadOf, signatureOf, statusOf, type TestKey } from "../support/entries.ts";
import {
  caller,
  chainOf,
  equalHeads,
  good,
  insist,
  leaderOf,
  openPermits,
  options,
  permit,
  permitFields,
  problemsOf,
  runningIds,
  servicesOf,
} from "./fixtures.ts";

let cluster: Cluster;
/** ms by which all clocks have been put forward. */
let forward = 0;
const platforms = new Map<string, MemberPlatform>();
const logged: { readonly event: string; readonly fields: unknown }[] = [];

beforeAll(async () => {
  cluster = await openPermits(
    {
      platform: (node, platform) => {
        const heard: MemberPlatform = {
          ...platform,
          clock: { ...platform.clock, now: () => platform.clock.now() + forward },
          log: { ...platform.log, info: (event, fields) => void logged.push({ event, fields }) },
        };
        platforms.set(node.id, heard);
        return heard;
      },
    },
    10,
  );
});

afterAll(async () => {
  await equalHeads(cluster);
  expect(await problemsOf(cluster)).toEqual([]);
  await cluster.close();
});

beforeEach(() => void logged.splice(0));

const issue = (fields: object, more: object = {}, at = "platform") =>
  servicesOf(cluster, at).issue({ type: "permit", fields: { ...fields } as typeof permitFields, ...more }, caller, options);
const issued = async (at = "platform") => good(await issue(permitFields, {}, at));
const ask = (certificate: string, more: object = {}, at = "customs") =>
  servicesOf(cluster, at).openRequest(
    { certificate, part: "main", fields: ["name"], purpose: "clearance", serviceItem: "import", basis: "customs-law", ...more },
    caller,
    options,
  );

/** Heights of all members and proposals that wait anywhere: what must not change where nothing may be written. */
async function written(): Promise<unknown> {
  return Promise.all(
    runningIds(cluster).map(async (id) => [
      (await chainOf(cluster, id)).height,
      await cluster.node(id).stores.raftStore.proposalCount(),
      (await cluster.node(id).stores.ledger.published())?.state,
    ]),
  );
}

async function nothingWritten<T>(work: () => Promise<T>): Promise<T> {
  await equalHeads(cluster);
  const before = await written();
  const answer = await work();
  await equalHeads(cluster);
  expect(await written()).toEqual(before);
  return answer;
}

describe("fields of a certificate", () => {
  test("of a type that nobody defined", async () => {
    expect(await nothingWritten(() => issue(permitFields, { type: "passport" }))).toMatchObject({ refused: "unknown-type" });
  });

  test.each([
    ["a missing one", { name: "A", quantity: 1 }, "creditCode", "missing-field"],
    ["a surplus one", { ...permitFields, colour: "red" }, "colour", "surplus-field"],
    ["a wrong check digit", { ...permitFields, creditCode: "91350200MA2XQ7K094" }, "creditCode", "wrong-check-digit"],
    ["a value too long", { ...permitFields, name: "长".repeat(41) }, "name", "value-too-long"],
    ["a number too large", { ...permitFields, quantity: 1_001 }, "quantity", "value-too-large"],
    ["a value of another kind", { ...permitFields, quantity: "12" }, "quantity", "wrong-type"],
    ["half a surrogate pair", { ...permitFields, name: "\ud842" }, "name", "bad-character"],
  ])("%s", async (_what, fields, field, code) => {
    const answer = await nothingWritten(() => issue(fields));
    expect(answer).toMatchObject({ refused: "invalid-fields", problems: [{ field, code }] });
    expect(JSON.stringify(answer)).not.toContain("91350200MA2XQ7K094");
  });

  test("by a member that may not issue the type, or for a part that the type has not", async () => {
    const own = { ...(permit as object), id: "own", code: "11100000000019991T002", issuers: ["platform"] };
    good(await servicesOf(cluster, "platform").defineType(own, caller, options));
    expect(await nothingWritten(() => issue(permitFields, { type: "own" }, "tax"))).toMatchObject({ refused: "not-an-issuer" });
    const { certificate } = await issued();
    const complete = () => servicesOf(cluster, "tax").complete(certificate, { part: "annex", fields: {} }, caller, options);
    expect(await nothingWritten(complete)).toMatchObject({ refused: "unknown-part" });
  });

  test("an entry that is too large", async () => {
    const { certificate } = await issued();
    const fields = Array.from({ length: 2_000 }, (_, number) => `aFieldWithALongerName${number}`);
    expect(await nothingWritten(() => ask(certificate, { fields }))).toMatchObject({ refused: "too-large" });
  });

  test("arguments that are not of their form", async () => {
    const { certificate } = await issued();
    expect(await nothingWritten(() => ask(certificate, { purpose: "Free text of a person" }))).toMatchObject({
      refused: "malformed-arguments",
    });
  });
});

describe("entries of others", () => {
  const tax = () => cluster.node("tax").identity.keys.sign;
  const registered = (name: string, key: TestKey) =>
    operationCall("accounts.register", { kind: "holder", name, jwk: key.jwk, proof: {} } as never);
  const payload = (more: Partial<EntryPayload> = {}, keys: readonly TestKey[] = [tax()]): EntryPayload => {
    const chain = cluster.node("tax").running?.chain ?? "";
    return { ...payloadOf(chain, keys, [registered("someone", makeKey("P-256"))], { time: Date.now() + forward }), ...more };
  };
  const highS = (given: EntryPayload): Uint8Array => {
    const bytes = encodePayload(given);
    const signature = signatureOf(entryTyp, bytes, tax());
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const s = order - BigInt(`0x${Buffer.from(signature.signature.subarray(32)).toString("hex")}`);
    const high = Buffer.concat([signature.signature.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, "0"), "hex")]);
    return encodeEntry(bytes, [{ ...signature, signature: new Uint8Array(high) }]);
  };
  const notCanonical = (given: EntryPayload): Uint8Array => {
    const bytes = new TextEncoder().encode(new TextDecoder().decode(encodePayload(given)).replace('{"attachments"', '{ "attachments"'));
    return encodeEntry(bytes, [signatureOf(entryTyp, bytes, tax())]);
  };

  const rejected: readonly (readonly [string, string, () => Uint8Array])[] = [
    ["a payload that is not canonical", "not-canonical", () => notCanonical(payload())],
    ["a high S", "high-s", () => highS(payload())],
    ["a surplus signature", "surplus-signature", () => entryBytes(payload(), [tax(), cluster.node("customs").identity.keys.sign])],
    ["a missing signature", "missing-signature", () => entryBytes(payload(), [])],
    ["another chain", "entry-of-another-chain", () => entryBytes(payload({ chain: "0".repeat(64) }), [tax()])],
    [
      "an unregistered key",
      "unknown-key",
      () => {
        const key = makeKey("P-256");
        return entryBytes(payload({}, [key]), [key]);
      },
    ],
    ["another's signature", "signer-mismatch", () => entryBytes(payload(), [cluster.node("customs").identity.keys.sign])],
  ];

  test.each(rejected)("%s: %s, nothing is kept", async (_what, code, make) => {
    const bytes = make();
    const parsed = parseEntry(bytes, nativeCrypto);
    const leader = await leaderOf(cluster);
    await nothingWritten(() => propose(leader, bytes));
    if ("refused" in parsed) expect(parsed.refused).toBe(code);
    else {
      // One that came past the door (of an older software, say) is dropped by the leader, with the same code in its log.
      await cluster.node(leader).stores.raftStore.addProposal({
        transactionHash: parsed.transactionHash,
        author: parsed.payload.signers[0] ?? "",
        id: parsed.payload.id,
        entry: bytes,
        attachments: [],
        until: parsed.payload.until,
      });
      await insist(() => issue(permitFields));
      expect(logged).toContainEqual({ event: "proposal-dropped", fields: { transactionHash: parsed.transactionHash, why: code } });
    }
  });

  const propose = async (leader: string, bytes: Uint8Array, attachments: readonly { sha256: string; bytes: Uint8Array }[] = []) => {
    const call = encodeProposalCall([{ transactionHash: "", author: "", id: "", entry: bytes, attachments, until: 0 }]);
    return parseProposalAnswer(await cluster.node(leader).running!.peerDoor.handle("tax", "proposals", call));
  };
  const outcomeOf = async (given: EntryPayload): Promise<string | undefined> => {
    const transactionHash = createHash("sha256").update(encodePayload(given)).digest("hex");
    await propose(await leaderOf(cluster), entryBytes(given, [tax()]));
    const submitted = await eventually(async () => {
      const answer = await servicesOf(cluster, "platform").submission(transactionHash);
      return "refused" in answer || answer.status === "committed" ? answer : undefined;
    });
    return "refused" in submitted ? submitted.refused : submitted.outcome && formatOutcome(submitted.outcome);
  };

  test("one whose time is over is never taken", async () => {
    const time = Date.now() + forward - 60_000;
    expect(await nothingWritten(() => outcomeOf(payload({ time, until: time + 1_000 })))).toBe("unknown-transaction");
    expect(logged).toContainEqual({ event: "proposal-dropped", fields: expect.objectContaining({ why: "expired" }) });
  });

  test("one that lives longer than a day, or ends before it begins", () => {
    const time = Date.now();
    for (const until of [time, time + 24 * 3_600_000 + 1]) {
      expect(parseEntry(entryBytes(payload({ time, until }), [tax()]), nativeCrypto)).toMatchObject({ refused: "until-out-of-range" });
    }
  });

  test("one from 11 minutes ahead waits until its time is near, and is then judged as any other", async () => {
    const time = Date.now() + forward + 11 * 60_000;
    const given = payload({ time, until: time + 60_000 });
    const leader = await leaderOf(cluster);
    await propose(leader, entryBytes(given, [tax()]));
    good(await issue(permitFields));
    const transactionHash = createHash("sha256").update(encodePayload(given)).digest("hex");
    expect(await servicesOf(cluster, leader).submission(transactionHash)).toMatchObject({ status: "pending" });
    forward += 2 * 60_000;
    good(await issue(permitFields));
    expect(await servicesOf(cluster, leader).submission(transactionHash)).toMatchObject({
      outcome: { kind: "refused", code: expect.stringMatching(/^(?!entry)/) },
    });
  });

  test("one with an id that its author has used", async () => {
    const first = payload();
    expect(await outcomeOf(first)).toMatch(/^refused:(?!duplicate)/);
    expect(await outcomeOf(payload({ id: first.id }))).toBe("refused:duplicate-entry");
  });

  test("an attachment that is missing or is not the one named", async () => {
    const bytes = new TextEncoder().encode("what the entry names");
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const entry = entryBytes(payload({ attachments: [{ name: "document", sha256, size: bytes.length }] }), [tax()]);
    const leader = await leaderOf(cluster);
    await nothingWritten(() => propose(leader, entry));
    await nothingWritten(() => propose(leader, entry, [{ sha256, bytes: new TextEncoder().encode("something else......") }]));
  });

  describe("by an owner that cheats", () => {
    /** An entry by the platform itself, past its own use cases. */
    const byPlatform = async (
      operations: EntryPayload["operations"],
      attachments: EntryPayload["attachments"],
      files: readonly Uint8Array[],
    ) => {
      const key = cluster.node("platform").identity.keys.sign;
      const chain = cluster.node("platform").running?.chain ?? "";
      const given = payloadOf(chain, [key], operations, { time: Date.now() + forward, attachments });
      const named = files.map((bytes) => ({ sha256: createHash("sha256").update(bytes).digest("hex"), bytes }));
      const transactionHash = createHash("sha256").update(encodePayload(given)).digest("hex");
      await eventually(async () => {
        await propose(await leaderOf(cluster), entryBytes(given, [key]), named);
        const answer = await servicesOf(cluster, "platform").submission(transactionHash);
        return "outcome" in answer;
      });
      return transactionHash;
    };

    /** The member's own context, as its use cases have it. */
    const contextOfPlatform = () => {
      const platform = platforms.get("platform");
      const genesis = checkGenesis(cluster.genesis, nativeCrypto);
      if (platform === undefined || "refused" in genesis) throw new Error("the platform runs on a genesis that holds");
      return contextOf(platform, { member: "platform", genesis: cluster.genesis }, genesis);
    };
    const referenceTo = (name: string, bytes: Uint8Array, audience?: readonly string[]) => {
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      return { name, sha256, size: bytes.length, ...(audience === undefined ? {} : { audience }) };
    };
    /** Approves a pending request with this key file, whatever is in it. */
    const approveWith = async (request: string, file: Uint8Array): Promise<string> => {
      const { certificate, version, part, fields } = good(await servicesOf(cluster, "customs").request(request));
      const document = good(await servicesOf(cluster, "customs").certificate(certificate)).parts[part]?.issuerSigned ?? "";
      await cluster.node("platform").stores.ledger.saveSealed({ sha256: referenceTo("", file).sha256, bytes: file });
      const attachment = referenceTo("granted-keys", file, ["platform", "customs"]);
      return byPlatform(
        [
          operationCall("requests.decide", { request, decision: "approve", reason: "lawful", by: caller }),
          operationCall("grants.give", { request, certificate, version, part, fields, document, attachment: attachment.sha256 }),
        ],
        [attachment],
        [],
      );
    };
    const pendingOf = async (certificate: string) => good(await ask(certificate, { purpose: "audit" })).request;

    test("a key file that was given once already is refused on the chain", async () => {
      const open = good(await ask((await issued()).certificate));
      good(await servicesOf(cluster, "customs").readGranted(open.request, caller, { waitMs: 5_000 }));
      const { grantAttachment = "" } = good(await servicesOf(cluster, "customs").request(open.request));
      const copied = await cluster.node("platform").stores.ledger.sealed(grantAttachment);
      const pending = await pendingOf((await issued()).certificate);
      const transaction = await approveWith(pending, copied ?? new Uint8Array());
      expect(good(await servicesOf(cluster, "customs").submission(transaction)).outcome).toEqual({
        kind: "refused",
        code: "attachment-used",
      });
      expect(good(await servicesOf(cluster, "customs").request(pending)).status).toBe("pending");
    });

    test.each(["another certificate", "another request", "other fields", "another reader"])(
      "a key file that was made for %s is refused by the opener",
      async (other) => {
        const context = contextOfPlatform();
        const pending = await pendingOf((await issued()).certificate);
        const row = good(await servicesOf(cluster, "customs").request(pending));
        const right = grantContextOf(context, row);
        const wrong = {
          "another certificate": { ...right, certificate: (await issued()).certificate },
          "another request": { ...right, request: `${"0".repeat(64)}-0` },
          "other fields": { ...right, fields: ["name", "quantity"] },
          "another reader": { ...right, reader: "tax" },
        }[other];
        const keys = Object.fromEntries((wrong ?? right).fields.map((field) => [field, new Uint8Array(32)]));
        await approveWith(pending, sealGrant(context, wrong ?? right, keys, cluster.node("customs").identity.keys.agree.jwk));
        expect(await servicesOf(cluster, "customs").readGranted(pending, caller, { waitMs: 2_000 })).toMatchObject({
          refused: "wrong-grant",
        });
      },
    );

    test("a key that is not the one the entry committed to is refused by the reader", async () => {
      const context = contextOfPlatform();
      const pending = await pendingOf((await issued()).certificate);
      const grant = grantContextOf(context, good(await servicesOf(cluster, "customs").request(pending)));
      await approveWith(pending, sealGrant(context, grant, { name: new Uint8Array(32) }, cluster.node("customs").identity.keys.agree.jwk));
      expect(await servicesOf(cluster, "customs").readGranted(pending, caller, { waitMs: 2_000 })).toMatchObject({
        refused: "wrong-key",
      });
    });

    test("a disclosure whose digest the issuer did not sign is refused by the reader", async () => {
      const context = contextOfPlatform();
      const type = parseCertificateType(permit);
      if ("refused" in type) throw new Error(type.refused);
      const { uscc } = cluster.node("platform").identity;
      const serial = randomBytes(16).toString("hex").toUpperCase();
      const certificate = formatIdentifier({ type: type.code, issuer: uscc, serial, version: 1 });
      const record = { certificate, version: 1, part: "main" };
      const hash = schemaHash(type, "main", nativeCrypto);
      const rows = type.fields.map((field) => {
        const value = (permitFields as Readonly<Record<string, string | number>>)[field.name] ?? null;
        const key = new Uint8Array(randomBytes(32));
        const [signed, shown] = [
          disclosure(new Uint8Array(16), field.name, value).text,
          disclosure(new Uint8Array(randomBytes(16)), field.name, value).text,
        ];
        const place = { ...record, field: field.name, schemaHash: hash };
        const sealed = sealDisclosure({ disclosure: shown, field, key, nonce: new Uint8Array(12), context: place }, nativeCrypto);
        return { field: field.name, key, signed, sealed };
      });
      const claims = { vct: typeUrn("permit", 1), iss: "test.example/platform", iat: 1_700_000_000, jti: certificate, part: "main" };
      const digests = rows.map(({ signed }) => digest(signed, nativeCrypto));
      const input = issuerSignedInput(claims, digests, { alg: "ES256", kid: context.signThumbprint });
      const issuerSigned = utf8(issuerSignedJws(input, lowS(await context.keys.sign(input))));
      const disclosures = encodeSealedDisclosures(Object.fromEntries(rows.map(({ field, sealed }) => [field, sealed])));
      const attachments = [referenceTo("issuer-signed", issuerSigned), referenceTo("disclosures", disclosures)];
      await byPlatform(
        [
          operationCall("certificates.issue", {
            certificate,
            version: 1,
            type: "permit",
            typeVersion: 1,
            holder: null,
            expiresAt: Date.now() + 86_400_000,
            ...statusOf(randomInt(1_000_000)),
            fields: rows.map(({ field }) => field),
            commitments: Object.fromEntries(rows.map(({ field, key }) => [field, commitment(key, nativeCrypto)])),
            issuerSigned: attachments[0]?.sha256 ?? "",
            disclosures: attachments[1]?.sha256 ?? "",
          }),
        ],
        attachments,
        [issuerSigned, disclosures],
      );
      const pending = await pendingOf(certificate);
      const grant = grantContextOf(context, good(await servicesOf(cluster, "customs").request(pending)));
      const name = rows.find(({ field }) => field === "name")?.key ?? new Uint8Array();
      await approveWith(pending, sealGrant(context, grant, { name }, cluster.node("customs").identity.keys.agree.jwk));
      expect(await servicesOf(cluster, "customs").readGranted(pending, caller, { waitMs: 5_000 })).toMatchObject({
        refused: "disclosure-not-signed",
      });
    });
  });
});

describe("presented documents", () => {
  test("a disclosure that is not in _sd fails the verification, which is recorded", async () => {
    const { sdJwt = "" } = await issued();
    const { text } = disclosure(new Uint8Array(16), "name", "another name");
    expect(digest(text, nativeCrypto)).not.toBe("");
    const parts = sdJwt.split("~");
    const forged = [parts[0], text, ...parts.slice(2)].join("~");
    const verify = (document: string) =>
      servicesOf(cluster, "tax").verifyCertificate(
        { sdJwt: document, issuerCode: cluster.node("platform").identity.uscc },
        caller,
        options,
      );
    expect(good(await verify(forged)).verdicts.integrity).not.toBe(good(await verify(sdJwt)).verdicts.integrity);
  });

  test("one that nobody published", async () => {
    const forged = `${(await issued()).sdJwt?.replace(/^([^.]+\.)/, "$1eyJ4IjoxfQ") ?? ""}`;
    const verify = () =>
      servicesOf(cluster, "tax").verifyCertificate({ sdJwt: forged, issuerCode: cluster.node("platform").identity.uscc }, caller, options);
    expect(["unknown-document", "bad-sd-jwt", "malformed-sd-jwt"]).toContain(
      ((await nothingWritten(verify)) as { refused: string }).refused,
    );
  });
});

describe("key files", () => {
  const fetchAs = (member: string, sha256: string, request: string) =>
    cluster.node("platform").running!.peerDoor.handle(member, "attachment", encodeAttachmentCall(sha256, request));

  test("go to nobody but the reader, and only for a grant that is committed", async () => {
    const { certificate } = await issued();
    const open = good(await ask(certificate, {}, "customs"));
    good(await servicesOf(cluster, "customs").readGranted(open.request, caller, { waitMs: 5_000 }));
    const file = good(await servicesOf(cluster, "customs").request(open.request)).grantAttachment ?? "";
    await expect(fetchAs("customs", file, open.request)).resolves.toBeInstanceOf(Uint8Array);
    for (const other of ["tax", "inspection", "stranger"]) {
      await expect(fetchAs(other, file, open.request)).rejects.toMatchObject({ name: "Fault", code: "peer-refused" });
    }
    // A file that is ready before its grant is on the ledger: held by the owner, asked for by the right reader.
    const pending = good(await ask(certificate, { fields: ["quantity"] }, "customs"));
    const ready = canonical({ keys: "wrapped" });
    const sha256 = createHash("sha256").update(ready).digest("hex");
    await cluster.node("platform").stores.ledger.saveSealed({ sha256, bytes: ready });
    await expect(fetchAs("customs", sha256, pending.request)).rejects.toMatchObject({ code: "peer-refused" });
    await expect(fetchAs("customs", sha256, open.request)).rejects.toMatchObject({ code: "peer-refused" });
    const another = await servicesOf(cluster, "customs").readGranted(open.request, { ...caller, app: "statistics" }, { waitMs: 0 });
    expect(another).toMatchObject({ refused: "not-the-requesting-app" });
    expect(await servicesOf(cluster, "tax").readGranted(open.request, caller, { waitMs: 0 })).toMatchObject({
      refused: "not-the-reader",
    });
    expect(await servicesOf(cluster, "customs").readGranted(pending.request, caller, { waitMs: 0 })).toMatchObject({
      refused: "request-pending",
    });
    expect(await servicesOf(cluster, "customs").readOwn(certificate, "main", caller)).toMatchObject({ refused: "not-the-owner" });
  });

  test("of a refused request there are none", async () => {
    const { certificate } = await issued();
    const open = good(await ask(certificate, { fields: ["quantity"] }, "tax"));
    const refuse = { decision: "refuse", reason: "not-needed" } as const;
    good(await servicesOf(cluster, "platform").decide(open.request, refuse, caller, options));
    await eventually(async () => "refused" in (await servicesOf(cluster, "tax").readGranted(open.request, caller, { waitMs: 0 })));
    expect(await servicesOf(cluster, "tax").readGranted(open.request, caller, { waitMs: 0 })).toMatchObject({
      refused: "request-refused",
    });
    const again = () => servicesOf(cluster, "platform").decide(open.request, { decision: "approve", reason: "lawful" }, caller, options);
    expect(await nothingWritten(again)).toMatchObject({ refused: "already-decided" });
    const foreign = () => servicesOf(cluster, "inspection").decide(open.request, refuse, caller, options);
    expect(await nothingWritten(foreign)).toMatchObject({ refused: "not-the-owner" });
  });

  test("are not given after the deadline", async () => {
    const { certificate } = await issued();
    const late = () => ask(certificate, { deadline: Date.now() + forward - 1 });
    expect(await nothingWritten(late)).toMatchObject({ refused: "deadline-out-of-range" });
    const open = good(await ask(certificate, { fields: ["quantity"], deadline: Date.now() + forward + 60_000 }, "tax"));
    forward += 2 * 60_000;
    const approve = () => servicesOf(cluster, "platform").decide(open.request, { decision: "approve", reason: "lawful" }, caller, options);
    expect(await nothingWritten(approve)).toMatchObject({ refused: "after-deadline" });
    expect(await servicesOf(cluster, "tax").readGranted(open.request, caller, { waitMs: 0 })).toMatchObject({
      refused: "request-expired",
    });
  });
});

test("a member is not made from another's keys", () => {
  const genesis = checkGenesis(cluster.genesis, nativeCrypto);
  if ("refused" in genesis) throw new Error(genesis.detail);
  const stranger = makeMember("platform").keys;
  const keys = {
    ...platforms.get("platform")!.keys,
    public: { sign: stranger.sign.jwk, log: stranger.log.jwk, cosign: stranger.cosign.jwk, agree: stranger.agree.jwk },
  };
  expect(() => contextOf({ ...platforms.get("platform")!, keys }, { member: "platform", genesis: cluster.genesis }, genesis)).toThrow(
    /genesis: the keys/,
  );
});
