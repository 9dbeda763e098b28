import { describe, expect, test } from "vitest";
import { type Cluster, eventually } from "../support/cluster.ts";
import {
  caller,
  countRows,
  equalHeads,
  good,
  insist,
  leaderOf,
  openPermits,
  options,
  permitFields,
  problemsOf,
  servicesOf,
} from "./fixtures.ts";
import { Fuses } from "./fuse.ts";

/**
 * A process that ends after each mark it makes outside itself, one after the other, through whole use cases. All deaths of one use case
 * happen to one consortium, so that whatever one of them leaves behind must carry the next.
 */

interface Story {
  /** Who dies in the next trial. */
  readonly victim: (cluster: Cluster) => Promise<string>;
  /** What it dies of: done, or at least begun, when the promise settles; the same call may be repeated. */
  readonly act: (cluster: Cluster, trial: Trial) => Promise<object>;
  /** Comes before the act and is not interrupted. */
  readonly before?: (cluster: Cluster, trial: Trial) => Promise<void>;
  /** Comes when the victim is back. */
  readonly after?: (cluster: Cluster, trial: Trial) => Promise<void>;
  /** Keys of rows of which exactly one more must be there after each trial. */
  readonly grows: readonly string[];
}

interface Trial {
  readonly number: number;
  readonly victim: string;
  readonly key: string;
  /** What `before` leaves for `act` and `after`. */
  readonly notes: Map<string, string>;
}

async function dieEverywhere(story: Story, prepare: (cluster: Cluster) => Promise<void> = async () => undefined): Promise<number> {
  const fuses = new Fuses();
  const cluster = await openPermits({ platform: fuses.platform });
  try {
    await prepare(cluster);
    await equalHeads(cluster);
    let number = 0;
    // Once the whole use case passes without the death that was ordered, there is no further place to die at.
    while (await trialOf(cluster, fuses, story, number)) number += 1;
    expect(await problemsOf(cluster)).toEqual([]);
    return number;
  } finally {
    await cluster.close();
  }
}

/** True when the victim died. */
async function trialOf(cluster: Cluster, fuses: Fuses, story: Story, number: number): Promise<boolean> {
  const victim = await story.victim(cluster);
  const trial: Trial = { number, victim, key: `trial-${number}`, notes: new Map() };
  const counts = () => Promise.all(story.grows.map((prefix) => countRows(cluster, victim, prefix)));
  await story.before?.(cluster, trial);
  const before = await counts();
  const fuse = fuses.of(victim);
  fuse.set(number);
  let isOver = false;
  const first = story.act(cluster, trial).then(
    () => undefined,
    () => undefined,
  );
  void first.then(() => {
    isOver = true;
  });
  await eventually(async () => fuse.dead || (isOver && (await isAsleep(cluster))));
  const died = fuse.dead;
  fuse.disarm();
  if (died) await cluster.restart(victim);
  await story.after?.(cluster, trial);
  await equalHeads(cluster);
  const between = await counts();
  for (const [place, count] of between.entries()) expect([before[place], (before[place] ?? 0) + 1]).toContain(count);
  await insist(() => story.act(cluster, trial));
  await equalHeads(cluster);
  expect(await counts(), `trial ${number}`).toEqual(before.map((count) => count + 1));
  return died;
}

async function isAsleep(cluster: Cluster): Promise<boolean> {
  return equalHeads(cluster, 0).then(
    () => true,
    () => false,
  );
}

const issueAt = (id: string) => (cluster: Cluster, trial: Trial) =>
  servicesOf(cluster, id).issueCertificate({ type: "permit", fields: permitFields }, caller, { ...options, idempotencyKey: trial.key });
const issueByVictim: Story["act"] = (cluster, trial) => issueAt(trial.victim)(cluster, trial);

async function followerOf(cluster: Cluster): Promise<string> {
  const leader = await leaderOf(cluster);
  return leader === "tax" ? "inspection" : "tax";
}

const certificates = ["list-certificate/", "list-certificate-type/", "certificate/"];

describe("a process that ends at any moment", () => {
  test("the leader, while it issues", async () => {
    expect(await dieEverywhere({ victim: leaderOf, act: issueByVictim, grows: certificates })).toBeGreaterThan(20);
  });

  test("a follower, while it issues", async () => {
    expect(await dieEverywhere({ victim: followerOf, act: issueByVictim, grows: certificates })).toBeGreaterThan(10);
  });

  test("a follower, while it accepts another's block", async () => {
    const act: Story["act"] = async (cluster, trial) => issueAt(trial.victim === "tax" ? "inspection" : "tax")(cluster, trial);
    expect(await dieEverywhere({ victim: followerOf, act, grows: certificates })).toBeGreaterThan(8);
  });

  test("the leader, while another member issues", async () => {
    const act: Story["act"] = async (cluster, trial) => issueAt(trial.victim === "tax" ? "inspection" : "tax")(cluster, trial);
    expect(await dieEverywhere({ victim: leaderOf, act, grows: certificates })).toBeGreaterThan(20);
  });

  test("a member that is about to lead, after the leader has gone", async () => {
    const story: Story = {
      victim: followerOf,
      before: async (cluster, trial) => {
        const leader = await leaderOf(cluster);
        trial.notes.set("leader", leader);
        await cluster.kill(leader);
      },
      act: issueByVictim,
      after: async (cluster, trial) => cluster.restart(trial.notes.get("leader") ?? ""),
      grows: certificates,
    };
    expect(await dieEverywhere(story)).toBeGreaterThan(20);
  });
});

describe("a process that ends at any moment of a request, a decision, a grant", () => {
  let certificate = "";
  const prepare = async (cluster: Cluster): Promise<void> => {
    const issued = await servicesOf(cluster, "platform").issueCertificate({ type: "permit", fields: permitFields }, caller, options);
    certificate = good(issued).certificate;
  };
  const open = (cluster: Cluster, reader: string, fields: readonly string[], key: string) =>
    servicesOf(cluster, reader).openRequest(
      { certificate, part: "main", fields, purpose: "clearance", serviceItem: "import", basis: "customs-law" },
      caller,
      { ...options, idempotencyKey: key },
    );

  /** The request is open and the reader has read what it asked for, which is the end of the grant that the owner owes. */
  const openAndRead: Story["act"] = async (cluster, trial) => {
    const opened = await open(cluster, "customs", ["name"], trial.key);
    if ("refused" in opened || opened.status === "pending") return opened;
    const read = good(await servicesOf(cluster, "customs").grantedFields({ request: opened.request }, caller, { waitMs: 10_000 }));
    expect(read.fields).toEqual({ name: permitFields.name });
    return opened;
  };
  const granted = ["request/", "grant/", "list-request/customs/"];

  test("the owner, while it gives what a standing policy allows", async () => {
    expect(await dieEverywhere({ victim: async () => "platform", act: openAndRead, grows: granted }, prepare)).toBeGreaterThan(20);
  });

  test("the reader, while it asks and reads", async () => {
    expect(await dieEverywhere({ victim: async () => "customs", act: openAndRead, grows: granted }, prepare)).toBeGreaterThan(15);
  });

  test("the owner, while it decides", async () => {
    const story: Story = {
      victim: async () => "platform",
      before: async (cluster, trial) => {
        const opened = await insist(() => open(cluster, "tax", ["name", "quantity"], trial.key));
        trial.notes.set("request", opened.request);
        await equalHeads(cluster);
      },
      act: async (cluster, trial) => {
        const request = trial.notes.get("request") ?? "";
        const decision = { decision: "approve", reason: "lawful" } as const;
        return servicesOf(cluster, "platform").decideRequest({ request, ...decision }, caller, {
          ...options,
          idempotencyKey: `decide-${trial.key}`,
        });
      },
      after: async (cluster, trial) => {
        const request = trial.notes.get("request") ?? "";
        const row = good(await servicesOf(cluster, "tax").request({ request }));
        expect(["pending", "granted"]).toContain(row.status);
      },
      grows: ["grant/"],
    };
    expect(await dieEverywhere(story, prepare)).toBeGreaterThan(20);
  });
});
