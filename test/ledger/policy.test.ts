import {
  cosignatureKeyType,
  defaultQuorum,
  formatPolicy,
  logKeyType,
  memberPolicy,
  parsePolicy,
  quorumReached,
  verifierKey,
} from "@vermilion/ledger";
import { nativeCrypto as crypto } from "@vermilion/node/host/native-crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ed25519Key, memberIds, policyOf } from "./fixtures.ts";

const log = verifierKey("log.example", logKeyType, ed25519Key("log").publicKey, crypto).vkey;
const witness = (name: string) => verifierKey(`${name}.example`, cosignatureKeyType, ed25519Key(`witness ${name}`).publicKey, crypto).vkey;

function read(...lines: readonly string[]) {
  const policy = parsePolicy(`${lines.join("\n")}\n`, crypto);
  if ("refused" in policy) throw new Error(policy.detail);
  return policy;
}

describe("policy of a chain", () => {
  test("has one log and one witness a member and comes back from its text", () => {
    const policy = policyOf(3);
    const source = formatPolicy(policy);
    expect(source.match(/^log /gm)).toHaveLength(4);
    expect(source).toContain("group members 3 platform inspection customs tax\nquorum members\n");
    expect(parsePolicy(source, crypto)).toEqual(policy);
  });

  test("is reached by exactly the sets of at least q members", () => {
    fc.assert(
      fc.property(fc.subarray([...memberIds]), fc.integer({ min: 1, max: 4 }), (cosigners, quorum) => {
        expect(quorumReached(policyOf(quorum), cosigners)).toBe(cosigners.length >= quorum);
      }),
    );
  });

  test("no name but those of witnesses counts", () => {
    expect(quorumReached(policyOf(3), ["members", "none", "stranger", "tax", "tax"])).toBe(false);
  });

  test("a member with a reserved name, or a quorum that cannot be, is a bug", () => {
    const member = { id: "members", logKey: ed25519Key("a").publicKey, cosignKey: ed25519Key("b").publicKey };
    const chain = { consortiumName: "c.example", origin: "c.example/0", quorum: 1 };
    expect(() => memberPolicy({ ...chain, members: [member] }, crypto)).toThrow(/^bug: /);
    expect(() => memberPolicy({ ...chain, members: [{ ...member, id: "tax" }], quorum: 2 }, crypto)).toThrow(/^bug: /);
  });

  test("default quorums", () => {
    expect([1, 2, 3, 4, 5, 6, 7, 10].map(defaultQuorum)).toEqual([1, 2, 3, 3, 4, 5, 5, 7]);
  });
});

describe("policy files of others", () => {
  test("the example of C2SP with two levels of groups", () => {
    const policy = read(
      "# a comment",
      "",
      `\tlog ${log} https://log.example/`,
      ...["X1", "X2", "X3"].map((name) => `witness ${name} ${witness(name)}`),
      "group X-witnesses 2 X1 X2 X3",
      ...["Y1", "Y2", "Y3"].map((name) => `  witness\t${name}  ${witness(name)} https://${name}.example/ `),
      "group Y-witnesses any Y1 Y2 Y3",
      "group X-and-Y all X-witnesses Y-witnesses",
      "quorum X-and-Y",
    );
    expect(policy.logs[0]?.url).toBe("https://log.example/");
    expect(policy.groups.map(({ threshold }) => threshold)).toEqual([2, 1, 2]);
    expect(quorumReached(policy, ["X1", "X2", "Y3"])).toBe(true);
    expect(quorumReached(policy, ["X1", "Y1", "Y2", "Y3"])).toBe(false);
    expect(quorumReached(policy, ["X1", "X2", "X3"])).toBe(false);
    expect(parsePolicy(formatPolicy(policy), crypto)).toEqual(policy);
  });

  test("quorum none asks for nobody", () => {
    expect(quorumReached(read("quorum none"), [])).toBe(true);
  });

  test("quorum of a single witness", () => {
    const policy = read(`witness W ${witness("W")}`, "quorum W");
    expect(quorumReached(policy, [])).toBe(false);
    expect(quorumReached(policy, ["W"])).toBe(true);
  });

  const [a, b] = [`witness A ${witness("A")}`, `witness B ${witness("B")}`];
  test.each<[string, readonly string[]]>([
    ["no quorum", [a]],
    ["two quorums", [a, "quorum A", "quorum A"]],
    ["a quorum before its witness", ["quorum A", a]],
    ["a quorum of two names", [a, b, "quorum A B"]],
    ["an unknown quorum", [a, "quorum B"]],
    ["an unknown keyword", [a, "threshold 1", "quorum A"]],
    ["a group member that is not above", [a, "group G all A B", b, "quorum G"]],
    ["a group of itself", [a, "group G any A G", "quorum G"]],
    ["a group member twice in one group", [a, "group G 2 A A", "quorum G"]],
    ["a group member in two groups", [a, b, "group G any A B", "group H any A", "quorum G"]],
    ["none as a group member", [a, "group G any A none", "quorum G"]],
    ["an empty group", [a, "group G all", "quorum A"]],
    ["a threshold of 0", [a, "group G 0 A", "quorum G"]],
    ["a threshold above the members", [a, "group G 2 A", "quorum G"]],
    ["a threshold with a leading zero", [a, "group G 01 A", "quorum G"]],
    ["a threshold that is no number", [a, "group G most A", "quorum G"]],
    ["a witness called none", [a.replace("witness A", "witness none"), "quorum none"]],
    ["one name twice", [a, b.replace("witness B", "witness A"), "quorum A"]],
    ["one witness key twice", [a, a.replace("witness A", "witness B"), "quorum A"]],
    ["one log key twice", [`log ${log}`, `log ${log}`, "quorum none"]],
    ["a log key as witness", [`witness L ${log}`, "quorum L"]],
    ["a witness key as log", [`log ${witness("A")}`, "quorum none"]],
    ["a malformed vkey", ["log log.example+00000000+AQ==", "quorum none"]],
    ["a surplus item", [`log ${log} https://log.example more`, "quorum none"]],
    ["a carriage return", [`${a}\r`, "quorum A"]],
  ])("are refused for %s", (_, lines) => {
    expect(parsePolicy(`${lines.join("\n")}\n`, crypto)).toMatchObject({ refused: "malformed-policy" });
  });

  test("are refused beyond 1,024 lines", () => {
    expect(parsePolicy(`quorum none${"\n".repeat(1_024)}`, crypto)).toMatchObject({ refused: "malformed-policy" });
  });
});
