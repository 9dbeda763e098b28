import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Database,
  openDatabase,
  sqliteApps,
  sqliteCalls,
  sqliteLedger,
  sqliteRaftStore,
  sqliteRecordKeys,
} from "@vermilion/local/sqlite/index";
import { afterEach, expect, test } from "vitest";
import { eventually } from "../support/cluster.ts";
import { caller, equalHeads, good, openPermits, permitFields, servicesOf } from "./fixtures.ts";

const folder = mkdtempSync(join(tmpdir(), "vermilion-full-"));
const databases = new Map<string, Database>();

afterEach(() => {
  for (const database of databases.values()) database.close();
  rmSync(folder, { recursive: true, force: true });
});

test("a member whose SQLite file is full refuses writes with a clear code, goes on serving reads, and works again when there is space", async () => {
  const cluster = await openPermits({
    platform: (node, platform) => {
      const database = databases.get(node.id) ?? openDatabase(join(folder, `${node.id}.sqlite`));
      databases.set(node.id, database);
      return {
        ...platform,
        ledger: sqliteLedger(database),
        raftStore: sqliteRaftStore(database),
        recordKeys: sqliteRecordKeys(database),
        calls: sqliteCalls(database),
        apps: sqliteApps(database),
      };
    },
  });
  try {
    const issue = (waitMs: number) =>
      servicesOf(cluster, "platform").issueCertificate({ type: "permit", fields: permitFields }, caller, { waitMs });
    const before = good(await issue(10_000));
    await equalHeads(cluster);

    const { connection } = databases.get("platform")!;
    const pages = Number(connection.prepare("PRAGMA page_count").get()?.["page_count"]);
    connection.exec(`PRAGMA max_page_count = ${pages}`);
    // Free pages inside the file are used up first.
    const refused = await eventually(async () => {
      try {
        await issue(200);
        return undefined;
      } catch (cause) {
        return cause as { code?: string };
      }
    }, 60_000);
    expect(refused.code).toBe("storage-full");
    expect(good(await servicesOf(cluster, "platform").certificate({ certificate: before.certificate })).status).toBe("valid");
    const ill = await servicesOf(cluster, "platform").health({});
    expect(ill).toMatchObject({ status: "degraded", ready: false, reasons: [{ code: "storage-full" }] });

    // The others go on without it.
    const other = await eventually(async () => {
      const answer = await servicesOf(cluster, "tax").openRequest(
        {
          certificate: before.certificate,
          part: "main",
          fields: [Object.keys(permitFields)[0]!],
          purpose: "audit",
          serviceItem: "audit",
          basis: "law",
        },
        caller,
        { waitMs: 5_000 },
      );
      return "refused" in answer || answer.status === "pending" ? undefined : answer;
    }, 60_000);
    expect(other.outcome).toEqual({ kind: "applied" });

    connection.exec("PRAGMA max_page_count = 1073741823");
    const after = await eventually(async () => {
      const answer = await issue(5_000);
      return "refused" in answer || answer.status === "pending" ? undefined : answer;
    }, 60_000);
    expect(after.outcome).toEqual({ kind: "applied" });
    await equalHeads(cluster);
  } finally {
    await cluster.close();
  }
});
