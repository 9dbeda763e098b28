import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { command, type Running, startConsortium, statusOf } from "../local/running-consortium.ts";
import { freePorts } from "../support/ports.ts";
import { clientsOf, equalHeads, freshData, headsOf, noteType } from "./agencies.ts";

/** Which process is ended without a word, at any moment under load. */
const victims = ["follower", "leader", "all", "leader", "follower", "all"] as const;

test("kill -9 of one member, the leader or all under load: every acknowledged certificate is there once and every ledger is clean", async () => {
  const data = freshData();
  const port = String(await freePorts());
  let running: Running = await startConsortium("--data", data, "--port", port, "--no-sample");
  const clients = clientsOf(data);
  const members = [...clients.keys()];
  await clients.get("platform")!.defineType({ type: noteType });
  await equalHeads(clients);

  const acknowledged = new Map<string, { readonly certificate: string; readonly transactionHash: string }>();
  let loading = true;
  let attempts = 0;
  const worker = async (at: number): Promise<void> => {
    const client = clients.get(members[at % members.length]!)!;
    while (loading) {
      const key = `job-${attempts++}`;
      try {
        const issued = await client.issueCertificate({ type: noteType.id, fields: { title: key, amount: at } }, { idempotencyKey: key });
        if (issued.outcome === "applied") acknowledged.set(key, issued);
      } catch {
        // Not acknowledged: it may or may not have happened. What was acknowledged is what counts.
        await sleep(50);
      }
    }
  };
  const load = Array.from({ length: 8 }, (_, at) => worker(at));

  for (const victim of victims) {
    await sleep(300 + Math.random() * 700);
    if (victim === "all") {
      const rows = await statusOf(data);
      running.process.kill("SIGKILL");
      for (const { pid } of rows) if (pid !== null) killHard(pid);
      await running.ended;
      running = await startConsortium("--data", data, "--port", port, "--no-sample");
      continue;
    }
    const leader = (await headsOf(clients)).find(({ role }) => role === "leader")?.member;
    const row = (await statusOf(data)).find(({ member }) => (victim === "leader" ? member === leader : member !== leader));
    if (row?.pid !== null && row?.pid !== undefined) killHard(row.pid);
  }
  await sleep(1_000);
  loading = false;
  await Promise.all(load);

  const heads = await equalHeads(clients);
  expect(heads).toHaveLength(4);
  expect(acknowledged.size).toBeGreaterThan(20);
  for (const client of clients.values()) {
    const count = new Map<string, number>();
    for await (const { certificate } of client.each.certificates({ type: noteType.id, limit: 100 }))
      count.set(certificate, (count.get(certificate) ?? 0) + 1);
    const wrong = [...acknowledged.values()].filter(({ certificate }) => count.get(certificate) !== 1);
    expect(wrong).toEqual([]);
    // One key, one certificate: nothing that was tried again was done twice.
    expect(count.size).toBeLessThanOrEqual(attempts);
  }
  await command("stop", "--data", data);
  for (const member of members) expect(await command("fsck", member, "--data", data, "--json")).toMatchObject({ code: 0 });
});

function killHard(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It had ended already.
  }
}
