import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { chainTable } from "@vermilion/aws/dynamodb/chain-table";
import type { Table } from "@vermilion/aws/dynamodb/table";
import { openChainDatabase, sqliteLedger } from "@vermilion/local/sqlite/index";
import { chainRules } from "@vermilion/member/rules";
import { type FsckFinding, fsck, type GenesisFile, nativeCrypto, rebuild } from "@vermilion/node";
import { parsedEntries } from "@vermilion/node/chain/block";
import { publicationOf } from "@vermilion/node/chain/commit";
import { KnownEntries } from "@vermilion/node/entries/known-entries";
import type { Ledger } from "@vermilion/node/ports/index";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type MemoryTable, memoryChain, memoryLedger, memoryTable } from "../support/memory/index.ts";
import { caller, equalHeads, good, openPermits, options, permitFields, servicesOf } from "./fixtures.ts";

/** A ledger with types, certificates, a request, a decision and a grant; made once and copied for each test. */
let genesis: GenesisFile;
let original: Ledger;
/** The waiting, reserving and counting of a member is no part of its ledger. */
const ledgerParts =
  /^(?:block\/|chain$|head$|certificate$|attachment\/|sealed\/|published$|state\/|tile\/|leaves$|entry\/|cosignature|final)/;
let partitions: readonly string[];
/** What the table holds of the chain. */
let held: Table;
let table: MemoryTable;
const sealed = new Map<string, Uint8Array>();

beforeAll(async () => {
  const names = new Set<string>();
  const cluster = await openPermits();
  try {
    const issued = good(await servicesOf(cluster, "platform").issueCertificate({ type: "permit", fields: permitFields }, caller, options));
    const asked = { certificate: issued.certificate, part: "main", purpose: "clearance", serviceItem: "import", basis: "customs-law" };
    const granted = good(await servicesOf(cluster, "customs").openRequest({ ...asked, fields: ["name"] }, caller, options));
    good(await servicesOf(cluster, "customs").grantedFields({ request: granted.request }, caller, { waitMs: 5_000 }));
    const digests = ["a", "b", "c"].map((text) => createHash("sha256").update(text).digest("hex"));
    good(await servicesOf(cluster, "tax").depositEvidence({ digests }, caller, options));
    await equalHeads(cluster);
    genesis = cluster.genesis;
    original = cluster.node("platform").stores.ledger;
    table = cluster.node("platform").stores.table;
    held = chainTable(table, memoryChain);
  } finally {
    await cluster.close();
  }
  for await (const block of blocksOf(original)) {
    names.add(`block/${block.after.hash}`);
    for (const entry of block.entries) {
      const payload = JSON.parse(Buffer.from(JSON.parse(Buffer.from(entry).toString()).payload, "base64url").toString());
      for (const { sha256 } of payload.attachments as { sha256: string }[]) {
        const bytes = await original.sealed(sha256);
        if (bytes !== undefined) sealed.set(sha256, bytes);
        names.add(`${bytes === undefined ? "attachment" : "sealed"}/${sha256}`);
      }
    }
  }
  for (const name of ["chain", "head", "certificate", "published", "state/", "tile/0", "leaves"]) names.add(name);
  for (const { sort } of (await held.query("segments", {})).items) names.add(`state/${sort.slice(0, -1)}`);
  partitions = [...names];
});

async function* blocksOf(ledger: Ledger) {
  for (const hash of await ledger.hashesFrom(0, 1_000)) {
    const block = await ledger.readBlock(hash);
    if (block === undefined) throw new Error("a block of the chain is held");
    yield block;
  }
}

/** The same ledger in another store, as its own calls would have written it. */
async function copyTo(ledger: Ledger): Promise<void> {
  let previous: string | null = null;
  let size = 0;
  for await (const block of blocksOf(original)) {
    const { height, hash } = block.after;
    await ledger.saveBlock(block);
    const certificate = await original.certificate(height);
    if (certificate !== undefined) await ledger.saveCertificate(height, certificate);
    await ledger.moveHead(previous, [{ height, hash }]);
    await ledger.publish(
      await publicationOf({ ledger, crypto: nativeCrypto, rules: chainRules }, block, parsedEntries(block, new KnownEntries(nativeCrypto))),
    );
    for (const [member, line] of await original.cosignatures(block.after.size))
      await ledger.saveCosignature(block.after.size, member, line);
    previous = hash;
    size = block.after.size;
  }
  for (const [sha256, bytes] of sealed) await ledger.saveSealed({ sha256, bytes });
  await ledger.raiseFinal(size);
}

const check = async (ledger: Ledger): Promise<readonly FsckFinding[]> =>
  (await fsck({ ledger, crypto: nativeCrypto, rules: chainRules }, genesis)).findings;

describe("a ledger in memory", () => {
  test("that is whole has no findings, and every block and entry was read", async () => {
    const report = await fsck({ ledger: original, crypto: nativeCrypto, rules: chainRules }, genesis);
    expect(report).toMatchObject({ findings: [], blocks: (await original.head())!.height + 1 });
    expect(report.entries).toBeGreaterThanOrEqual(5);
  });

  test("any item of it with one bit flipped is found", async () => {
    const unnoticed: string[] = [];
    let turn = 0;
    for (const partition of partitions) {
      expect(partition).toMatch(ledgerParts);
      for (const item of (await held.query(partition, {})).items) {
        // The last byte of a serialised value is always content; one in the middle may be a length, which shows by being unreadable.
        const place = turn++ % 2 === 0 ? item.bytes.length - 1 : Math.floor(item.bytes.length / 2);
        const bytes = Uint8Array.from(item.bytes);
        bytes[place] = (bytes[place] ?? 0) ^ 1;
        await held.transact([{ put: { ...item, bytes } }]);
        if ((await check(memoryLedger(table))).length === 0) unnoticed.push(`${partition} ${item.sort} byte ${place} of ${bytes.length}`);
        await held.transact([{ put: item }]);
      }
    }
    expect(turn).toBeGreaterThanOrEqual(partitions.length);
    expect(unnoticed).toEqual([]);
    expect(await check(memoryLedger(table))).toEqual([]);
  });

  test("a name that is missing is found", async () => {
    const digest = createHash("sha256").update("b").digest("hex");
    const [item] = (await held.query(`name/${digest.slice(0, 2)}`, { from: digest.slice(0, 16) })).items;
    if (item === undefined) throw new Error("the digest is a name");
    await held.write({ remove: item });
    expect(await check(memoryLedger(table))).toEqual([
      { place: `name ${digest}`, problem: expect.stringMatching(/^does not lead to block \d+ entry 0$/) },
    ]);
    await held.putMany([item]);
    expect(await check(memoryLedger(table))).toEqual([]);
  });

  test("of another consortium is none of this genesis", async () => {
    const other = await openPermits();
    await other.close();
    const { findings } = await fsck({ ledger: original, crypto: nativeCrypto, rules: chainRules }, other.genesis);
    expect(findings.map(({ place }) => place)).toContain("block 0 header");
  });

  test("an altered genesis file is named", async () => {
    const altered = {
      ...genesis,
      header: genesis.header.replace(/"signature":"(.)/, (_, first) => `"signature":"${first === "_" ? "-" : "_"}`),
    };
    expect(await fsck({ ledger: original, crypto: nativeCrypto, rules: chainRules }, altered)).toMatchObject({
      findings: [{ place: "genesis file" }],
    });
  });
});

describe("a ledger in a SQLite file", () => {
  const folder = mkdtempSync(join(tmpdir(), "vermilion-fsck-"));
  const file = join(folder, "ledger.sqlite");
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  beforeAll(async () => {
    const database = openChainDatabase(file);
    await copyTo(sqliteLedger(database));
    database.close();
  });

  /** Alters the file behind the ledger's back, checks it, and puts it back. */
  async function findingsWith(alter: (connection: DatabaseSync) => void, look = check): Promise<readonly FsckFinding[]> {
    const connection = new DatabaseSync(file);
    try {
      // The altered rows are seen by this connection alone and are gone with the rollback.
      connection.exec("PRAGMA foreign_keys = OFF; BEGIN");
      alter(connection);
      return await look(sqliteLedger(over(connection)));
    } finally {
      connection.exec("ROLLBACK");
      connection.close();
    }
  }

  const flippedBlob = (table: string, column: string, where: string) => (connection: DatabaseSync) => {
    const row = connection.prepare(`SELECT ${column} AS bytes FROM ${table} WHERE ${where}`).get() as { bytes: Uint8Array };
    const bytes = Uint8Array.from(row.bytes);
    const place = Math.floor(bytes.length / 2);
    bytes[place] = (bytes[place] ?? 0) ^ 1;
    connection.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${where}`).run(bytes);
  };
  const replaced = (table: string, column: string, where: string, from: string, to: string) => (connection: DatabaseSync) => {
    const { changes } = connection
      .prepare(`UPDATE ${table} SET ${column} = replace(${column}, ?, ?) WHERE ${where} AND instr(${column}, ?) > 0`)
      .run(from, to, from);
    expect(changes).toBe(1);
  };
  const raised = (table: string, column: string, where: string) => (connection: DatabaseSync) => {
    expect(connection.prepare(`UPDATE ${table} SET ${column} = ${column} + 1 WHERE ${where}`).run().changes).toBe(1);
  };
  const at = (height: number) => `hash = (SELECT hash FROM chain WHERE height = ${height})`;
  const last = "rowid = (SELECT max(rowid) FROM leaf_records)";

  test("that is whole has no findings", async () => {
    expect(await findingsWith(() => undefined)).toEqual([]);
  });

  test.each<[string, (connection: DatabaseSync) => void, RegExp]>([
    ["a header", flippedBlob("blocks", "header", at(2)), /^block 2 header$/],
    ["an entry", flippedBlob("blocks", "entries", at(2)), /^block 2 entry 0$/],
    ["the genesis entry", flippedBlob("blocks", "entries", at(0)), /^block 0/],
    ["an outcome", replaced("blocks", "outcomes", at(2), "applied", "refused:expired"), /^block 2 entry 0$/],
    ["a write set", replaced("blocks", "writes", at(2), "valid", "void"), /^block 2 write set$/],
    ["a block's standing", replaced("blocks", "after", at(2), '"height":2', '"height":3'), /^block 2 standing$/],
    ["a block's term", raised("blocks", "term", at(2)), /^block 2$/],
    ["a block's predecessor", (c) => c.exec(`UPDATE blocks SET previous = hash WHERE ${at(2)}`), /^block 2$/],
    ["a list of attachments", replaced("blocks", "attachments", at(2), '","', '","0'), /^block 2$/],
    [
      "an attachment",
      flippedBlob("attachments", "bytes", "sha256 = (SELECT max(sha256) FROM attachments)"),
      /^block \d+ entry 0 attachment /,
    ],
    ["a commit certificate", flippedBlob("certificates", "certificate", "height = 2"), /^block 2 certificate$/],
    ["the chain", (c) => c.exec("UPDATE chain SET hash = (SELECT hash FROM chain WHERE height = 1) WHERE height = 2"), /^block 2 header$/],
    ["the head", (c) => c.exec("DELETE FROM chain WHERE height = (SELECT max(height) FROM chain)"), /^published standing$/],
    ["a state row", replaced("state_rows", "value", "key = 'consortium'", "test.example", "test.examplf"), /^state row consortium$/],
    ["a state row's height", raised("state_rows", "height", "key = 'consortium'"), /^state row consortium$/],
    ["a surplus state row", (c) => c.exec("INSERT INTO state_rows VALUES ('zzz', '1', 1)"), /^state row zzz$/],
    ["a missing state row", (c) => c.exec("DELETE FROM state_rows WHERE key = 'consortium'"), /^state row consortium$/],
    ["a tile", flippedBlob("tiles", "hashes", "level = 0 AND position = 0"), /^tile 0\/0$/],
    ["a leaf record", flippedBlob("leaf_records", "records", last), /^leaf \d+$/],
    ["an entry's index", raised("entry_places", "leaf", "height = 2"), /^index of entry [0-9a-f]{64}$/],
    ["a missing index", (c) => c.exec("DELETE FROM entry_places WHERE height = 2"), /^index of entry [0-9a-f]{64}$/],
    ["a name", flippedBlob("name_buckets", "names", "id = (SELECT min(id) FROM name_buckets)"), /^name [0-9a-f]{64}$/],
    ["a missing bucket of names", (c) => c.exec("DELETE FROM name_buckets"), /^name [0-9a-f]{64}$/],
    ["the published standing", replaced("published", "standing", "id = 1", '"time":1', '"time":2'), /^published standing$/],
    [
      "a cosignature",
      replaced("cosignatures", "line", "size = (SELECT max(size) FROM cosignatures) AND member = 'customs'", "— ", "—  "),
      /^cosignature of size \d+ by customs$/,
    ],
    ["the final size", raised("final", "size", "id = 1"), /^final size$/],
  ])("%s that was altered is found and named", async (_what, alter, place) => {
    const findings = await findingsWith(alter);
    expect(findings.map((finding) => finding.place)).toContainEqual(expect.stringMatching(place));
  });

  test("rebuilt, it has the same state and no findings; everything derived that was wrong is right again", async () => {
    const state = (await original.published())!.state;
    const wrong = (connection: DatabaseSync) => {
      flippedBlob("tiles", "hashes", "level = 0 AND position = 0")(connection);
      flippedBlob("leaf_records", "records", last)(connection);
      connection.exec("DELETE FROM state_rows; DELETE FROM entry_places; DELETE FROM name_segments; UPDATE published SET height = 1");
    };
    const findings = await findingsWith(wrong, async (ledger) => {
      expect(await rebuild({ ledger, crypto: nativeCrypto, rules: chainRules })).toMatchObject({ state, differences: [] });
      return check(ledger);
    });
    expect(findings).toEqual([]);
  });

  test.each<[string, (connection: DatabaseSync) => void]>([
    ["header", flippedBlob("blocks", "header", at(2))],
    ["entry", flippedBlob("blocks", "entries", at(2))],
    ["place in the chain", (c) => c.exec("UPDATE chain SET hash = (SELECT hash FROM chain WHERE height = 1) WHERE height = 2")],
    ["framing", (c) => c.exec(`UPDATE blocks SET entries = x'00' WHERE ${at(2)}`)],
  ])("a rebuild over a block whose %s was altered stops below it and names it", async (_what, alter) => {
    await findingsWith(alter, async (ledger) => {
      const report = await rebuild({ ledger, crypto: nativeCrypto, rules: chainRules });
      expect(report).toMatchObject({ height: 1, differences: [expect.stringMatching(/^block 2: /)] });
      return [];
    });
  });
});

/** A ledger over a connection that is inside a transaction already: writes are made in it. */
function over(connection: DatabaseSync): ReturnType<typeof openChainDatabase> {
  return {
    layout: "chain",
    file: "",
    connection,
    prepare: (sql) => connection.prepare(sql),
    read: (work) => work(),
    write: async (work) => work(),
    close: () => undefined,
  };
}

test("copies of a ledger are equal whatever store they are in", async () => {
  const ledger = memoryLedger(memoryTable());
  await copyTo(ledger);
  expect(await check(ledger)).toEqual([]);
});
