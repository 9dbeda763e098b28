import { setTimeout as sleep } from "node:timers/promises";
import { type MemberPlatform, openChain, type RunningChain } from "@vermilion/member";
import { Fault } from "@vermilion/node";
import { describe, expect, test } from "vitest";
import { Random } from "../consensus/random.ts";
import { type Cluster, eventually } from "../support/cluster.ts";
import { memoryStores } from "../support/memory/index.ts";
import {
  caller,
  chainOf,
  countRows,
  equalHeads,
  good,
  insist,
  leaderOf,
  memberIds,
  openPermits,
  options,
  permitFields,
  problemsOf,
  servicesOf,
} from "./fixtures.ts";

const input = { type: "permit", fields: permitFields };
const issue = (cluster: Cluster, id: string, key: string, waitMs = options.waitMs) =>
  servicesOf(cluster, id).issueCertificate(input, caller, { waitMs, idempotencyKey: key });
const issueSurely = (cluster: Cluster, id: string, key: string) => insist(() => issue(cluster, id, key));
const issuedAt = (cluster: Cluster, id: string) => countRows(cluster, id, "list-certificate/");

/** What must hold after whatever has happened: everything once, equal heads, clean ledgers, nobody has signed two things at one place. */
async function expectSound(cluster: Cluster, certificates: number): Promise<void> {
  await equalHeads(cluster, 30_000);
  for (const id of cluster.nodes.keys()) expect(await issuedAt(cluster, id)).toBe(certificates);
  expect(await problemsOf(cluster)).toEqual([]);
}

async function over(cluster: Cluster, body: (cluster: Cluster) => Promise<void>): Promise<void> {
  try {
    await body(cluster);
  } finally {
    await cluster.close();
  }
}

describe("writes that fail, or that happen and fail all the same", () => {
  const rolesOf = { leader: leaderOf, follower: async (cluster: Cluster) => ((await leaderOf(cluster)) === "tax" ? "customs" : "tax") };

  test.each([
    ["leader", 50],
    ["follower", 32],
  ] as const)("each write of a %s that issues", async (role, writes) => {
    await over(await openPermits(), async (cluster) => {
      for (let n = 1; n <= writes; n++) {
        const id = await rolesOf[role](cluster);
        const { faults } = cluster.node(id).stores.table;
        if (n % 2 === 0) faults.failAfter(n);
        else faults.failBefore(n);
        await issueSurely(cluster, id, `write-${n}`);
        await equalHeads(cluster);
        faults.clear();
      }
      await expectSound(cluster, writes);
    });
  });
});

describe("no room left", () => {
  test.each([
    ["full", "storage-full"],
    ["readOnly", "storage-read-only"],
  ] as const)("a leader that is %s refuses writes by name, goes on reading, and works again afterwards", async (fault, code) => {
    await over(await openPermits(), async (cluster) => {
      const id = await leaderOf(cluster);
      const first = await issueSurely(cluster, id, "first");
      await equalHeads(cluster);
      const { faults } = cluster.node(id).stores.table;
      faults[fault]();
      await expect(issue(cluster, id, "second")).rejects.toMatchObject({ name: "Fault", code });
      expect(good(await servicesOf(cluster, id).certificate({ certificate: first.certificate })).status).toBe("valid");
      expect(good(await servicesOf(cluster, id).ownFields({ certificate: first.certificate, part: "main" }, caller)).fields).toEqual(
        permitFields,
      );
      expect(good(await servicesOf(cluster, id).receipt({ transactionHash: first.transactionHash }, { waitMs: 0 })).final).toBe(true);
      faults.clear();
      await issueSurely(cluster, id, "second");
      await expectSound(cluster, 2);
    });
  });

  test("the others go on while a leader or a follower has no room, and it catches up when it has", async () => {
    await over(await openPermits(), async (cluster) => {
      let number = 0;
      for (const choose of [leaderOf, async () => "tax"]) {
        const id = await choose(cluster);
        const { faults } = cluster.node(id).stores.table;
        faults.full();
        const other = memberIds.find((member) => member !== id && member !== "tax") ?? "";
        for (let n = 0; n < 3; n++) await issueSurely(cluster, other, `while-full-${number++}`);
        expect((await servicesOf(cluster, id).health({})).status).toBe("degraded");
        faults.clear();
        await equalHeads(cluster);
        expect((await servicesOf(cluster, id).health({})).status).toBe("ok");
      }
      await expectSound(cluster, number);
    });
  });

  test("all of them full: nothing is written, everything is there once there is room", async () => {
    await over(await openPermits(), async (cluster) => {
      await equalHeads(cluster);
      for (const { stores } of cluster.nodes.values()) stores.table.faults.full();
      for (const id of memberIds) await expect(issue(cluster, id, `of-${id}`)).rejects.toMatchObject({ code: "storage-full" });
      for (const { stores } of cluster.nodes.values()) stores.table.faults.clear();
      await Promise.all(memberIds.map((id) => issueSurely(cluster, id, `of-${id}`)));
      await expectSound(cluster, 4);
    });
  });
});

describe("a bad network", () => {
  test.each([1, 2, 3])("200 certificates through all four members over lost, doubled and half-lost calls, seed %i", async (seed) => {
    await over(await openPermits({}, 2), async (cluster) => {
      const random = new Random(seed);
      cluster.network.spoil = () => {
        const drawn = random.between(0, 100 - 1);
        return drawn < 8 ? "drop" : drawn < 16 ? "lose-answer" : drawn < 24 ? "repeat" : "deliver";
      };
      const certificates = await Promise.all(
        Array.from({ length: 200 }, async (_, number) => {
          const id = memberIds[number % 4] ?? "";
          await sleep(random.between(0, 400 - 1));
          return (await issueSurely(cluster, id, `load-${number}`)).certificate;
        }),
      );
      expect(new Set(certificates).size).toBe(200);
      cluster.network.spoil = () => "deliver";
      await expectSound(cluster, 200);
    });
  });

  test("garbage, altered and stale answers", async () => {
    await over(await openPermits({}, 2), async (cluster) => {
      const random = new Random(7);
      const earlier: Uint8Array[] = [];
      cluster.network.alter = (_from, _to, _call, answer) => {
        earlier.push(answer);
        switch (random.between(0, 12 - 1)) {
          case 0:
            return new Uint8Array();
          case 1:
            return Uint8Array.from({ length: 200 }, () => random.between(0, 256 - 1));
          case 2: {
            const altered = Uint8Array.from(answer);
            const place = random.between(0, altered.length - 1);
            altered[place] = (altered[place] ?? 0) ^ 1;
            return altered;
          }
          case 3:
            return earlier[random.between(0, earlier.length - 1)] ?? answer;
          default:
            return answer;
        }
      };
      await Promise.all(Array.from({ length: 60 }, (_, number) => issueSurely(cluster, memberIds[number % 4] ?? "", `garbage-${number}`)));
      cluster.network.alter = (_from, _to, _call, answer) => answer;
      await expectSound(cluster, 60);
    });
  });

  test("the leader alone on one side: the others go on, what it took is there once", async () => {
    await over(await openPermits(), async (cluster) => {
      const leader = await leaderOf(cluster);
      await issueSurely(cluster, leader, "before");
      await equalHeads(cluster);
      cluster.network.spoil = (from, to) => ((from === leader) === (to === leader) ? "deliver" : "drop");
      const cutOff = good(await issue(cluster, leader, "cut-off", 200));
      expect(cutOff.status).toBe("pending");
      const other = memberIds.find((id) => id !== leader) ?? "";
      for (let n = 0; n < 5; n++) await issueSurely(cluster, other, `majority-${n}`);
      expect(good(await servicesOf(cluster, leader).submission({ transactionHash: cutOff.transactionHash })).status).toBe("pending");
      cluster.network.spoil = () => "deliver";
      expect((await issueSurely(cluster, leader, "cut-off")).transactionHash).toBe(cutOff.transactionHash);
      await expectSound(cluster, 7);
    });
  });

  test("two halves: neither commits, both are one again afterwards", async () => {
    await over(await openPermits(), async (cluster) => {
      await equalHeads(cluster);
      const { height } = await chainOf(cluster, "tax");
      const west = ["platform", "inspection"];
      cluster.network.spoil = (from, to) => (west.includes(from) === west.includes(to) ? "deliver" : "drop");
      const written = await Promise.all(memberIds.map((id) => issue(cluster, id, `half-${id}`, 600)));
      for (const answer of written) expect(good(answer).status).toBe("pending");
      for (const id of memberIds) expect((await chainOf(cluster, id)).height).toBe(height);
      cluster.network.spoil = () => "deliver";
      await Promise.all(memberIds.map((id) => issueSurely(cluster, id, `half-${id}`)));
      await expectSound(cluster, 4);
    });
  });

  test("one-way calls: a member that is heard and hears nothing disturbs nobody", async () => {
    await over(await openPermits(), async (cluster) => {
      const leader = await leaderOf(cluster);
      const deaf = memberIds.find((id) => id !== leader) ?? "";
      await equalHeads(cluster);
      cluster.network.spoil = (_from, to) => (to === deaf ? "drop" : "deliver");
      for (let n = 0; n < 5; n++) await issueSurely(cluster, leader, `deaf-${n}`);
      expect(await chainOf(cluster, leader)).toMatchObject({ role: "leader" });
      cluster.network.spoil = () => "deliver";
      await expectSound(cluster, 5);
    });
  });
});

describe("members that come and go", () => {
  test("a member that was down for 100 blocks catches up", async () => {
    await over(await openPermits(), async (cluster) => {
      const down = (await leaderOf(cluster)) === "tax" ? "customs" : "tax";
      await equalHeads(cluster);
      const { height } = await chainOf(cluster, down);
      await cluster.kill(down);
      for (let n = 0; n < 100; n++) await issueSurely(cluster, "platform", `down-${n}`);
      expect((await chainOf(cluster, "platform")).height).toBeGreaterThanOrEqual(height + 100);
      await cluster.restart(down);
      await expectSound(cluster, 100);
    });
  });

  test("all end at once under load, and again: everything acknowledged is there once", async () => {
    await over(await openPermits({}, 2), async (cluster) => {
      const acknowledged: Promise<unknown>[] = [];
      for (let round = 0; round < 4; round++) {
        for (let n = 0; n < 20; n++) acknowledged.push(insist(() => whenUp(cluster, n, `round-${round}-${n}`)));
        await sleep(40 + 30 * round);
        await Promise.all(memberIds.map((id) => cluster.kill(id)));
        for (const id of memberIds) await cluster.restart(id);
      }
      await Promise.all(acknowledged);
      await expectSound(cluster, 80);
    });
  });

  /** A client whose member is down comes back later. */
  async function whenUp(cluster: Cluster, number: number, key: string): Promise<object> {
    const id = memberIds[number % 4] ?? "";
    if (cluster.node(id).running === undefined) return { status: "pending" };
    return issue(cluster, id, key, 1_000);
  }
});

describe("keys that do not answer", () => {
  /** Members whose cosign keys answer, or do not, as the test says. */
  async function openWithKeys() {
    let answers = true;
    const cluster = await openPermits({
      platform: (_node, platform) => ({
        ...platform,
        keys: {
          ...platform.keys,
          cosign: async (message) => {
            if (!answers) throw new Fault("keys-unavailable", "ordered by the test");
            return platform.keys.cosign(message);
          },
        },
      }),
    });
    const say = (answer: boolean): void => {
      answers = answer;
    };
    return { cluster, say };
  }

  test("commits go on without cosignatures, and are final when the keys are back", async () => {
    const { cluster, say } = await openWithKeys();
    await over(cluster, async () => {
      say(false);
      const issued = await issueSurely(cluster, "platform", "unsigned");
      expect(good(await servicesOf(cluster, "tax").receipt({ transactionHash: issued.transactionHash }, { waitMs: 100 })).final).toBe(
        false,
      );
      say(true);
      await expectSound(cluster, 1);
      expect(good(await servicesOf(cluster, "tax").receipt({ transactionHash: issued.transactionHash }, { waitMs: 0 })).final).toBe(true);
    });
  });

  test("all end between a commit and its cosignatures: it becomes final with nothing more written", async () => {
    const { cluster, say } = await openWithKeys();
    await over(cluster, async () => {
      say(false);
      const issued = await issueSurely(cluster, "platform", "unsigned");
      await eventually(async () => (await Promise.all(memberIds.map((id) => issuedAt(cluster, id)))).every((count) => count === 1));
      await Promise.all(memberIds.map((id) => cluster.kill(id)));
      say(true);
      for (const id of memberIds) await cluster.restart(id);
      await expectSound(cluster, 1);
      expect(good(await servicesOf(cluster, "tax").receipt({ transactionHash: issued.transactionHash }, { waitMs: 0 })).final).toBe(true);
    });
  });
});

test("a leader whose clock is 11 minutes ahead is not followed; another one leads, and what the first one wrote waits its time", async () => {
  let ahead = 0;
  let later = 0;
  const others = await openPermits({
    platform: (node, platform) => {
      const now = () => platform.clock.now() + (node.id === "platform" ? ahead : later);
      return { ...platform, clock: { ...platform.clock, now } };
    },
  });
  try {
    expect(await leaderOf(others)).toBe("platform");
    ahead = 11 * 60_000;
    const issueAs = (id: string) =>
      servicesOf(others, id).issueCertificate({ type: "permit", fields: permitFields }, caller, {
        waitMs: 500,
        idempotencyKey: `of-${id}`,
      });
    expect(good(await issueAs("platform")).status).toBe("pending");
    expect((await insist(() => issueAs("customs"))).outcome).toEqual({ kind: "applied" });
    expect(await leaderOf(others)).not.toBe("platform");
    const refusals = [...others.nodes.values()].flatMap(({ errors }) => errors).filter(({ event }) => event === "block-refused");
    expect(refusals[0]?.fields).toMatchObject({ refused: "invalid-block", why: expect.stringMatching(/ahead of this member's clock/) });
    expect(good(await issueAs("platform")).status).toBe("pending");
    later = 2 * 60_000;
    expect((await insist(() => issueAs("platform"))).outcome).toEqual({ kind: "applied" });
    await equalHeads(others);
    expect(await problemsOf(others)).toEqual([]);
  } finally {
    await others.close();
  }
});

describe("two processes over one store", () => {
  /** A second process beside the running one of a member; calls of others reach now this one, now that one. */
  async function twinOf(cluster: Cluster, id: string, platform: MemberPlatform): Promise<RunningChain> {
    const node = cluster.node(id);
    const { running } = node;
    if (running === undefined) throw new Error(`${id} is not running`);
    const { ledger, raftStore, recordKeys } = memoryStores(node.stores.table);
    const twin = await openChain({ ...platform, ledger, raftStore, recordKeys }, { member: id, genesis: cluster.genesis });
    twin.start();
    let turn = 0;
    const either = () => (turn++ % 2 === 0 ? running : twin);
    node.running = {
      ...running,
      peerDoor: { handle: (...given) => either().peerDoor.handle(...given) },
      services: { ...running.services, issueCertificate: (...given) => either().services.issueCertificate(...given) },
      close: async () => {
        await Promise.all([running.close(), twin.close()]);
      },
    };
    return twin;
  }

  test("of the leader and of a follower: turns overlap, nothing is lost, doubled or forked", async () => {
    const platforms = new Map<string, MemberPlatform>();
    const cluster = await openPermits({
      platform: (node, platform) => {
        platforms.set(node.id, platform);
        return platform;
      },
    });
    await over(cluster, async () => {
      await equalHeads(cluster);
      for (const id of [await leaderOf(cluster), "tax", "customs"].slice(0, 2)) {
        const platform = platforms.get(id);
        if (platform === undefined) throw new Error("opened with a platform");
        await twinOf(cluster, id, platform);
      }
      await Promise.all(Array.from({ length: 80 }, (_, number) => issueSurely(cluster, memberIds[number % 4] ?? "", `twin-${number}`)));
      await eventually(async () => (await issuedAt(cluster, "inspection")) === 80);
      await expectSound(cluster, 80);
    });
  });
});
