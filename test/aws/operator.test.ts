import { createPublicKey, sign as signWith } from "node:crypto";
import { GetPublicKeyCommand, KMSClient, SignCommand } from "@aws-sdk/client-kms";
import { p256 } from "@noble/curves/nist.js";
import type { AdminAnswer } from "@vermilion/api/sign-in/apps";
import { foundingReservations } from "@vermilion/aws/dynamodb/index";
import { pack } from "@vermilion/aws/dynamodb/items";
import { finish } from "@vermilion/aws/founding/drafts";
import { foundingStore } from "@vermilion/aws/founding/store";
import { answerOperator } from "@vermilion/aws/operator/answer";
import type { OperatorNeeds } from "@vermilion/aws/operator/needs";
import type { GenesisFile } from "@vermilion/node/context";
import type { FoundingDraft } from "@vermilion/node/founding/draft";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, test } from "vitest";
import { makeMember, type TestMember } from "../support/entries.ts";
import { memoryApps, memoryLedger, memoryTable } from "../support/memory/index.ts";

/** Three operators, each with keys in KMS and tables of its own, who found a consortium; and what they must not be talked into. */

const identities = ["customs", "tax", "housing"].map(makeMember);
const keyNames = ["sign", "log", "cosign", "agree"] as const;
const keyOf = (id: string | undefined) => {
  const [member, name] = (id ?? "").split("/");
  return identities.find((each) => each.id === member)!.keys[name as (typeof keyNames)[number]];
};
const kms = mockClient(KMSClient);

function operatorOf({ id, uscc }: TestMember): OperatorNeeds {
  const table = memoryTable();
  const [sign, log, cosign, agree] = keyNames.map((name) => `${id}/${name}`) as [string, string, string, string];
  return {
    about: { id, names: { zh: id, en: id }, uscc, url: `https://${id}.example` },
    founding: foundingStore(table),
    reservations: foundingReservations(table),
    ledgerOf: (chain) => memoryLedger(table, chain),
    apps: memoryApps(table),
    kms: new KMSClient({ region: "eu-central-1", credentials: { accessKeyId: "a", secretAccessKey: "s" } }),
    keyIds: { sign, log, cosign, agree },
  };
}

let customs: OperatorNeeds;
let tax: OperatorNeeds;
let housing: OperatorNeeds;
beforeEach(() => {
  kms.reset();
  kms.on(GetPublicKeyCommand).callsFake(({ KeyId }) => ({
    PublicKey: createPublicKey(keyOf(KeyId).privateKey).export({ format: "der", type: "spki" }),
  }));
  // As KMS does, another signature each time.
  kms.on(SignCommand).callsFake(({ KeyId, Message }) => ({ Signature: signDigest(Message, KeyId) }));
  [customs, tax, housing] = identities.map(operatorOf) as [OperatorNeeds, OperatorNeeds, OperatorNeeds];
});

async function good<T>(answer: Promise<AdminAnswer>): Promise<T> {
  const given = await answer;
  if (!given.ok) throw new Error(`${given.code}: ${given.detail}`);
  return given.value as T;
}

async function newDraft(id = "a".repeat(32)): Promise<FoundingDraft> {
  const statements = await Promise.all([customs, tax, housing].map((each) => good<string>(answerOperator({ command: "statement" }, each))));
  const names = { zh: "联盟", en: "Consortium" };
  return { version: 1, name: "e.example", names, quorum: null, time: Date.now(), id, statements, signatures: {}, header: null };
}

const sign = async (draft: FoundingDraft, by: OperatorNeeds, instead = false) =>
  (await good<{ draft: FoundingDraft }>(answerOperator({ command: "sign", draft, instead }, by))).draft;

function genesisOf(draft: FoundingDraft): GenesisFile {
  const finished = finish(draft);
  if ("refused" in finished) throw new Error(finished.detail);
  return finished.genesis;
}

const install = (draft: FoundingDraft, at: OperatorNeeds) => answerOperator({ command: "install", genesis: genesisOf(draft) }, at);

describe("a founding", () => {
  test("is signed by all, installed by all, and installed again without harm", async () => {
    let draft = await newDraft();
    for (const each of [housing, tax, customs]) draft = await sign(draft, each);
    for (const each of [customs, tax, housing, customs]) expect(await install(draft, each)).toMatchObject({ ok: true });
    expect(await answerOperator({ command: "sign", draft, instead: true }, tax)).toMatchObject({ code: "already-founded" });
  });

  test("has one first block, whoever signs once more", async () => {
    let draft = await newDraft();
    for (const each of [housing, tax, customs]) draft = await sign(draft, each);
    // Another founder makes its signature anew, and asks the first one to sign "the corrected copy": one chain with two first blocks.
    const renewed = await sign({ ...draft, signatures: { ...draft.signatures, tax: "AAAA" }, header: null }, tax);
    expect(renewed.signatures["tax"]).not.toBe(draft.signatures["tax"]);
    const again = await sign(renewed, customs);
    expect(genesisOf(again)).toEqual(genesisOf(draft));
    expect(genesisOf(await sign(draft, customs))).toEqual(genesisOf(draft));
  });

  test("binds its founders: another one is signed only where the first is given up", async () => {
    const first = await newDraft();
    let old = await sign(first, tax);
    const other = await newDraft("b".repeat(32));
    expect(await answerOperator({ command: "sign", draft: other, instead: false }, tax)).toMatchObject({ code: "signed-another-genesis" });
    let draft = await sign(other, tax, true);
    for (const each of [housing, customs]) draft = await sign(draft, each);
    for (const each of [housing, customs]) old = await sign(old, each, true);
    expect(await install(old, tax)).toMatchObject({ code: "signed-another-genesis" });
    expect(await install(draft, tax)).toMatchObject({ ok: true });
  });

  test("that was given up stays so, also where nothing else has come of it", async () => {
    const first = await newDraft();
    const [second, third] = [await newDraft("b".repeat(32)), await newDraft("c".repeat(32))];
    await sign(first, tax);
    for (const draft of [second, third]) {
      await sign(draft, tax, true);
      await sign(draft, tax);
      expect(await answerOperator({ command: "sign", draft: first, instead: true }, tax)).toMatchObject({ code: "founding-given-up" });
    }
    expect(await answerOperator({ command: "sign", draft: second, instead: true }, tax)).toMatchObject({ code: "founding-given-up" });
  });

  test("that begins in the future is not signed: every entry of its chain would be too old for its blocks", async () => {
    const draft = await newDraft();
    const later = { ...draft, time: Date.now() + 86_400_000 };
    expect(await answerOperator({ command: "sign", draft: later, instead: false }, tax)).toMatchObject({ code: "founding-in-the-future" });
    expect(await answerOperator({ command: "sign", draft, instead: false }, tax)).toMatchObject({ ok: true });
  });

  test("that says of a member what it does not say of itself is not signed by it", async () => {
    const draft = await newDraft();
    const moved = { ...tax, about: { ...tax.about, url: "https://tax.gov.example" } };
    expect(await answerOperator({ command: "sign", draft, instead: false }, moved)).toMatchObject({ code: "statement-differs" });
    expect(
      await answerOperator({ command: "sign", draft: { ...draft, statements: draft.statements.slice(0, 1) }, instead: false }, tax),
    ).toMatchObject({
      code: "not-a-founder",
    });
    expect(await answerOperator({ command: "sign", draft: { ...draft, more: 1 }, instead: false }, tax)).toMatchObject({
      code: "bad-request",
    });
  });
});

test("over tables of 0.1 every request that asks for a chain is answered in a sentence", async () => {
  const table = memoryTable();
  await table.write({ put: { partition: "founding", sort: "genesis", bytes: pack({ version: 1, entry: "{}", header: "{}" }) } });
  const tooOld = { ...customs, founding: foundingStore(table) };
  const draft = await newDraft();
  for (const request of [{ command: "describe" }, { command: "fsck" }, { command: "rebuild" }, { command: "sign", draft, instead: false }])
    expect(await answerOperator(request, tooOld)).toEqual({
      ok: false,
      code: "data-too-old",
      detail: expect.stringMatching(/written by version 0\.1/),
    });
});

/** Ed25519 over the message; ECDSA over a digest, which node itself would hash once more. */
function signDigest(digest: Uint8Array, keyId: string | undefined): Uint8Array {
  const { privateKey } = keyOf(keyId);
  if (privateKey.asymmetricKeyType === "ed25519") return signWith(null, digest, privateKey);
  const { d = "" } = privateKey.export({ format: "jwk" });
  return p256.sign(digest, Buffer.from(d, "base64url"), { prehash: false, format: "der", extraEntropy: true });
}
