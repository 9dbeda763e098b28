import { type ArgumentsOf, executeEntry, operationCall, StateView, stateKeys } from "@vermilion/contracts";
import { genesisChain, type ParsedEntry, parsePolicy } from "@vermilion/ledger";
import { describe, expect, test } from "vitest";
import { crypto, entryBytes, entryOf, foundArgumentsOf, genesisOf, makeMember, payloadOf, signEntry } from "../support/entries.ts";
import { FOUNDED_AT, outcomeOf, TestChain } from "./chain.ts";
import { MEMBERS } from "./world.ts";

type Founding = ArgumentsOf["consortium.found"];

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

function foundWith(change: (given: Founding) => Founding): string {
  return found(genesisOf(members, { time: FOUNDED_AT, given: change(good) }));
}

function withMember(at: number, change: (member: Founding["members"][number]) => Founding["members"][number]) {
  return (given: Founding): Founding => ({
    ...given,
    members: given.members.map((each, place) => (place === at ? change(each) : each)),
  });
}

describe("consortium.found", () => {
  test("stores consortium, members, keys and the rules, with a policy that reads back", () => {
    const chain = new TestChain(["platform", "inspection", "customs", "tax"]);
    const row = chain.row(stateKeys.consortium());
    expect(row).toMatchObject({ name: "vermilion.example", chain: chain.id });
    const epochs = chain.row(stateKeys.epochs());
    const ids = ["platform", "inspection", "customs", "tax"];
    expect(epochs).toMatchObject([{ epoch: 1, from: 0, members: ids.map((id) => ({ id, keysFrom: 0 })), quorum: 3 }]);
    const policy = parsePolicy(epochs?.[0]?.policy ?? "", crypto);
    if ("refused" in policy) throw new Error(policy.detail);
    expect(policy.logs).toHaveLength(4);
    expect(new Set(policy.logs.map(({ key }) => key.name))).toEqual(new Set([`vermilion.example/${chain.id.slice(0, 16)}`]));
    expect(policy.witnesses.map(({ name }) => name)).toEqual(["platform", "inspection", "customs", "tax"]);
    expect(policy.groups).toMatchObject([{ name: "members", threshold: 3 }]);
    expect(chain.row(stateKeys.key(chain.key("tax").thumbprint))).toMatchObject({ owner: { kind: "member", id: "tax" }, status: "active" });
    // A key for something else than signing speaks for nobody.
    expect(chain.row(stateKeys.key(chain.member("tax").keys.agree.thumbprint))).toBeUndefined();
    expect(chain.keysUnder("rules/")).toHaveLength(9);
  });

  test("founders name the version of every contract; what they do not name is not in force", () => {
    const rulesOf = (contracts: Founding["contracts"]) => {
      const chain = new TestChain(["platform", "tax"], contracts);
      return Object.fromEntries(chain.keysUnder("rules/").map((key) => [key.slice(6), chain.state.get(key)]));
    };
    expect(rulesOf({ consortium: 1, files: 1, types: 2 })).toEqual({
      consortium: [{ version: 1, height: 0 }],
      files: [{ version: 1, height: 0 }],
      types: [{ version: 2, height: 0 }],
    });
    const tooMany = Object.fromEntries(Array.from({ length: 64 }, (_, at) => [`c${at}`, 1]));
    for (const contracts of [{}, { files: 1 }, { consortium: 1, files: 0 }, { consortium: 1, Files: 1 }, { consortium: 1, ...tooMany }])
      expect(foundWith((given) => ({ ...given, contracts }))).toBe("refused:malformed-arguments");
    const { contracts: _named, ...without } = good;
    const keys = members.map((member) => member.keys.sign);
    const unnamed = { contract: "consortium", operation: "found", arguments: without };
    expect(found(entryOf(genesisChain, keys, [unnamed], { time: FOUNDED_AT }))).toBe("refused:malformed-arguments");
  });

  test("a founding by newer rules than this code knows is told as such", () => {
    expect(foundWith((given) => ({ ...given, contracts: { ...given.contracts, consortium: 7 } }))).toBe("rules-unknown:consortium/7");
  });

  test("of one member and of sixteen", () => {
    const quorumOf = (ids: readonly string[]) => new TestChain(ids).row(stateKeys.epochs())?.[0]?.quorum;
    expect(quorumOf(["alone"])).toBe(1);
    expect(quorumOf(Array.from({ length: 16 }, (_, at) => `member-${at}`))).toBe(11);
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
