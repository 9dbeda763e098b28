import type { CommitCertificate, Position } from "@vermilion/consensus";
import { describe, expect, test } from "vitest";
import { sent } from "../member/victim.ts";
import { makeKey } from "../support/entries.ts";
import { genesis, oneMemberAlone, victim } from "./support/one-member.ts";

/** A leader claims a commit that no majority has signed. */

oneMemberAlone();

describe("commit certificates", () => {
  const names = ["inspection", "customs", "tax"];
  const forged: readonly (readonly [string, (position: Position) => CommitCertificate])[] = [
    ["too few", (at) => victim.certificate(at, ["inspection", "customs"])],
    ["none", (at) => victim.certificate(at, [])],
    [
      "one signature under two names",
      (at) => ({
        ...victim.certificate(at),
        acknowledgements: Object.fromEntries(names.map((name) => [name, victim.acknowledgement("tax", at)])),
      }),
    ],
    ["of another height", (at) => ({ ...victim.certificate({ ...at, height: 2 }), position: at })],
    ["of another term", (at) => ({ ...victim.certificate({ ...at, term: 2 }), position: at })],
    ["of another header", (at) => ({ ...victim.certificate({ ...at, hash: "0".repeat(64) }), position: at })],
    [
      "of another chain",
      (at) => ({
        position: at,
        acknowledgements: Object.fromEntries(names.map((name) => [name, victim.acknowledgement(name, at, { chain: "0".repeat(64) })])),
      }),
    ],
    [
      "by a stranger",
      (at) => ({
        position: at,
        acknowledgements: {
          ...victim.certificate(at).acknowledgements,
          stranger: victim.acknowledgement("", at, { key: makeKey("P-256") }),
        },
      }),
    ],
    [
      "with one that is no signature",
      (at) => ({ position: at, acknowledgements: { ...victim.certificate(at).acknowledgements, tax: "{}" } }),
    ],
  ];

  test.each(forged)("%s: refused by name, nothing is committed", async (_what, forge) => {
    const block = sent(await victim.block(1, genesis));
    await victim.say(victim.append(1, genesis, [block]));
    await expect(victim.say(victim.append(1, block.position, [], forge(block.position)))).rejects.toMatchObject({
      name: "Fault",
      code: "peer-refused",
      detail: "a commit certificate that does not verify",
    });
    expect(await victim.standing()).toMatchObject({ height: 0, head: genesis.hash });
    await victim.say(victim.append(1, block.position, [], victim.certificate(block.position)));
    expect(await victim.standing()).toMatchObject({ height: 1 });
  });
});
