import { execFileSync, spawn } from "node:child_process";
import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign, verify } from "node:crypto";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import type { Cleanup } from "./cleanup.ts";
import { type Figure, percent, round, type Settings, spreadOf } from "./figure.ts";
import type { MachineLimits } from "./limits.ts";

/**
 * What a user would pick instead: one PostgreSQL with a table whose rows are signed and chained by hashes. It has one copy, one administrator
 * who can rewrite all of it, and no proof for anybody else; what it costs is worth knowing all the same.
 */
const batchRows = [1, 100, 1_000] as const;
const recordBytes = 560;

export async function measurePostgres(settings: Settings, limits: MachineLimits, cleanup: Cleanup): Promise<Figure> {
  const bin = serverPrograms();
  if (bin === undefined) throw new Error("PostgreSQL is not installed (Debian: apt-get install postgresql); leave it out with --only");
  settings.progress("PostgreSQL: starting a server of its own");
  const client = await startServer(bin, settings, cleanup);
  const version = String((await client.query("SHOW server_version")).rows[0].server_version);
  const result: Record<string, unknown> = { version };
  let best = 0;
  for (const rows of batchRows) {
    settings.progress(`PostgreSQL: ${rows} rows a commit`);
    const runs: number[] = [];
    await insertFor(client, rows, Math.min(1, settings.seconds));
    for (let run = 0; run < settings.runs; run++) runs.push(await insertFor(client, rows, settings.seconds));
    const perS = spreadOf(runs);
    best = Math.max(best, perS.median);
    result[`${rows} rows a commit`] = { median: Math.round(perS.median), min: Math.round(perS.min), max: Math.round(perS.max) };
  }
  const ratio = best / limits.p256ChecksPerS;
  return {
    definition:
      `PostgreSQL ${version} on this computer (fsync and synchronous_commit on, defaults otherwise), one table of one copy: each row is a record of ${recordBytes} bytes with its ` +
      "signature, the hash of the row before and its own hash, both unique. A client in Node checks the signature, makes the hash and inserts, one connection, because " +
      "each row needs the hash of the one before. Records are signed before the clock starts. Closed loop.",
    signed: "One ES256 signature a record, checked by the client before it is inserted; nothing is executed, ordered or copied.",
    store: "PostgreSQL, one server",
    durability: "synchronous commit to the write-ahead log",
    result,
    limit: { name: "P-256 signature checks of this machine, one core", value: limits.p256ChecksPerS, unit: "1/s" },
    ratio: round(ratio, 4),
    explanation: `Single rows wait for one sync of the disk each (${limits.fdatasyncsPerS}/s here); in batches the signature check, the hash and the protocol are left: ${percent(ratio)} of the checks that one core can make.`,
    targets: [],
  };
}

/** Rows a second. */
async function insertFor(client: Client, rowsPerCommit: number, seconds: number): Promise<number> {
  const records = signedRecords(Math.max(rowsPerCommit * 4, Math.round(4_000 * seconds)));
  const last = await client.query("SELECT hash FROM records ORDER BY id DESC LIMIT 1");
  let previous: Buffer = last.rows[0]?.hash ?? Buffer.alloc(32);
  const began = performance.now();
  let inserted = 0;
  while ((performance.now() - began) / 1_000 < seconds && inserted + rowsPerCommit <= records.length) {
    const columns: Buffer[][] = [[], [], [], []];
    for (const { payload, signature, key } of records.slice(inserted, inserted + rowsPerCommit)) {
      if (!verify("sha256", payload, { key, dsaEncoding: "ieee-p1363" }, signature)) throw new Error("a record is not signed");
      const hash = createHash("sha256").update(previous).update(payload).update(signature).digest();
      for (const [at, value] of [previous, hash, payload, signature].entries()) columns[at]?.push(value);
      previous = hash;
    }
    await client.query(
      "INSERT INTO records (previous, hash, payload, signature) SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[])",
      columns,
    );
    inserted += rowsPerCommit;
  }
  return inserted / ((performance.now() - began) / 1_000);
}

function signedRecords(count: number) {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = createPublicKey(publicKey.export({ type: "spki", format: "pem" }));
  return Array.from({ length: count }, () => {
    const payload = randomBytes(recordBytes);
    return { payload, signature: sign("sha256", payload, { key: privateKey, dsaEncoding: "ieee-p1363" }), key };
  });
}

/** The folder of `initdb` and `postgres`: Debian keeps them apart by version. */
function serverPrograms(): string | undefined {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root).sort((one, other) => Number(other) - Number(one)) : [];
  return versions.map((version) => join(root, version, "bin")).find((bin) => existsSync(join(bin, "initdb")));
}

/** The server refuses to run as root, and then runs as the user that Debian has made for it. */
function serverOwner(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (option: string) => Number(execFileSync("id", [option, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

async function startServer(bin: string, settings: Settings, cleanup: Cleanup): Promise<Client> {
  const folder = cleanup.temporaryFolder(settings.folder);
  const [data, sockets] = [join(folder, "data"), join(folder, "s")];
  mkdirSync(sockets);
  const owner = serverOwner();
  if (owner !== undefined) {
    chmodSync(folder, 0o755);
    for (const place of [folder, sockets]) chownSync(place, owner.uid, owner.gid);
  }
  const how = { stdio: "ignore", cwd: "/", ...owner } as const;
  execFileSync(join(bin, "initdb"), ["-D", data, "-A", "trust", "-U", "bench", "--no-instructions"], how);
  const server = spawn(join(bin, "postgres"), ["-D", data, "-k", sockets, "-c", "listen_addresses="], how);
  const ended = new Promise<void>((resolve) => server.once("close", () => resolve()));
  cleanup.add(
    async () => {
      server.kill("SIGINT");
      await ended;
    },
    () => void server.kill("SIGKILL"),
  );
  for (let attempt = 0; ; attempt++) {
    const client = new Client({ host: sockets, user: "bench", database: "postgres" });
    try {
      await client.connect();
      cleanup.add(() => client.end());
      await client.query(
        "CREATE TABLE records (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, previous bytea NOT NULL UNIQUE, hash bytea NOT NULL UNIQUE, payload bytea NOT NULL, signature bytea NOT NULL)",
      );
      return client;
    } catch (error) {
      if (attempt >= 100) throw error;
      await sleep(100);
    }
  }
}
