import { canonical, encodeSigned, signingInput, text, thumbprint } from "@vermilion/ledger";
import { chainRules } from "@vermilion/member/rules";
import { nativeCrypto } from "@vermilion/node";
import { type FoundingDraft, genesisOf, mergeDrafts, missingSignatures, openDraft, signDraft } from "@vermilion/node/founding/draft";
import { checkGenesis } from "@vermilion/node/founding/genesis";
import { makeStatement, readStatement, sameStatement } from "@vermilion/node/founding/statement";
import { describe, expect, test } from "vitest";
import { makeMember } from "../support/entries.ts";
import { memoryKeys } from "../support/memory-keys.ts";

const ids = ["customs", "tax", "housing"] as const;
const founders = await Promise.all(
  ids.map(async (id) => {
    const identity = makeMember(id);
    const keys = memoryKeys(identity);
    const about = { id, names: { zh: id, en: id }, uscc: identity.uscc, url: `https://${id}.example` };
    return { id, keys, about, statement: await makeStatement(about, keys, nativeCrypto) };
  }),
);
const [customs, tax, housing] = founders as [(typeof founders)[0], (typeof founders)[0], (typeof founders)[0]];

function draftOf(statements = founders.map(({ statement }) => statement)): FoundingDraft {
  const names = { zh: "联盟", en: "Consortium" };
  return {
    version: 1,
    name: "e.example",
    names,
    quorum: null,
    time: 1_800_000_000_000,
    id: "a".repeat(32),
    statements,
    signatures: {},
    header: null,
  };
}

async function signed(draft: FoundingDraft, founder: (typeof founders)[0]): Promise<FoundingDraft> {
  const after = await signDraft(draft, founder.keys, nativeCrypto, chainRules);
  if ("refused" in after) throw new Error(after.detail);
  return after;
}

/** A statement's text over any payload, as an identity key signs it. */
async function signedBy({ public: { sign: jwk }, sign }: (typeof founders)[0]["keys"], payload: Uint8Array): Promise<string> {
  const kid = thumbprint(jwk, nativeCrypto);
  const signature = await sign(signingInput("vermilion-statement+json", payload, jwk, kid));
  return text(encodeSigned("vermilion-statement+json", payload, [{ jwk, kid, signature }]));
}

describe("a statement", () => {
  test("says who a member is, under its own key", () => {
    const read = readStatement(customs.statement, nativeCrypto);
    expect(read).toEqual({ ...customs.about, keys: { ...customs.keys.public } });
  });

  test("with another's key, another word, or another form is refused in one sentence", () => {
    const forged = JSON.parse(customs.statement) as { payload: string; signatures: unknown[] };
    const other = JSON.parse(tax.statement) as { payload: string; signatures: unknown[] };
    const changed = Buffer.from(Buffer.from(forged.payload, "base64url").toString().replace("customs.example", "custom5.example")).toString(
      "base64url",
    );
    for (const source of [
      JSON.stringify({ payload: other.payload, signatures: forged.signatures }),
      JSON.stringify({ payload: changed, signatures: forged.signatures }),
      JSON.stringify({ payload: forged.payload, signatures: [] }),
      JSON.stringify({ payload: forged.payload, signatures: [...forged.signatures, ...other.signatures] }),
      customs.statement.slice(1),
      "",
      "x".repeat(20_000),
    ]) {
      expect(readStatement(source, nativeCrypto)).toMatchObject({ refused: "invalid-statement" });
    }
  });

  test("that names a log or cosign key which its member does not hold, or proves none, is refused", async () => {
    const { about, keys } = customs;
    const { log, cosign } = tax.keys.public;
    for (const [wrong, name] of [
      [{ ...keys, public: { ...keys.public, log } }, "log"],
      [{ ...keys, public: { ...keys.public, cosign } }, "cosign"],
      [{ ...keys, signLog: async () => new Uint8Array(64) }, "log"],
      [{ ...keys, cosign: keys.signLog }, "cosign"],
    ] as const) {
      const read = readStatement(await makeStatement(about, wrong, nativeCrypto), nativeCrypto);
      expect(read).toMatchObject({
        refused: "invalid-statement",
        detail: `the statement of customs names a ${name} key that has not signed it`,
      });
    }
    const payloadOf = (source: string) => JSON.parse(Buffer.from(JSON.parse(source).payload, "base64url").toString());
    // One key under both names: what it has signed as the one does not prove it as the other.
    const twice = { ...keys, public: { ...keys.public, log: keys.public.cosign }, signLog: keys.cosign };
    const both = payloadOf(await makeStatement(about, twice, nativeCrypto));
    const swapped = { ...both, proofs: { ...both.proofs, log: both.proofs.cosign } };
    expect(readStatement(await signedBy(keys, canonical(swapped)), nativeCrypto)).toMatchObject({
      detail: expect.stringContaining("a log key"),
    });
    const payload = payloadOf(customs.statement);
    for (const proofs of [
      undefined,
      {},
      { log: payload.proofs.log },
      { ...payload.proofs, log: "AAAA" },
      { ...payload.proofs, sign: payload.proofs.log },
    ]) {
      const bytes = canonical({ ...payload, ...(proofs === undefined ? {} : { proofs }) });
      const { proofs: _proofs, ...bare } = payload;
      const source = await signedBy(customs.keys, proofs === undefined ? canonical(bare) : bytes);
      expect(readStatement(source, nativeCrypto)).toMatchObject({ detail: "not a member's statement of version 1" });
    }
  });

  test("is compared by all that it says", async () => {
    const read = readStatement(customs.statement, nativeCrypto);
    const moved = readStatement(
      await makeStatement({ ...customs.about, url: "https://elsewhere.example" }, customs.keys, nativeCrypto),
      nativeCrypto,
    );
    if ("refused" in read || "refused" in moved) throw new Error("both hold");
    expect([sameStatement(read, read), sameStatement(read, moved)]).toEqual([true, false]);
  });
});

describe("a founding that goes from founder to founder", () => {
  test("is whole when all have signed, the first one last", async () => {
    let draft = draftOf();
    expect(missingSignatures(draft, nativeCrypto, chainRules)).toEqual([...ids]);
    for (const founder of [tax, housing, customs]) draft = await signed(draft, founder);
    expect(missingSignatures(draft, nativeCrypto, chainRules)).toEqual([]);
    const genesis = genesisOf(draft, nativeCrypto, chainRules);
    if ("refused" in genesis) throw new Error(genesis.detail);
    const opened = openDraft(draft, nativeCrypto, chainRules);
    expect(checkGenesis(genesis, nativeCrypto, chainRules)).toMatchObject({ chain: "refused" in opened ? "" : opened.chain });
  });

  test("signed side by side is merged; the first founder signs once more for the header", async () => {
    const copies = await Promise.all(founders.map((founder) => signed(draftOf(), founder)));
    const merged = mergeDrafts(copies, nativeCrypto, chainRules);
    if ("refused" in merged) throw new Error(merged.detail);
    expect(missingSignatures(merged, nativeCrypto, chainRules)).toEqual(["customs"]);
    expect(genesisOf(merged, nativeCrypto, chainRules)).toMatchObject({ refused: "invalid-genesis" });
    expect(genesisOf(await signed(merged, customs), nativeCrypto, chainRules)).toMatchObject({ version: 1 });
  });

  test("what a copy has spoilt replaces no signature that holds, in any order", async () => {
    let whole = draftOf();
    for (const founder of [tax, housing, customs]) whole = await signed(whole, founder);
    const spoilt = { ...whole, signatures: { ...whole.signatures, tax: "AAAA", stranger: "AAAA" }, header: "AAAA" };
    const renewed = await signed(draftOf(), tax);
    for (const copies of [
      [whole, spoilt],
      [spoilt, whole],
      [spoilt, renewed, whole],
    ]) {
      const merged = mergeDrafts(copies, nativeCrypto, chainRules);
      if ("refused" in merged) throw new Error(merged.detail);
      expect(missingSignatures(merged, nativeCrypto, chainRules)).toEqual([]);
      expect(genesisOf(merged, nativeCrypto, chainRules)).toEqual(genesisOf(whole, nativeCrypto, chainRules));
    }
    // The header was over another signature of the same founder: it is made once more.
    const unfit = mergeDrafts([spoilt, { ...renewed, header: whole.header }], nativeCrypto, chainRules);
    if ("refused" in unfit) throw new Error(unfit.detail);
    expect(unfit).toMatchObject({ header: null, signatures: renewed.signatures });
    expect(missingSignatures(unfit, nativeCrypto, chainRules)).toEqual(["customs"]);
  });

  test("drafts of different foundings are not merged", async () => {
    const other = { ...draftOf(), name: "other.example" };
    expect(mergeDrafts([await signed(draftOf(), tax), await signed(other, housing)], nativeCrypto, chainRules)).toMatchObject({
      refused: "invalid-genesis",
    });
    expect(mergeDrafts([], nativeCrypto, chainRules)).toMatchObject({ refused: "invalid-genesis" });
  });

  test("whoever is not among the founders cannot sign", async () => {
    const stranger = memoryKeys(makeMember("stranger"));
    expect(await signDraft(draftOf(), stranger, nativeCrypto, chainRules)).toMatchObject({
      refused: "invalid-genesis",
      detail: "this member is not among the founders",
    });
  });

  test("what the rules refuse is refused before anybody signs", async () => {
    for (const [wrong, statements] of [
      [{ quorum: 9 }, undefined],
      [{ name: "Not A Name" }, undefined],
      [{}, [customs.statement, customs.statement]],
      [{}, []],
    ] as const) {
      const draft = { ...draftOf(statements === undefined ? undefined : [...statements]), ...wrong };
      expect(await signDraft(draft, customs.keys, nativeCrypto, chainRules), JSON.stringify(wrong)).toMatchObject({
        refused: "invalid-genesis",
      });
    }
    const broken = { ...draftOf(), statements: [customs.statement, tax.statement.replace("payload", "payl0ad"), housing.statement] };
    expect(await signDraft(broken, customs.keys, nativeCrypto, chainRules)).toMatchObject({ refused: "invalid-statement" });
  });

  test("a signature for another founding, or a cut one, counts as missing", async () => {
    const other = await signed({ ...draftOf(), id: "b".repeat(32) }, tax);
    for (const foreign of [other.signatures["tax"] ?? "", "AAAA", "", "!"]) {
      const draft = { ...(await signed(draftOf(), housing)), signatures: { tax: foreign } };
      expect(missingSignatures(draft, nativeCrypto, chainRules)).toEqual([...ids]);
    }
  });
});
