import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ChainDatabase,
  type MemberDatabase,
  openChainDatabase,
  openMemberDatabase,
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
const databases = new Map<string, { readonly chain: ChainDatabase; readonly own: MemberDatabase }>();

afterEach(() => {
  for (const { chain, own } of databases.values()) for (const database of [chain, own]) database.close();
  rmSync(folder, { recursive: true, force: true });
});

test("a member whose SQLite file is full refuses writes with a clear code, goes on serving reads, and works again when there is space", async () => {
  const cluster = await openPermits({
    platform: (node, platform) => {
      const home = join(folder, node.id);
      const opened = databases.get(node.id) ?? {
        chain: openChainDatabase(join(home, "ledger.sqlite")),
        own: openMemberDatabase(join(home, "member.sqlite")),
      };
      databases.set(node.id, opened);
      return {
        ...platform,
        ledger: sqliteLedger(opened.chain),
        raftStore: sqliteRaftStore(opened.chain),
        recordKeys: sqliteRecordKeys(opened.chain),
        calls: sqliteCalls(opened.own),
        apps: sqliteApps(opened.own),
      };
    },
  });
  try {
    const issue = (waitMs: number) =>
      servicesOf(cluster, "platform").issueCertificate({ type: "permit", fields: permitFields }, caller, { waitMs });
    const before = good(await issue(10_000));
    await equalHeads(cluster);

    const { connection } = databases.get("platform")!.chain;
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
