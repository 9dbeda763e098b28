import { createHash } from "node:crypto";
import { operationCall } from "@vermilion/contracts";
import { type EntryPayload, encodeEntry, encodePayload, entryTyp, formatOutcome, parseEntry } from "@vermilion/ledger";
import { nativeCrypto } from "@vermilion/node";
import { describe, expect, test } from "vitest";
import { good, insist, leaderOf, permitFields } from "../member/fixtures.ts";
import { eventually } from "../support/cluster.ts";
import { entryBytes, makeKey, payloadOf, signatureOf, type TestKey } from "../support/entries.ts";
import {
  cluster,
  forward,
  fourMembers,
  logged,
  nothingWritten,
  propose,
  putForward,
  services,
  tryToIssue,
} from "./support/four-members.ts";

/** A member hands the leader an entry that is not its author’s, or not of this hour. */

fourMembers();

describe("entries of others", () => {
  const tax = () => cluster.node("tax").identity.keys.sign;
  const registered = (name: string, key: TestKey) =>
    operationCall("accounts.register", { kind: "holder", name, jwk: key.jwk, proof: {} } as never);
  const payload = (more: Partial<EntryPayload> = {}, keys: readonly TestKey[] = [tax()]): EntryPayload => {
    const chain = cluster.node("tax").running?.chain ?? "";
    return { ...payloadOf(chain, keys, [registered("someone", makeKey("P-256"))], { time: Date.now() + forward }), ...more };
  };
  const highS = (given: EntryPayload): Uint8Array => {
    const bytes = encodePayload(given);
    const signature = signatureOf(entryTyp, bytes, tax());
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const s = order - BigInt(`0x${Buffer.from(signature.signature.subarray(32)).toString("hex")}`);
    const high = Buffer.concat([signature.signature.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, "0"), "hex")]);
    return encodeEntry(bytes, [{ ...signature, signature: new Uint8Array(high) }]);
  };
  const notCanonical = (given: EntryPayload): Uint8Array => {
    const bytes = new TextEncoder().encode(new TextDecoder().decode(encodePayload(given)).replace('{"attachments"', '{ "attachments"'));
    return encodeEntry(bytes, [signatureOf(entryTyp, bytes, tax())]);
  };

  const rejected: readonly (readonly [string, string, () => Uint8Array])[] = [
    ["a payload that is not canonical", "not-canonical", () => notCanonical(payload())],
    ["a high S", "high-s", () => highS(payload())],
    ["a surplus signature", "surplus-signature", () => entryBytes(payload(), [tax(), cluster.node("customs").identity.keys.sign])],
    ["a missing signature", "missing-signature", () => entryBytes(payload(), [])],
    ["another chain", "entry-of-another-chain", () => entryBytes(payload({ chain: "0".repeat(64) }), [tax()])],
    [
      "an unregistered key",
      "unknown-key",
      () => {
        const key = makeKey("P-256");
        return entryBytes(payload({}, [key]), [key]);
      },
    ],
    ["another's signature", "signer-mismatch", () => entryBytes(payload(), [cluster.node("customs").identity.keys.sign])],
  ];

  test.each(rejected)("%s: %s, nothing is kept", async (_what, code, make) => {
    const bytes = make();
    const parsed = parseEntry(bytes, nativeCrypto);
    const leader = await leaderOf(cluster);
    await nothingWritten(() => propose(leader, bytes));
    if ("refused" in parsed) expect(parsed.refused).toBe(code);
    else {
      // One that came past the door (of an older software, say) is dropped by the leader, with the same code in its log.
      await cluster.node(leader).stores.raftStore.addProposal({
        transactionHash: parsed.transactionHash,
        author: parsed.payload.signers[0] ?? "",
        id: parsed.payload.id,
        entry: bytes,
        attachments: [],
        until: parsed.payload.until,
      });
      await insist(() => tryToIssue(permitFields));
      expect(logged).toContainEqual({ event: "proposal-dropped", fields: { transactionHash: parsed.transactionHash, why: code } });
    }
  });

  const outcomeOf = async (given: EntryPayload): Promise<string | undefined> => {
    const transactionHash = createHash("sha256").update(encodePayload(given)).digest("hex");
    await propose(await leaderOf(cluster), entryBytes(given, [tax()]));
    const submitted = await eventually(async () => {
      const answer = await services("platform").submission({ transactionHash });
      return "refused" in answer || answer.status === "committed" ? answer : undefined;
    });
    return "refused" in submitted ? submitted.refused : submitted.outcome && formatOutcome(submitted.outcome);
  };

  test("one whose time is over is never taken", async () => {
    const time = Date.now() + forward - 60_000;
    expect(await nothingWritten(() => outcomeOf(payload({ time, until: time + 1_000 })))).toBe("unknown-transaction");
    expect(logged).toContainEqual({ event: "proposal-dropped", fields: expect.objectContaining({ why: "expired" }) });
  });

  test("one that lives longer than a day, or ends before it begins", () => {
    const time = Date.now();
    for (const until of [time, time + 24 * 3_600_000 + 1]) {
      expect(parseEntry(entryBytes(payload({ time, until }), [tax()]), nativeCrypto)).toMatchObject({ refused: "until-out-of-range" });
    }
  });

  test("one from 11 minutes ahead waits until its time is near, and is then judged as any other", async () => {
    const time = Date.now() + forward + 11 * 60_000;
    const given = payload({ time, until: time + 60_000 });
    const leader = await leaderOf(cluster);
    await propose(leader, entryBytes(given, [tax()]));
    good(await tryToIssue(permitFields));
    const transactionHash = createHash("sha256").update(encodePayload(given)).digest("hex");
    expect(await services(leader).submission({ transactionHash })).toMatchObject({ status: "pending" });
    putForward(2 * 60_000);
    good(await tryToIssue(permitFields));
    expect(await services(leader).submission({ transactionHash })).toMatchObject({
      outcome: { kind: "refused", code: expect.stringMatching(/^(?!entry)/) },
    });
  });

  test("one with an id that its author has used", async () => {
    const first = payload();
    expect(await outcomeOf(first)).toMatch(/^refused:(?!duplicate)/);
    expect(await outcomeOf(payload({ id: first.id }))).toBe("refused:duplicate-entry");
  });

  test("an attachment that is missing or is not the one named", async () => {
    const bytes = new TextEncoder().encode("what the entry names");
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const entry = entryBytes(payload({ attachments: [{ name: "document", sha256, size: bytes.length }] }), [tax()]);
    const leader = await leaderOf(cluster);
    await nothingWritten(() => propose(leader, entry));
    await nothingWritten(() => propose(leader, entry, [{ sha256, bytes: new TextEncoder().encode("something else......") }]));
  });
});
