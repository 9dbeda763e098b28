import { applied, refusedWith } from "@vermilion/ledger";
import type { Calls } from "@vermilion/member/ports/index";
import type { Services, Submitted, WriteOptions } from "@vermilion/member/services";
import { Fault } from "@vermilion/node/fault";
import { expect, test } from "vitest";
import { memoryCalls } from "../support/memory/stores.ts";
import { addApp, ask, outcomeOf, problemOf, startMember, type TestMember, tokenOf } from "./support/member.ts";
import { certificateId, committed, hash, pending } from "./support/services.ts";

const body = { type: "trade", fields: { name: "一" } };
type Issue = Services["issueCertificate"];
const issued = { ...committed, certificate: certificateId, issuerSignedSha256: hash, sdJwt: "secret~disclosure~" };

async function desk(issue: Issue, services: Partial<Services> = {}, calls?: Calls): Promise<{ member: TestMember; token: string }> {
  const member = await startMember({ services: { issueCertificate: issue, ...services }, ...(calls === undefined ? {} : { calls }) });
  return { member, token: await tokenOf(member, await addApp(member, "desk", ["certificates:issue"])) };
}

function issueWith(member: TestMember, token: string, key: string, json: unknown = body, operator = "a"): Promise<Response> {
  return ask(member, "/v1/certificates", { token, json, headers: { "idempotency-key": key, "vermilion-operator": operator } });
}

/** A use case that counts how often it was reached, and waits for `open` before it answers. */
function gate(answer: () => Awaited<ReturnType<Issue>>) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { promise: entered, resolve: enter } = Promise.withResolvers<void>();
  const reached = { times: 0 };
  const issue: Issue = async () => {
    reached.times++;
    enter();
    await promise;
    return answer();
  };
  return { issue, open: resolve, entered, reached };
}

test.each([
  ["", "400 idempotency-key-missing"],
  ["a b", "400 idempotency-key-malformed"],
  ["k".repeat(129), "400 idempotency-key-malformed"],
])("the key %j is refused", async (key, outcome) => {
  const { member, token } = await desk(async () => issued);
  expect(await outcomeOf(await issueWith(member, token, key))).toBe(outcome);
});

test("of calls that race with one key one runs, the others hear that it is running, and later ones get its answer", async () => {
  const { issue, open, entered, reached } = gate(() => issued);
  const { member, token } = await desk(issue);
  const first = issueWith(member, token, "k1");
  await entered;
  const others = await Promise.all([1, 2, 3].map(() => issueWith(member, token, "k1")));
  expect(await Promise.all(others.map(outcomeOf))).toEqual(["409 call-running", "409 call-running", "409 call-running"]);
  open();
  expect((await first).status).toBe(201);
  const again = await issueWith(member, token, "k1");
  expect([again.status, again.headers.get("idempotent-replayed")]).toEqual([201, "true"]);
  expect(again.headers.get("location")).toBe((await first).headers.get("location"));
  expect(reached.times).toBe(1);
});

test("what is secret in the first answer is neither replayed nor kept", async () => {
  const kept: string[] = [];
  const memory = memoryCalls();
  const calls: Calls = {
    ...memory,
    finish: async (key, answer) => {
      kept.push(JSON.stringify(answer));
      await memory.finish(key, answer);
    },
  };
  const { member, token } = await desk(async () => issued, {}, calls);
  const first = (await (await issueWith(member, token, "k1")).json()) as Record<string, unknown>;
  const again = (await (await issueWith(member, token, "k1")).json()) as Record<string, unknown>;
  const { sdJwt, ...rest } = first;
  expect(sdJwt).toBe("secret~disclosure~");
  expect(again).toEqual(rest);
  expect(kept).toHaveLength(1);
  expect(kept.join()).not.toContain("disclosure");
});

test("another body, operator or route under the same key is refused; another app has keys of its own", async () => {
  const { member, token } = await desk(async () => issued);
  expect((await issueWith(member, token, "k1")).status).toBe(201);
  expect(await outcomeOf(await issueWith(member, token, "k1", { ...body, fields: {} }))).toBe("422 idempotency-key-reused");
  expect(await outcomeOf(await issueWith(member, token, "k1", body, "b"))).toBe("422 idempotency-key-reused");
  const other = await tokenOf(member, await addApp(member, "other", ["certificates:issue"]));
  expect((await issueWith(member, other, "k1", { ...body, fields: {} })).headers.get("idempotent-replayed")).toBeNull();
});

test("a key is kept for 24 hours", async () => {
  let times = 0;
  const member = await startMember({
    services: {
      issueCertificate: async () => {
        times++;
        return issued;
      },
    },
  });
  const app = await addApp(member, "desk", ["certificates:issue"]);
  await issueWith(member, await tokenOf(member, app), "k1");
  member.clock.time += 24 * 3_600_000 - 1;
  await issueWith(member, await tokenOf(member, app), "k1");
  expect(times).toBe(1);
  member.clock.time += 2;
  await issueWith(member, await tokenOf(member, app), "k1");
  expect(times).toBe(2);
});

test("an answer that waited is looked up again when it is repeated", async () => {
  let now: Submitted = pending;
  const { member, token } = await desk(async () => ({ ...issued, ...pending, outcome: applied }), { submission: async () => now });
  expect((await issueWith(member, token, "k1")).status).toBe(202);
  const waiting = await issueWith(member, token, "k1");
  expect([waiting.status, waiting.headers.get("idempotent-replayed")]).toEqual([202, "true"]);
  now = committed;
  const done = await issueWith(member, token, "k1");
  expect([done.status, await done.json()]).toMatchObject([201, { certificate: certificateId, blockNumber: 7 }]);
  now = { ...committed, outcome: refusedWith("certificate-exists") };
  expect(await outcomeOf(await issueWith(member, token, "k1"))).toBe("422 certificate-exists");
});

test("one whose entry ran out of time says so", async () => {
  const submission = async () => ({ refused: "unknown-transaction", detail: "" });
  const { member, token } = await desk(async () => ({ ...issued, ...pending, outcome: applied }), { submission });
  await issueWith(member, token, "k1");
  expect(await outcomeOf(await issueWith(member, token, "k1"))).toBe("409 unknown-transaction");
});

test("a committed refusal is replayed as such", async () => {
  let times = 0;
  const { member, token } = await desk(async () => {
    times++;
    return { ...issued, outcome: refusedWith("certificate-exists") };
  });
  for (const replayed of [null, "true"]) {
    const answer = await issueWith(member, token, "k1");
    expect(answer.headers.get("idempotent-replayed")).toBe(replayed);
    expect([answer.status, await problemOf(answer)]).toMatchObject([422, { code: "certificate-exists", transactionHash: hash }]);
  }
  expect(times).toBe(1);
});

test("a refusal without effect and a fault free the key, also for another body", async () => {
  const answers: (() => Awaited<ReturnType<Issue>>)[] = [
    () => ({ refused: "invalid-fields", detail: "" }),
    () => {
      throw new Fault("storage-failed", "disk");
    },
    () => issued,
  ];
  const { member, token } = await desk(async () => answers.shift()!());
  expect(await outcomeOf(await issueWith(member, token, "k1"))).toBe("422 invalid-fields");
  expect(await outcomeOf(await issueWith(member, token, "k1", { ...body, fields: {} }))).toBe("503 storage-failed");
  expect((await issueWith(member, token, "k1")).status).toBe(201);
});

test("the use case gets one value for one call and key, and another for another, also when the door has forgotten the key", async () => {
  const keys: unknown[] = [];
  const note = (options: WriteOptions) => void keys.push(options.idempotencyKey);
  const member = await startMember({
    services: {
      issueCertificate: async (_input, _caller, options) => {
        note(options);
        return issued;
      },
      defineType: async (_input, _caller, options) => {
        note(options);
        return committed;
      },
    },
  });
  const app = await addApp(member, "desk", ["certificates:issue", "types:define"]);
  const aDayLater = async () => {
    member.clock.time += 25 * 3_600_000;
    return tokenOf(member, app);
  };
  await issueWith(member, await aDayLater(), "k1");
  await issueWith(member, await aDayLater(), "k1");
  expect(keys[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(keys[1]).toBe(keys[0]);
  await issueWith(member, await aDayLater(), "k1", { ...body, fields: {} });
  await issueWith(member, await aDayLater(), "k1", body, "b");
  await issueWith(member, await aDayLater(), "k2");
  const headers = { "idempotency-key": "k1", "vermilion-operator": "a" };
  await ask(member, "/v1/types", { token: await aDayLater(), json: body, headers });
  expect(keys).toHaveLength(6);
  expect(new Set(keys).size).toBe(5);
});

test("a call whose process died is taken over after 60 s, not before", async () => {
  const memory = memoryCalls();
  let died = true;
  // The process ends between the commit and the end of the call: nothing is finished, nothing is abandoned.
  const calls: Calls = {
    ...memory,
    finish: async (key, answer) => (died ? undefined : memory.finish(key, answer)),
    abandon: async (key) => (died ? undefined : memory.abandon(key)),
  };
  let times = 0;
  const counted: Issue = async () => {
    times++;
    return issued;
  };
  const { member, token } = await desk(counted, {}, calls);
  await issueWith(member, token, "k1");
  died = false;
  member.clock.time += 59_999;
  expect(await outcomeOf(await issueWith(member, token, "k1"))).toBe("409 call-running");
  member.clock.time += 1;
  expect((await issueWith(member, token, "k1")).status).toBe(201);
  expect(times).toBe(2);
});

test("an answer that cannot be kept is still given, and the log says so", async () => {
  const calls: Calls = {
    ...memoryCalls(),
    finish: async () => {
      throw new Fault("storage-full", "disk");
    },
  };
  const { member, token } = await desk(async () => issued, {}, calls);
  expect((await issueWith(member, token, "k1")).status).toBe(201);
  expect(member.log.filter(({ level }) => level === "warn")).toMatchObject([{ event: "idempotency-finish-failed" }]);
});
