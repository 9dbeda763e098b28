import { type ArgumentsOf, addressOf, operationCall, stateKeys } from "@vermilion/contracts";
import { describe, expect, test } from "vitest";
import { accountProof, attachmentOf, crypto, makeKey } from "../support/entries.ts";
import { World } from "./world.ts";

describe("accounts.register", () => {
  const asked = (world: World, name = "李雷") => ({ chain: world.id, kind: "holder" as const, name, member: "customs" });
  const submit = (world: World, given: ArgumentsOf["accounts.register"], member = "customs") =>
    world.act(member, { operations: [operationCall("accounts.register", given)], attachments: [] });

  test("an address from the key, a key that may not act as a member", () => {
    const world = new World();
    const key = makeKey("Ed25519");
    const address = addressOf(key.thumbprint, crypto);
    expect(submit(world, { kind: "holder", name: "李雷", jwk: key.jwk, proof: accountProof(key, asked(world)) })).toBe("applied");
    expect(address).toMatch(/^ver1[0-9a-f]{40}$/);
    expect(world.row(stateKeys.account(address))).toMatchObject({ address, kind: "holder", name: "李雷", jwk: key.jwk, member: "customs" });
    expect(world.row(stateKeys.key(key.thumbprint))).toEqual({ jwk: key.jwk, owner: { kind: "account", id: address }, status: "active" });
  });

  test("a known user is detected by key, under whatever name or kind; two citizens may have one name", () => {
    const world = new World();
    const [key, fresh] = [makeKey("P-256"), makeKey("P-256")];
    const register = (name: string, by = key, kind: "holder" | "verifier" = "holder") =>
      submit(world, { kind, name, jwk: by.jwk, proof: accountProof(by, { ...asked(world, name), kind }) });
    expect(register("李雷")).toBe("applied");
    expect(register("韩梅梅")).toBe("refused:account-exists");
    expect(register("李雷", key, "verifier")).toBe("refused:account-exists");
    expect(register("韩梅梅", world.key("tax"))).toBe("refused:account-exists");
    expect(register("李雷", fresh)).toBe("applied");
    const named = [key, fresh].map((each) => world.row(stateKeys.account(addressOf(each.thumbprint, crypto))));
    expect(named.map((row) => row?.name)).toEqual(["李雷", "李雷"]);
  });

  test("the proof is for this chain, kind, name and member, by this key", () => {
    const world = new World();
    const [key, other] = [makeKey("P-256"), makeKey("P-256")];
    const given = { kind: "holder", name: "李雷", jwk: key.jwk } as const;
    const good = accountProof(key, asked(world));
    const [signature] = good.signatures;
    const stretched = `${signature.signature.slice(0, 10)}${signature.signature[10] === "A" ? "B" : "A"}${signature.signature.slice(11)}`;
    const bad = [
      accountProof(key, { ...asked(world), chain: "a".repeat(64) }),
      accountProof(key, { ...asked(world), kind: "verifier" }),
      accountProof(key, { ...asked(world), name: "韩梅梅" }),
      accountProof(key, { ...asked(world), member: "tax" }),
      accountProof(other, asked(world)),
      { ...good, signatures: [{ ...signature, signature: stretched }] as const },
      { ...good, signatures: [{ ...signature, protected: accountProof(other, asked(world)).signatures[0].protected }] as const },
      { ...good, payload: accountProof(key, asked(world, "韩梅梅")).payload },
    ];
    for (const proof of bad) expect(submit(world, { ...given, proof })).toBe("refused:bad-proof");
    expect(submit(world, { ...given, proof: good }, "tax")).toBe("refused:bad-proof");
    expect(submit(world, { ...given, proof: good })).toBe("applied");
  });

  test("one name, one spelling", () => {
    const world = new World();
    const key = makeKey("P-256");
    const decomposed = "Zoe\u0308";
    for (const name of [decomposed, " 李雷", "李雷 ", "李\n雷", "", "字".repeat(65)]) {
      const proof = accountProof(key, asked(world, name));
      expect(submit(world, { kind: "holder", name, jwk: key.jwk, proof })).toBe("refused:malformed-arguments");
    }
    const rare = "𠮷".repeat(64);
    expect(submit(world, { kind: "holder", name: rare, jwk: key.jwk, proof: accountProof(key, asked(world, rare)) })).toBe("applied");
  });
});

describe("verifications.record", () => {
  test("is on the trace, by the account or by the member itself", () => {
    const world = new World();
    const { height } = world;
    // The verifier's account is registered by platform, which alone may speak for it.
    expect(world.act("platform", world.record({ verifier: world.verifier.address }))).toBe("applied");
    expect(world.act("customs", world.record())).toBe("applied");
    const part = { issuerSigned: attachmentOf(`part-${world.certificate}`).sha256, issuerCode: world.member("inspection").uscc };
    expect(world.act("customs", world.record(part))).toBe("applied");
    const trace = (at: number) => world.row(stateKeys.trace(world.certificate, { height: at, index: 0, operation: 0 }));
    expect(trace(height)).toMatchObject({
      kind: "verified",
      who: { kind: "account", id: world.verifier.address },
      verdicts: { integrity: "holds", status: "valid", issuer: "holds" },
    });
    expect(trace(height + 1)).toMatchObject({ who: { kind: "member", id: "customs" } });
    expect(trace(height + 2)).toMatchObject({ part: "inspection" });
  });

  test("each way to be refused", () => {
    const world = new World();
    world.act("platform", world.issue());
    const record = (changes: Parameters<World["record"]>[0]) => world.act("customs", world.record(changes));
    expect(record({ issuerSigned: attachmentOf("forged").sha256 })).toBe("refused:unknown-document");
    expect(record({ certificate: world.identifier("N0") })).toBe("refused:unknown-certificate");
    expect(record({ certificate: world.identifier("B2") })).toBe("refused:document-does-not-match");
    expect(record({ issuerCode: world.member("inspection").uscc })).toBe("refused:issuer-does-not-match");
    expect(record({ verifier: `ver1${"0".repeat(40)}` })).toBe("refused:unknown-account");
    expect(record({ verifier: world.holder.address })).toBe("refused:wrong-account-kind");
    expect(record({ verifier: world.verifier.address })).toBe("refused:account-of-another-member");
    const verdicts = { integrity: "perhaps", status: "valid", issuer: "holds" } as unknown as Parameters<World["record"]>[0];
    expect(record({ verdicts } as Parameters<World["record"]>[0])).toBe("refused:malformed-arguments");
  });
});
