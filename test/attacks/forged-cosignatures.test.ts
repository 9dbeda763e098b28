import { setTimeout as sleep } from "node:timers/promises";
import { frontierRoot, parsePolicy, toHex, verifyCheckpoint } from "@vermilion/ledger";
import { nativeCrypto } from "@vermilion/node";
import { frontierOf } from "@vermilion/node/chain/block";
import { encodeRaftCall } from "@vermilion/node/peers/wire";
import { describe, expect, test } from "vitest";
import { eventually } from "../support/cluster.ts";
import { cosigned, cosignerKeyOf, goesOn, oneMemberAlone, victim } from "./support/one-member.ts";

/** A peer offers cosignatures that are not what they say. */

oneMemberAlone();

describe("cosignatures", () => {
  const head = async () => {
    const published = await victim.stores.ledger.published();
    if (published === undefined) throw new Error("genesis is published");
    return { size: published.size, root: frontierRoot(frontierOf(published), nativeCrypto) };
  };
  const offer = async (from: string, line: string, size: number, root: Uint8Array) =>
    victim.call(from, { messages: [], cosigned: [{ size, root: toHex(root), lines: { [from]: line } }] });
  const spoiled: readonly (readonly [string, "passed over" | "refused", (size: number, root: Uint8Array) => Promise<string>])[] = [
    [
      "under a stranger's name",
      "passed over",
      (size, root) => cosigned("customs", size, root, { ...cosignerKeyOf("customs"), name: "somebody/else" }),
    ],
    ["under another member's name", "passed over", (size, root) => cosigned("customs", size, root, cosignerKeyOf("tax"))],
    [
      "under another key id",
      "passed over",
      (size, root) => cosigned("customs", size, root, { ...cosignerKeyOf("customs"), keyId: "00000000" }),
    ],
    ["of another root", "passed over", (size) => cosigned("customs", size, new Uint8Array(32))],
    ["with words before it", "refused", async (size, root) => `any words\n\n${await cosigned("customs", size, root)}`],
    [
      "with a second line after it",
      "refused",
      async (size, root) => `${await cosigned("customs", size, root)}\n${await cosigned("tax", size, root)}`,
    ],
    ["with a line end", "refused", async (size, root) => `${await cosigned("customs", size, root)}\n`],
    ["with a carriage return", "refused", async (size, root) => `${await cosigned("customs", size, root)}\r`],
    ["that is empty", "refused", async () => ""],
  ];

  test.each(spoiled)("%s: %s; not kept, not counted", async (_what, how, spoil) => {
    await goesOn(1);
    const { size, root } = await head();
    const line = await spoil(size, root);
    if (how === "passed over") await offer("customs", line, size, root);
    else await expect(offer("customs", line, size, root)).rejects.toMatchObject({ name: "Fault", code: "peer-refused" });
    expect([...(await victim.stores.ledger.cosignatures(size)).keys()]).toEqual(["platform"]);
    await offer("tax", await cosigned("tax", size, root), size, root);
    expect(await victim.stores.ledger.finalSize()).toBe(0);
    await offer("customs", await cosigned("customs", size, root), size, root);
    expect(await victim.stores.ledger.finalSize()).toBe(size);
    const policy = parsePolicy(await victim.running.services.policy({}), nativeCrypto);
    if ("refused" in policy) throw new Error(policy.refused);
    const note = await victim.running.services.checkpoint({});
    if (typeof note !== "string") throw new Error(note.refused);
    expect(verifyCheckpoint(note, policy, nativeCrypto)).toMatchObject({ ok: true });
  });

  test("of no tree, or of the middle of a block: nothing becomes final and nothing breaks", async () => {
    await goesOn(1);
    const { root } = await head();
    for (const size of [0, 3]) await offer("customs", await cosigned("customs", size, root), size, root).catch(() => undefined);
    expect(await victim.stores.ledger.finalSize()).toBe(0);
  });

  test("in an answer they stop nothing", async () => {
    await goesOn(1);
    const { size, root } = await head();
    const evil = `${await cosigned("customs", size, root)}\n`;
    const answer = encodeRaftCall({ messages: [], cosigned: [{ size, root: toHex(root), lines: { customs: evil } }] });
    let asked = 0;
    for (const member of ["inspection", "customs", "tax"]) {
      victim.peers.set(member, async () => {
        asked += 1;
        return answer;
      });
    }
    await victim.reopen();
    await eventually(async () => asked >= 6);
    await sleep(20);
    expect([...(await victim.stores.ledger.cosignatures(size)).keys()]).toEqual(["platform"]);
    expect((await victim.running.services.health({})).status).toBe("ok");
  });

  test("of another root, in another's name, of a size that is not here: not kept, nothing becomes final", async () => {
    await goesOn(1);
    const published = (await victim.stores.ledger.published())!;
    const { size } = published;
    const root = frontierRoot(frontierOf(published), nativeCrypto);
    const offer = async (from: string, lines: Record<string, string>, at = size, claimed = root) => {
      await victim.call(from, { messages: [], cosigned: [{ size: at, root: toHex(claimed), lines }] });
      return [...(await victim.stores.ledger.cosignatures(at)).keys()].sort();
    };
    const lie = await cosigned("customs", size, new Uint8Array(32));
    expect(await offer("customs", { customs: lie, tax: await cosigned("customs", size, root), stranger: lie })).toEqual(["platform"]);
    expect(victim.logged.map(({ event }) => event)).toContain("cosignature-does-not-verify");
    expect(await offer("customs", { customs: await cosigned("customs", size + 5, root) }, size + 5)).toEqual([]);
    expect(await victim.stores.ledger.finalSize()).toBe(0);
    expect(await offer("customs", { customs: await cosigned("customs", size, root) })).toEqual(["customs", "platform"]);
    expect(await victim.stores.ledger.finalSize()).toBe(0);
    expect(await offer("tax", { tax: await cosigned("tax", size, root) })).toEqual(["customs", "platform", "tax"]);
    expect(await victim.stores.ledger.finalSize()).toBe(size);
  });
});
