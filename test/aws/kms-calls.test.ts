import { beforeAll, expect, test } from "vitest";
import { caller, good, memberIds, permit, permitFields } from "../member/fixtures.ts";
import { type CountingKeys, countingKeys } from "../support/counting-keys.ts";
import { calm, openAccounts, settle } from "./lambda-life/accounts.ts";

/** How often KMS is asked, counted where members live as on Lambda. Each call costs, and all of an account share a quota. */

async function openCounted() {
  const counters = new Map<string, CountingKeys>();
  const accounts = await openAccounts(calm, {
    keys: (id, keys) => {
      const counter = countingKeys(keys);
      counters.set(id, counter);
      return counter.keys;
    },
  });
  const issueAt = (id: string, idempotencyKey: string) =>
    accounts.get(id)!.invoke(async (member) => {
      const options = { waitMs: 10_000, idempotencyKey };
      return good(await member.services.issueCertificate({ type: "permit", fields: permitFields }, caller, options));
    }, "entries");
  const [first] = memberIds;
  await accounts
    .get(first)!
    .invoke((member) => member.services.defineType({ type: permit }, caller, { waitMs: 10_000, idempotencyKey: "type" }), "entries");
  // The first use of a member's secret makes it.
  for (const id of memberIds) await issueAt(id, "first");
  await settle(accounts);
  const taken = () => Object.fromEntries([...counters].map(([id, counter]) => [id, neededOf(counter.taken())]));
  taken();
  const { state } = await accounts.get(first)!.stores.raftStore.load();
  return { accounts, leader: state?.leader ?? "", issueAt, taken };
}

/**
 * Signatures of different things, which are the same in each run: a message that comes again, to another process, is signed again there.
 * Each use of the wrapping key, though several may be of one secret.
 */
function neededOf({ calls, different }: ReturnType<CountingKeys["taken"]>) {
  for (const name of ["sign", "cosign"] as const) expect(calls[name] ?? 0, name).toBeLessThanOrEqual(2 * (different[name] ?? 0));
  return { ...different, ...(calls.wrap === undefined ? {} : { wrap: calls.wrap }) };
}

let consortium: Awaited<ReturnType<typeof openCounted>>;

beforeAll(async () => {
  consortium = await openCounted();
}, 60_000);

const follower = { sign: 1, cosign: 1 };

/** Each member's calls; the leader is the one whose block it is. */
function byRole(taken: Readonly<Record<string, object>>, leader: string) {
  return { leader: taken[leader], followers: Object.entries(taken).flatMap(([id, calls]) => (id === leader ? [] : [calls])) };
}

test("a lone entry: certificate, entry, header and acknowledgement are signed at the leader, an acknowledgement at each follower", async () => {
  const { accounts, leader, issueAt, taken } = consortium;
  await issueAt(leader, "lone");
  await settle(accounts);
  expect(byRole(taken(), leader)).toEqual({
    // One cosignature each; the record key is wrapped, and the member's secret, from which it is made, is unwrapped.
    leader: { sign: 4, cosign: 1, wrap: 2 },
    followers: [follower, follower, follower],
  });
});

test("an entry issued at a follower: its member signs certificate and entry, the leader the block", async () => {
  const { accounts, leader, issueAt, taken } = consortium;
  const issuer = memberIds.find((id) => id !== leader) ?? "";
  await issueAt(issuer, "from a follower");
  await settle(accounts);
  const { [issuer]: calls, ...others } = taken();
  expect(calls).toEqual({ sign: 3, cosign: 1, wrap: 2 });
  expect(byRole(others, leader)).toEqual({ leader: { sign: 2, cosign: 1 }, followers: [follower, follower] });
});

test("entries that come at once share the signatures of their blocks: two at the leader, one at a follower", async () => {
  const { accounts, leader, issueAt, taken } = consortium;
  const height = async () => (await accounts.get(leader)?.stores.ledger.published())?.height ?? 0;
  const before = await height();
  const entries = 10;
  await Promise.all(Array.from({ length: entries }, (_, number) => issueAt(leader, `of many ${number}`)));
  await settle(accounts);
  const blocks = (await height()) - before;
  const { leader: atLeader, followers } = byRole(taken(), leader);
  expect(blocks).toBeLessThan(entries);
  expect(atLeader).toMatchObject({ sign: 2 * entries + 2 * blocks, wrap: 2 * entries });
  for (const calls of followers) expect(calls).toMatchObject({ sign: blocks });
});
