import { executeEntry, type FoundArguments, operationCall, StateView, stateKeys } from "@vermilion/contracts";
import { genesisChain, type ParsedEntry, parsePolicy } from "@vermilion/ledger";
import { describe, expect, test } from "vitest";
import { crypto, entryBytes, entryOf, foundArgumentsOf, genesisOf, makeMember, payloadOf, signEntry } from "../support/entries.ts";
import { FOUNDED_AT, outcomeOf, TestChain } from "./chain.ts";
import { MEMBERS } from "./world.ts";

const members = MEMBERS.map(makeMember);
const good = foundArgumentsOf(members);
const [platform, inspection] = members;
if (platform === undefined || inspection === undefined) throw new Error("no members");

function found(entry: ParsedEntry, chain: string = entry.transactionHash): string {
  const view = new StateView();
  for (let round = 0; round < 9; round++) {
    const result = executeEntry(view, { chain, height: 0, time: FOUNDED_AT, proposer: "platform", index: 0 }, entry, crypto);
    if (!view.hasMisses) {
      if (outcomeOf(result) !== "applied") expect(view.writes().every(({ key }) => /^(?:used|quota)\//.test(key))).toBe(true);
      return outcomeOf(result);
    }
    for (const key of [...view.misses.keys]) view.load(key, undefined);
  }
  return "no end";
}

function foundWith(change: (given: FoundArguments) => FoundArguments): string {
  return found(genesisOf(members, { time: FOUNDED_AT, given: change(good) }));
}

function withMember(at: number, change: (member: FoundArguments["members"][number]) => FoundArguments["members"][number]) {
  return (given: FoundArguments): FoundArguments => ({
    ...given,
    members: given.members.map((each, place) => (place === at ? change(each) : each)),
  });
}

describe("consortium.found", () => {
  test("stores consortium, members, keys and the rules, with a policy that reads back", () => {
    const chain = new TestChain(["platform", "inspection", "customs", "tax"]);
    const row = chain.row(stateKeys.consortium());
    expect(row).toMatchObject({
      name: "vermilion.example",
      chain: chain.id,
      members: ["platform", "inspection", "customs", "tax"],
      quorum: 3,
    });
    const policy = parsePolicy(row?.policy ?? "", crypto);
    if ("refused" in policy) throw new Error(policy.detail);
    expect(policy.logs).toHaveLength(4);
    expect(new Set(policy.logs.map(({ key }) => key.name))).toEqual(new Set([`vermilion.example/${chain.id.slice(0, 16)}`]));
    expect(policy.witnesses.map(({ name }) => name)).toEqual(["platform", "inspection", "customs", "tax"]);
    expect(policy.groups).toMatchObject([{ name: "members", threshold: 3 }]);
    expect(chain.row(stateKeys.key(chain.key("tax").thumbprint))).toMatchObject({ owner: { kind: "member", id: "tax" }, status: "active" });
    // A key for something else than signing speaks for nobody.
    expect(chain.row(stateKeys.key(chain.member("tax").keys.agree.thumbprint))).toBeUndefined();
    expect(chain.keysUnder("rules/")).toHaveLength(8);
  });

  test("founders name newer rules, or contracts beyond the first seven; who names none gets what was always meant", () => {
    const rulesOf = (contracts: FoundArguments["contracts"]) => {
      const { contracts: _named, ...without } = good;
      const given = contracts === undefined ? without : { ...without, contracts };
      const entry = genesisOf(members, { time: FOUNDED_AT, given });
      const view = new StateView();
      for (let round = 0; round < 9; round++) {
        const block = { chain: entry.transactionHash, height: 0, time: FOUNDED_AT, proposer: "platform", index: 0 };
        if (outcomeOf(executeEntry(view, block, entry, crypto)) !== "applied") return "refused";
        if (!view.hasMisses) break;
        for (const key of [...view.misses.keys]) view.load(key, undefined);
      }
      return Object.fromEntries(view.writes().flatMap(({ key, value }) => (key.startsWith("rules/") ? [[key.slice(6), value]] : [])));
    };
    const first = Object.fromEntries(
      ["accounts", "certificates", "consortium", "grants", "requests", "types", "verifications"].map((contract) => [
        contract,
        [{ version: 1, height: 0 }],
      ]),
    );
    expect(rulesOf(undefined)).toEqual(first);
    expect(rulesOf({ files: 1, types: 2 })).toEqual({
      ...first,
      files: [{ version: 1, height: 0 }],
      types: [{ version: 2, height: 0 }],
    });
    for (const wrong of [{ files: 0 }, { Files: 1 }, Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`c${at}`, 1]))])
      expect(rulesOf(wrong)).toBe("refused");
  });

  test("of one member and of sixteen", () => {
    expect(new TestChain(["alone"]).row(stateKeys.consortium())?.quorum).toBe(1);
    expect(new TestChain(Array.from({ length: 16 }, (_, at) => `member-${at}`)).row(stateKeys.consortium())?.quorum).toBe(11);
  });

  test("two of one id, one credit code, one key", () => {
    expect(foundWith(withMember(1, (member) => ({ ...member, id: "platform" })))).toBe("refused:duplicate-member");
    expect(foundWith(withMember(1, (member) => ({ ...member, uscc: platform.uscc })))).toBe("refused:duplicate-member");
    for (const jwk of [platform.keys.log.jwk, inspection.keys.log.jwk]) {
      expect(foundWith(withMember(1, (member) => ({ ...member, keys: { ...member.keys, cosign: jwk } })))).toBe("refused:duplicate-key");
    }
    const agree = withMember(1, (member) => ({ ...member, keys: { ...member.keys, agree: inspection.keys.sign.jwk } }));
    expect(foundWith(agree)).toBe("refused:duplicate-key");
  });

  test("a credit code with a wrong check digit", () => {
    const wrong = `${inspection.uscc.slice(0, 17)}${inspection.uscc.endsWith("0") ? "1" : "0"}`;
    expect(foundWith(withMember(1, (member) => ({ ...member, uscc: wrong })))).toBe("refused:invalid-uscc");
  });

  test("a quorum that two disjoint halves could reach, or that nobody can", () => {
    for (const quorum of [1, 2, 5]) expect(foundWith((given) => ({ ...given, quorum }))).toBe("refused:quorum-out-of-range");
    for (const quorum of [3, 4]) expect(foundWith((given) => ({ ...given, quorum }))).toBe("applied");
  });

  test("malformed: a name that the policy format has taken, a key of another kind or off the curve, blanks in the name", () => {
    for (const id of ["members", "none", "Platform", "a/b"]) {
      expect(foundWith(withMember(1, (member) => ({ ...member, id })))).toBe("refused:malformed-arguments");
    }
    const log = withMember(1, (member) => ({ ...member, keys: { ...member.keys, log: member.keys.agree } }));
    expect(foundWith(log)).toBe("refused:malformed-arguments");
    const off = withMember(1, (member) => ({
      ...member,
      keys: { ...member.keys, agree: { kty: "EC", crv: "P-256", x: "A".repeat(43), y: "A".repeat(43) } },
    }));
    expect(foundWith(off)).toBe("refused:malformed-arguments");
    for (const name of ["a b", "a+b", "", "Vermilion"])
      expect(foundWith((given) => ({ ...given, name }))).toBe("refused:malformed-arguments");
    expect(foundWith((given) => ({ ...given, members: [] }))).toBe("refused:malformed-arguments");
  });

  test("signed by all founders in their order, by nobody else, with their own keys", () => {
    const keys = members.map((member) => member.keys.sign);
    const signedBy = (chosen: typeof keys) =>
      entryOf(genesisChain, chosen, [operationCall("consortium.found", good)], { time: FOUNDED_AT });
    expect(found(signedBy(keys))).toBe("applied");
    expect(found(signedBy(keys.slice(1)))).toBe("refused:not-the-founders");
    expect(found(signedBy([...keys].reverse()))).toBe("refused:not-the-founders");
    expect(found(signedBy([...keys, makeMember("other").keys.sign]))).toBe("refused:not-the-founders");
    const payload = payloadOf(genesisChain, keys, [operationCall("consortium.found", good)], { time: FOUNDED_AT });
    // The same signers are named, one of the signatures is over something else.
    const forged = keys.map((key, at) => (at === 2 ? { ...key, privateKey: makeMember("thief").keys.sign.privateKey } : key));
    expect(found(signEntry(payload, forged))).toBe("refused:not-the-founders");
    expect(entryBytes(payload, forged).length).toBeGreaterThan(0);
  });

  test("alone in its entry, at height 0, on the chain that it names", () => {
    const keys = members.map((member) => member.keys.sign);
    const call = operationCall("consortium.found", good);
    expect(found(entryOf(genesisChain, keys, [call, call], { time: FOUNDED_AT }))).toBe("refused:not-the-founders");
    const activate = operationCall("consortium.activate", { contract: "types", version: 2, height: 9 });
    expect(found(entryOf(genesisChain, keys, [activate], { time: FOUNDED_AT }))).toBe("refused:not-founded");
    expect(found(entryOf(genesisChain, keys, [call, activate], { time: FOUNDED_AT }))).toBe("refused:not-founded");
    expect(found(genesisOf(members, { time: FOUNDED_AT }), "b".repeat(64))).toBe("refused:entry-of-another-chain");
    expect(found(entryOf("b".repeat(64), keys, [call], { time: FOUNDED_AT }))).toBe("refused:entry-of-another-chain");
  });
});
