import { createHash, randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { canonical, fromBase64url, toBase64url } from "@vermilion/ledger";
import { parseAttachmentAnswer } from "@vermilion/member/peers/wire";
import { grantContextOf, sealGrant } from "@vermilion/member/requests/grant-keys";
import { chainRules } from "@vermilion/member/rules";
import { checkGenesis, nativeCrypto } from "@vermilion/node";
import { contextOf } from "@vermilion/node/open-node";
import { describe, expect, test } from "vitest";
import { caller, equalHeads, good, leaderOf, options, permitFields } from "../member/fixtures.ts";
import { eventually } from "../support/cluster.ts";
import { makeMember } from "../support/entries.ts";
import { attachmentOf, objectOf } from "./support/attachments.ts";
import {
  approveWith,
  ask,
  cluster,
  contextAt,
  fetchAs,
  forward,
  fourMembers,
  holdBack,
  issuePermit,
  letThrough,
  nothingWritten,
  platforms,
  putForward,
  read,
  services,
  tryToAsk,
} from "./support/four-members.ts";

/** Field keys are asked for by whom they were not granted, named in another grant, or spoiled. */

fourMembers();

describe("key files", () => {
  const granted = async () => {
    const { certificate } = await issuePermit("platform");
    const request = await ask("customs", certificate, { purpose: "clearance" });
    good(await read(request));
    const { grantAttachment = "" } = good(await services("customs").request({ request }));
    const bytes = await cluster.node("platform").stores.ledger.sealed(grantAttachment);
    if (bytes === undefined) throw new Error("the owner holds its key file");
    return { request, file: { sha256: grantAttachment, bytes } };
  };

  test("of another owner's grant cannot be named again, and are handed over for their own grant alone", async () => {
    const { request, file } = await granted();
    const { certificate } = await issuePermit("tax");
    const theirs = await ask("inspection", certificate);
    expect(await approveWith("tax", theirs, file, false)).toBe("refused:attachment-used");
    expect(good(await services("inspection").request({ request: theirs })).status).toBe("pending");
    await expect(fetchAs("inspection", "platform", file.sha256, theirs)).rejects.toMatchObject({ code: "peer-refused" });
    await expect(fetchAs("inspection", "platform", file.sha256, request)).rejects.toMatchObject({ code: "peer-refused" });
    await expect(fetchAs("customs", "platform", file.sha256, request)).resolves.toBeInstanceOf(Uint8Array);
  });

  test("of this member are not handed over for a grant of another owner that names them first", async () => {
    const file = attachmentOf(canonical({ keys: randomBytes(16).toString("hex") }));
    await cluster.node("platform").stores.ledger.saveSealed(file);
    const { certificate } = await issuePermit("tax");
    const request = await ask("customs", certificate);
    expect(await approveWith("tax", request, file, false)).toBe("applied");
    await eventually(async () => ((await services("platform").request({ request })) as { status?: string }).status === "granted");
    for (const owner of ["platform", "tax"]) {
      await expect(fetchAs("customs", owner, file.sha256, request)).rejects.toMatchObject({ name: "Fault", code: "peer-refused" });
    }
  });

  test("are no attachments that an app may ask for, neither at the owner nor at the reader", async () => {
    const { file } = await granted();
    expect(await cluster.node("customs").stores.ledger.sealed(file.sha256)).toEqual(file.bytes);
    for (const id of cluster.nodes.keys()) {
      expect(await services(id).attachment({ sha256: file.sha256 })).toMatchObject({ refused: "unknown-attachment" });
    }
  });

  test("are handed over though the owner hears of its grant a moment after the reader", async () => {
    const file = attachmentOf(canonical({ keys: randomBytes(16).toString("hex") }));
    await cluster.node("tax").stores.ledger.saveSealed(file);
    const { certificate } = await issuePermit("tax");
    const request = await ask("customs", certificate);
    const { promise, resolve } = Promise.withResolvers<void>();
    await equalHeads(cluster);
    expect(await leaderOf(cluster)).not.toBe("tax");
    holdBack("tax", promise);
    const approving = approveWith("tax", request, file);
    await eventually(async () => good(await services("customs").request({ request })).status === "granted");
    const fetched = fetchAs("customs", "tax", file.sha256, request);
    await sleep(10);
    letThrough();
    resolve();
    expect(parseAttachmentAnswer(await fetched)).toEqual(file.bytes);
    expect(await approving).toBe("applied");
  });

  test("with an ephemeral key that is off the curve are a wrong grant, not a bug", async () => {
    const { certificate } = await issuePermit("platform");
    const request = await ask("customs", certificate);
    const context = contextAt("platform");
    const reader = cluster.node("customs").identity.keys.agree.jwk;
    const row = good(await services("platform").request({ request }));
    const jwe = objectOf(sealGrant(context, grantContextOf(context, row), { name: new Uint8Array(32) }, reader));
    const header = objectOf(fromBase64url(String(jwe["protected"])) ?? new Uint8Array());
    const epk = header["epk"] as Readonly<Record<string, string>>;
    const spoiled = toBase64url(canonical({ ...header, epk: { ...epk, y: epk["x"] ?? "" } }));
    expect(await approveWith("platform", request, attachmentOf(canonical({ ...jwe, protected: spoiled })))).toBe("applied");
    expect(await read(request)).toMatchObject({ refused: "wrong-grant" });
  });

  test("open for the app that asked, not for another app of the same member", async () => {
    const { request } = await granted();
    expect(await read(request, "statistics")).toMatchObject({ refused: "not-the-requesting-app" });
    expect(good(await read(request)).fields).toEqual({ name: permitFields.name });
  });

  test("go to nobody but the reader, and only for a grant that is committed", async () => {
    const { certificate } = await issuePermit();
    const open = good(await tryToAsk(certificate, {}, "customs"));
    good(await services("customs").grantedFields({ request: open.request }, caller, { waitMs: 5_000 }));
    const file = good(await services("customs").request({ request: open.request })).grantAttachment ?? "";
    await expect(fetchAs("customs", "platform", file, open.request)).resolves.toBeInstanceOf(Uint8Array);
    for (const other of ["tax", "inspection", "stranger"]) {
      await expect(fetchAs(other, "platform", file, open.request)).rejects.toMatchObject({ name: "Fault", code: "peer-refused" });
    }
    // A file that is ready before its grant is on the ledger: held by the owner, asked for by the right reader.
    const pending = good(await tryToAsk(certificate, { fields: ["quantity"] }, "customs"));
    const ready = canonical({ keys: "wrapped" });
    const sha256 = createHash("sha256").update(ready).digest("hex");
    await cluster.node("platform").stores.ledger.saveSealed({ sha256, bytes: ready });
    await expect(fetchAs("customs", "platform", sha256, pending.request)).rejects.toMatchObject({ code: "peer-refused" });
    await expect(fetchAs("customs", "platform", sha256, open.request)).rejects.toMatchObject({ code: "peer-refused" });
    const another = await services("customs").grantedFields({ request: open.request }, { ...caller, app: "statistics" }, { waitMs: 0 });
    expect(another).toMatchObject({ refused: "not-the-requesting-app" });
    expect(await services("tax").grantedFields({ request: open.request }, caller, { waitMs: 0 })).toMatchObject({
      refused: "not-the-reader",
    });
    expect(await services("customs").grantedFields({ request: pending.request }, caller, { waitMs: 0 })).toMatchObject({
      refused: "request-pending",
    });
    expect(await services("customs").ownFields({ certificate, part: "main" }, caller)).toMatchObject({ refused: "not-the-owner" });
  });

  test("of a refused request there are none", async () => {
    const { certificate } = await issuePermit();
    const open = good(await tryToAsk(certificate, { fields: ["quantity"] }, "tax"));
    const refuse = { decision: "refuse", reason: "not-needed" } as const;
    good(await services("platform").decideRequest({ request: open.request, ...refuse }, caller, options));
    await eventually(async () => "refused" in (await services("tax").grantedFields({ request: open.request }, caller, { waitMs: 0 })));
    expect(await services("tax").grantedFields({ request: open.request }, caller, { waitMs: 0 })).toMatchObject({
      refused: "request-refused",
    });
    const again = () =>
      services("platform").decideRequest({ request: open.request, decision: "approve", reason: "lawful" }, caller, options);
    expect(await nothingWritten(again)).toMatchObject({ refused: "already-decided" });
    const foreign = () => services("inspection").decideRequest({ request: open.request, ...refuse }, caller, options);
    expect(await nothingWritten(foreign)).toMatchObject({ refused: "not-the-owner" });
  });

  test("are not given after the deadline", async () => {
    const { certificate } = await issuePermit();
    const late = () => tryToAsk(certificate, { deadline: Date.now() + forward - 1 });
    expect(await nothingWritten(late)).toMatchObject({ refused: "deadline-out-of-range" });
    const open = good(await tryToAsk(certificate, { fields: ["quantity"], deadline: Date.now() + forward + 60_000 }, "tax"));
    putForward(2 * 60_000);
    const approve = () =>
      services("platform").decideRequest({ request: open.request, decision: "approve", reason: "lawful" }, caller, options);
    expect(await nothingWritten(approve)).toMatchObject({ refused: "after-deadline" });
    expect(await services("tax").grantedFields({ request: open.request }, caller, { waitMs: 0 })).toMatchObject({
      refused: "request-expired",
    });
  });
});

test("a member is not made from another's keys", () => {
  const genesis = checkGenesis(cluster.genesis, nativeCrypto, chainRules);
  if ("refused" in genesis) throw new Error(genesis.detail);
  const stranger = makeMember("platform").keys;
  const keys = {
    ...platforms.get("platform")!.keys,
    public: { sign: stranger.sign.jwk, log: stranger.log.jwk, cosign: stranger.cosign.jwk, agree: stranger.agree.jwk },
  };
  expect(() =>
    contextOf({ ...platforms.get("platform")!, keys, rules: chainRules }, { member: "platform", genesis: cluster.genesis }, genesis),
  ).toThrow(/genesis: the keys/);
});
