import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openChainDatabase, sqliteApps, sqliteCalls, sqliteLedger, sqliteRaftStore, sqliteRecordKeys } from "@vermilion/local/sqlite/index";
import { migrate } from "@vermilion/local/sqlite/layout";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { appsSuite } from "./apps.suite.ts";
import { callsSuite } from "./calls.suite.ts";
import { attachmentOf, commit, sha256, testChain } from "./chain.ts";
import { ledgerSuite } from "./ledger.suite.ts";
import { expectBug, expectFault, expectSame } from "./opened.ts";
import { raftStoreSuite } from "./raft-store.suite.ts";
import { recordKeysSuite } from "./record-keys.suite.ts";
import { memberFileOpener, sqliteOpener, temporaryFolder } from "./sqlite-open.ts";

ledgerSuite("sqlite", sqliteOpener(sqliteLedger));
raftStoreSuite("sqlite", sqliteOpener(sqliteRaftStore));
recordKeysSuite("sqlite", sqliteOpener(sqliteRecordKeys));
callsSuite("sqlite", memberFileOpener(sqliteCalls));
appsSuite("sqlite", memberFileOpener(sqliteApps));

describe("sqlite: the file", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let file: string;
  beforeEach(() => {
    folder = temporaryFolder();
    file = join(folder.path, "member", "chain.db");
  });
  afterEach(() => folder.remove());

  const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

  test("belongs to its owner alone, and so do the files beside it", async () => {
    const database = openChainDatabase(file);
    await commit(sqliteLedger(database), testChain().next());
    const beside = readdirSync(join(folder.path, "member")).sort();
    expect(beside).toEqual(["chain.db", "chain.db-shm", "chain.db-wal"]);
    for (const name of beside) expect(modeOf(join(folder.path, "member", name))).toBe("600");
    expect(modeOf(join(folder.path, "member"))).toBe("700");
    database.close();
    chmodSync(file, 0o644);
    openChainDatabase(file).close();
    expect(modeOf(file)).toBe("600");
    chmodSync(file, 0o400);
    openChainDatabase(file).close();
    expect(modeOf(file)).toBe("400");
  });

  test("is in WAL mode, with foreign keys; acknowledged writes are synced, derived ones are not", async () => {
    const database = openChainDatabase(file);
    const setting = (name: string) => Object.values(database.connection.prepare(`PRAGMA ${name}`).get() ?? {})[0];
    expect([setting("journal_mode"), setting("foreign_keys"), setting("busy_timeout")]).toEqual(["wal", 1, 5_000]);
    const [full, normal] = [2, 1];
    expect(await database.write(() => setting("synchronous"), "ordered")).toBe(normal);
    expect(await database.write(() => setting("synchronous"))).toBe(full);
    // One group: what one of them needs holds for all.
    expect(
      await Promise.all([database.write(() => setting("synchronous"), "ordered"), database.write(() => setting("synchronous"))]),
    ).toEqual([full, full]);
    database.close();
  });

  test("of a newer layout is refused and left as it is", () => {
    openChainDatabase(file).close();
    const raw = new DatabaseSync(file);
    raw.exec("PRAGMA user_version = 99");
    raw.close();
    const before = sha256(readFileSync(file));
    for (const readOnly of [false, true]) {
      expect(() => openChainDatabase(file, { readOnly })).toThrowError(expect.objectContaining({ code: "storage-layout-newer" }));
    }
    expect(sha256(readFileSync(file))).toBe(before);
  });

  test("of an older layout is migrated, one transaction a version; a script that fails leaves the version before", () => {
    const raw = new DatabaseSync(":memory:");
    const versionOf = () => raw.prepare("PRAGMA user_version").get()?.["user_version"];
    const scripts = ["CREATE TABLE one (a)", "CREATE TABLE two (a); INSERT INTO two SELECT a FROM one", "CREATE TABLE three (a)"];
    migrate(raw, { layout: "chain", readOnly: false, scripts: scripts.slice(0, 1) });
    raw.exec("INSERT INTO one VALUES (7)");
    expect(versionOf()).toBe(1);
    expect(() => migrate(raw, { layout: "chain", readOnly: true, scripts })).toThrowError(
      expect.objectContaining({ code: "storage-read-only" }),
    );
    expect(() =>
      migrate(raw, { layout: "chain", readOnly: false, scripts: [...scripts.slice(0, 2), "CREATE TABLE four (a); broken"] }),
    ).toThrowError(/syntax/);
    expect(versionOf()).toBe(2);
    migrate(raw, { layout: "chain", readOnly: false, scripts });
    expect(versionOf()).toBe(3);
    expect(raw.prepare("SELECT a FROM two").get()).toEqual({ a: 7 });
    expect(
      raw
        .prepare("SELECT name FROM sqlite_schema ORDER BY name")
        .all()
        .map((row) => row["name"]),
    ).toEqual(["one", "three", "two"]);
    expect(() => migrate(raw, { layout: "chain", readOnly: false, scripts: scripts.slice(0, 2) })).toThrowError(
      expect.objectContaining({ code: "storage-layout-newer" }),
    );
    raw.close();
  });

  test("of another program, or no data base at all, is refused and left as it is", () => {
    mkdirSync(join(folder.path, "member"));
    const raw = new DatabaseSync(file);
    raw.exec("CREATE TABLE bookmarks (url)");
    raw.close();
    expect(() => openChainDatabase(file)).toThrowError(expect.objectContaining({ code: "storage-failed" }));
    const text = join(folder.path, "notes.txt");
    writeFileSync(text, "not a data base, whatever its name says ".repeat(100), { mode: 0o600 });
    expect(() => openChainDatabase(text)).toThrowError(expect.objectContaining({ code: "storage-failed" }));
    expect(readFileSync(text, "utf8")).toMatch(/^not a data base/);
    const absent = join(folder.path, "absent.db");
    expect(() => openChainDatabase(absent, { readOnly: true })).toThrowError(expect.objectContaining({ code: "storage-failed" }));
    expect(existsSync(absent)).toBe(false);
  });

  test("opened read-only shows what another process commits, and writes nothing", async () => {
    const writer = openChainDatabase(file);
    const [ledger, chain] = [sqliteLedger(writer), testChain()];
    await commit(ledger, chain.next());
    const reader = openChainDatabase(file, { readOnly: true });
    const readOnly = sqliteLedger(reader);
    expect(await readOnly.head()).toEqual({ height: 0, hash: chain.blocks[0]!.block.after.hash });
    const made = chain.next();
    await expectFault(readOnly.saveBlock(made.block), "storage-read-only");
    await expectFault(readOnly.raiseFinal(1), "storage-read-only");
    await commit(ledger, made);
    expect(await readOnly.published()).toEqual(made.block.after);
    reader.close();
    writer.close();
    const alone = openChainDatabase(file, { readOnly: true });
    expect(await sqliteLedger(alone).published()).toEqual(made.block.after);
    alone.close();
  });

  test("with a bound of pages is full beyond it, by code, and goes on when opened with a higher bound", async () => {
    const bounded = openChainDatabase(file, { pageCountMax: 120 });
    const [ledger, chain] = [sqliteLedger(bounded), testChain()];
    await commit(ledger, chain.next());
    let refused: unknown;
    let last = 0;
    for (let round = 0; refused === undefined; round++) {
      const attachment = attachmentOf(Buffer.alloc(20_000, `${round} `));
      refused = await ledger.saveSealed(attachment).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (refused === undefined) last = round;
    }
    expect(refused).toMatchObject({ name: "Fault", code: "storage-full" });
    expect(last).toBeGreaterThan(5);
    const lastSaved = attachmentOf(Buffer.alloc(20_000, `${last} `));
    expectSame(await ledger.sealed(lastSaved.sha256), Uint8Array.from(lastSaved.bytes));
    expect(await ledger.published()).toEqual(chain.blocks[0]!.block.after);
    bounded.close();
    const roomy = openChainDatabase(file, { pageCountMax: 10_000 });
    const again = sqliteLedger(roomy);
    expectSame(await again.sealed(lastSaved.sha256), Uint8Array.from(lastSaved.bytes));
    await commit(again, chain.next());
    roomy.close();
  });

  test("with damaged rows says which column, as a fault", async () => {
    const database = openChainDatabase(file);
    const [ledger, { block, publication }] = [sqliteLedger(database), testChain().next()];
    await commit(ledger, { block, publication });
    database.connection.exec("UPDATE blocks SET entries = x'000000ff01'");
    // One that holds no block at hand.
    await expect(sqliteLedger(database).readBlock(block.after.hash)).rejects.toMatchObject({
      code: "storage-failed",
      detail: expect.stringContaining("entries"),
    });
    database.connection.exec(`UPDATE state_rows SET value = '{"a'`);
    await expect(ledger.stateRows(["counter"])).rejects.toMatchObject({ code: "storage-failed", detail: expect.stringContaining("value") });
    database.close();
    await expectFault(ledger.head(), "storage-failed");
    await expectFault(ledger.raiseFinal(1), "storage-failed");
  });
});

describe("sqlite: writes that wait together", () => {
  const open = sqliteOpener((database) => database);

  test("share one commit, in their order", async () => {
    const { port: database, close } = await open();
    const statements: string[] = [];
    const { exec } = database.connection;
    database.connection.exec = (sql: string) => {
      statements.push(sql);
      exec.call(database.connection, sql);
    };
    const ledger = sqliteLedger(database);
    await Promise.all([ledger.raiseFinal(1), ledger.raiseFinal(3), ledger.raiseFinal(2)]);
    expect(statements.filter((sql) => sql === "COMMIT").length).toBe(1);
    expect(await ledger.finalSize()).toBe(3);
    await close();
  });

  test("one that fails takes nothing with it, and nothing of it stays", async () => {
    const { port: database, close } = await open();
    const ledger = sqliteLedger(database);
    const failing = () =>
      database.write(() => {
        database.connection.prepare("UPDATE final SET size = 99").run();
        throw new Error("bug: on purpose");
      });
    const results = await Promise.allSettled([ledger.raiseFinal(1), ledger.raiseFinal(3), failing(), ledger.raiseFinal(2)]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
    expect(await ledger.finalSize()).toBe(3);
    await close();
  });

  test("a write that finds no room does not take down the small ones beside it", async () => {
    const { port: database, close, faults } = await open();
    const ledger = sqliteLedger(database);
    await ledger.raiseFinal(1);
    faults.full();
    const large = attachmentOf(new Uint8Array(262_144));
    const [small, refused, other] = await Promise.allSettled([ledger.raiseFinal(2), ledger.saveSealed(large), ledger.raiseFinal(3)]);
    expect([small?.status, other?.status]).toEqual(["fulfilled", "fulfilled"]);
    expect(refused).toMatchObject({ status: "rejected", reason: { code: "storage-full" } });
    expect(await ledger.finalSize()).toBe(3);
    expect(await ledger.sealed(large.sha256)).toBeUndefined();
    await close();
  });

  test("an unknown outcome of the commit is an unknown outcome for each of them, and none is tried again unasked", async () => {
    const { port: database, close, faults } = await memberFileOpener((file) => file)();
    const calls = sqliteCalls(database);
    faults.failAfter(1);
    const results = await Promise.allSettled([calls.claim("a", 1), calls.claim("b", 1)]);
    for (const result of results) expect(result).toMatchObject({ status: "rejected", reason: { code: "storage-failed" } });
    expect(await calls.claim("a", 1)).toBe(false);
    faults.failBefore(1);
    await Promise.allSettled([calls.claim("c", 1), calls.claim("d", 1)]);
    expect(await calls.claim("c", 1)).toBe(true);
    await close();
  });

  test("what waits is written before the file is closed", async () => {
    const { port: database, reopen, close } = await open();
    const waiting = sqliteLedger(database).raiseFinal(5);
    database.close();
    database.close();
    await waiting;
    expect(await sqliteLedger(await reopen()).finalSize()).toBe(5);
    await close();
  });

  test("a bug inside a write is thrown as a bug and rolls back", async () => {
    const { port: database, close } = await open();
    await expectBug(async () => {
      await database.write(() => {
        database.connection.exec("INSERT INTO final (id, size) VALUES (1, 9)");
        throw new Error("bug: on purpose");
      });
    }, /on purpose/);
    expect(await sqliteLedger(database).finalSize()).toBe(0);
    await close();
  });
});
