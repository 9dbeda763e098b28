import { randomBytes } from "node:crypto";
import { utf8 } from "@vermilion/ledger";
import { blockBytesMax } from "@vermilion/node/chain/block";
import { proposalOf } from "@vermilion/node/entries/proposal";
import { encodeProposalCall } from "@vermilion/node/peers/wire";
import type { Attachment } from "@vermilion/node/ports/index";
import { describe, expect, test } from "vitest";
import { equalHeads, leaderOf } from "../member/fixtures.ts";
import { eventually } from "../support/cluster.ts";
import { attachmentOf, referenceTo } from "./support/attachments.ts";
import { cluster, entryBy, forward, fourMembers, issuePermit, running, services } from "./support/four-members.ts";

/** A member hands the leader a proposal that would make a block which no follower takes. */

fourMembers();

describe("proposals that no follower would take in a block", () => {
  const pieces = (bytes: number): Attachment[] => {
    const sizes = Array.from({ length: Math.ceil(bytes / 262_144) }, (_, at) => Math.min(262_144, bytes - at * 262_144));
    return sizes.map((size) => attachmentOf(new Uint8Array(randomBytes(size))));
  };
  const nothing = { contract: "nothing", operation: "nothing", arguments: {} };
  const proposed = async (named: readonly Attachment[], given: readonly Attachment[], more: object = {}) => {
    const leader = await leaderOf(cluster);
    const references = named.map((attachment, at) => referenceTo(`piece-${at}`, attachment));
    const entry = entryBy("tax", [nothing], references, more);
    await running(leader).peerDoor.handle("tax", "proposals", encodeProposalCall([proposalOf(entry, given)]));
    const { raftStore } = cluster.node(leader).stores;
    const held =
      (await raftStore.hasProposal(entry.transactionHash)) ||
      (await services(leader).submission({ transactionHash: entry.transactionHash }));
    return { entry, isKnown: held === true || !("refused" in held) };
  };
  const year = 365 * 86_400_000;
  const surplus = attachmentOf(utf8("surplus"));
  const refused: readonly (readonly [string, () => Promise<{ isKnown: boolean }>])[] = [
    ["with an attachment that they do not name", () => proposed([], [surplus])],
    ["with an attachment under a false name", () => proposed([], [{ sha256: surplus.sha256, bytes: utf8("poison") }])],
    ["with an attachment twice", () => proposed([surplus], [surplus, surplus])],
    ["with an attachment that is for some members only", () => sealedOne()],
    ["of more than a block holds", () => proposed(...twice(pieces(blockBytesMax)))],
    ["of all that 16 attachments can hold", () => proposed(...twice(pieces(16 * 262_144)))],
    ["dated a year ahead", () => proposed([], [], { time: Date.now() + forward + year })],
  ];
  const twice = <T>(value: T): [T, T] => [value, value];
  const sealedOne = async () => {
    const leader = await leaderOf(cluster);
    const entry = entryBy("tax", [nothing], [referenceTo("keys", surplus, ["tax", "customs"])]);
    await running(leader).peerDoor.handle("tax", "proposals", encodeProposalCall([proposalOf(entry, [surplus])]));
    return { isKnown: await cluster.node(leader).stores.raftStore.hasProposal(entry.transactionHash) };
  };

  test.each(refused)("%s never enter the leader's store", async (_what, propose) => {
    expect((await propose()).isKnown).toBe(false);
    expect((await issuePermit("customs")).outcome).toEqual({ kind: "applied" });
    for (const { stores } of cluster.nodes.values()) expect(await stores.ledger.attachment(surplus.sha256)).toBeUndefined();
    await equalHeads(cluster);
  });

  test("one that just fits is taken by all", async () => {
    const { entry } = await proposed(...twice(pieces(blockBytesMax - 65_535)));
    const done = await eventually(async () => {
      const answer = await services("customs").submission({ transactionHash: entry.transactionHash });
      return "outcome" in answer ? answer.outcome : undefined;
    });
    expect(done).toEqual({ kind: "refused", code: "unknown-operation" });
    await equalHeads(cluster);
  });
});
