import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { createClient } from "@vermilion/client";
import { readAppFile } from "@vermilion/local";
import { packagedDocsFile } from "@vermilion/local/http/docs-files";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missionRows } from "../../journeys/mission-rows.ts";
import { repository } from "../../support/python.ts";
import { CloudConsortium, openSwitchboard } from "./consortium.ts";

/**
 * What infra/README.md says, done word by word by four members in four emulated accounts: deploy, state, found, sign, install,
 * the demo's journey, files, a second deployment, a member that is away and comes back, checks, and the end. One step after the other.
 */

const run = promisify(execFile);
const node = join(repository, "node_modules", "node", "bin", "node");
let folder = "";
let consortium: CloudConsortium;
/** Their emulators were started again: a stream does not outlive that there, as it does at AWS. */
const stopped = new Set<string>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "vermilion-cloud-"));
  consortium = await CloudConsortium.start(folder, 7401);
}, 120_000);

afterAll(async () => {
  await consortium?.close();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const at = (name: string) => join(consortium.data, name);

function clientOf(member: string) {
  const app = readAppFile(at(`apps/${member}-desk.json`));
  return createClient({ baseUrl: app.baseUrl, app, operator: member });
}

async function eventually<T>(look: () => Promise<T | undefined>, withinMs: number): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await look().catch(() => undefined);
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms`);
    await sleep(500);
  }
}

async function heads() {
  const all = await Promise.all(consortium.members.map(({ id }) => clientOf(id).health()));
  return all.map(({ chains: [chain] }) => `${chain?.height} ${chain?.headHash} ${chain?.state} ${chain?.finalSize}`);
}

async function equalHeads(withinMs: number): Promise<void> {
  await eventually(async () => (new Set(await heads()).size === 1 ? true : undefined), withinMs);
}

describe("four members in four emulated accounts", () => {
  test("each deploys with the unmodified CDK command line, in less than a minute", async () => {
    const took = await consortium.eachOf(async (member) => {
      await member.bootstrap();
      const began = Date.now();
      await member.deploy();
      return Date.now() - began;
    });
    console.log(`deployed in ${took.map((ms) => `${Math.round(ms / 1_000)} s`).join(", ")}`);
    for (const member of consortium.members) {
      const health = (await (await fetch(`${member.door.url}/v1/health`)).json()) as { status: string };
      expect(health.status).toBe("no-chain-yet");
    }
  });

  test("nothing differs after a deployment", async () => {
    expect(await consortium.member("customs").cdk("diff", "--fail")).toMatch(/no differences/i);
  });

  test("statements are collected; one that is not its member's own is refused in one sentence", async () => {
    for (const member of consortium.members)
      await member.vermilion("statement", "--stack", member.stack, "--out", at(`${member.id}.statement.json`));
    const [platform, inspection] = [consortium.member("platform"), consortium.member("inspection")];
    const files = consortium.members.map(({ id }) => at(`${id}.statement.json`));
    const name = ["--name", "eport.example", "--zh", "电子口岸电子证照联盟", "--en", "Electronic Port Consortium"];

    const broken = JSON.parse(readFileSync(files[0] ?? "", "utf8"));
    writeFileSync(
      at("broken.json"),
      JSON.stringify({ ...broken, signatures: JSON.parse(readFileSync(files[1] ?? "", "utf8")).signatures }),
    );
    await expect(platform.vermilion("found", at("broken.json"), ...files.slice(1), ...name, "--out", at("no.json"))).rejects.toThrow(
      /vermilion: invalid-statement: .*not signed by the key that it names/,
    );
    const mine = platform.door.leadsTo;
    platform.door.leadTo(inspection.door.leadsTo);
    await expect(platform.vermilion("found", ...files, ...name, "--out", at("no.json"))).rejects.toThrow(
      /vermilion: address-is-another: http:\/\/127\.0\.0\.1:7401, which platform names as its address, says to be inspection/,
    );
    platform.door.leadTo(mine);
    await platform.vermilion("found", ...files, ...name, "--out", at("founding.json"));
  });

  test("every founder signs, the first one last; another founding is refused to who has signed one", async () => {
    const [first, ...others] = consortium.members;
    const inspection = consortium.member("inspection");
    for (const member of [...others].reverse()) await member.vermilion("sign", at("founding.json"), "--stack", member.stack);
    const another = { ...JSON.parse(readFileSync(at("founding.json"), "utf8")), id: randomBytes(16).toString("hex"), signatures: {} };
    writeFileSync(at("another.json"), JSON.stringify(another));
    await expect(inspection.vermilion("sign", at("another.json"), "--stack", inspection.stack)).rejects.toThrow(
      /vermilion: signed-another-genesis: /,
    );
    await expect(inspection.vermilion("install", at("founding.json"), "--stack", inspection.stack)).rejects.toThrow(
      /vermilion: not-signed-by-all: .*platform/,
    );
    await first?.vermilion("sign", at("founding.json"), "--stack", first.stack);
    for (const member of consortium.members) {
      await member.vermilion("install", at("founding.json"), "--stack", member.stack);
      await member.vermilion("app", "add", "desk", "--stack", member.stack, "--data", consortium.data);
    }
    await equalHeads(30_000);
  });

  test("the same journey as on one computer, the leader stopped and started again in the midst of it", async () => {
    const switchboard = await openSwitchboard(consortium);
    const turn = (act: string) => `'${node}' '${join(repository, "test/aws/cloud/switch.ts")}' ${switchboard.url} ${act}`;
    try {
      const demo = [join(repository, "test/demo/demo.ts"), "--target", consortium.data, "--stop", turn("stop"), "--start", turn("start")];
      const { stdout } = await run(node, demo, { cwd: repository, maxBuffer: 16 * 1024 * 1024 }).catch((error: { stdout?: string }) => {
        throw new Error(error.stdout ?? "the demo failed");
      });
      console.log(stdout.trim().split("\n").at(-1));
      for (const [, member = ""] of stdout.matchAll(/✓ (\w+) was leading and is stopped/g)) stopped.add(member);
      expect(stdout).not.toMatch(/✗|skipped/);
      expect(stdout).toMatch(/^(\d+) of \1 lines are true/m);
    } finally {
      await switchboard.close();
    }
  }, 300_000);

  test("each shows the page of its API, with the script that lies beside its code", async () => {
    const script = await packagedDocsFile("swagger-ui.js");
    for (const { door } of consortium.members) {
      expect(await (await fetch(`${door.url}/docs`)).text()).toContain('src="/docs/swagger-ui.js"');
      const answer = await fetch(`${door.url}/docs/swagger-ui.js`);
      expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/javascript; charset=utf-8"]);
      expect(Buffer.from(await answer.arrayBuffer()).equals(script)).toBe(true);
      expect(await (await fetch(`${door.url}/v1/ready`)).json()).toEqual({ ready: true });
    }
  });

  test("a table that is not the one that was written to makes its member amnesic, and the others let it rejoin", async () => {
    const tax = consortium.member("tax");
    await tax.setBackRaftTable();
    await eventually(async () => {
      await clientOf("tax").depositEvidence({ digests: [randomBytes(32).toString("hex")] });
      const row = (await clientOf("customs").members()).items.find(({ id }) => id === "tax");
      return row?.incarnation === 1 ? true : undefined;
    }, 120_000);
    await eventually(async () => ((await clientOf("tax").health()).status === "ok" ? true : undefined), 60_000);
  });

  test.each(Object.entries(missionRows))("%s", async (_row, journey) => {
    await journey({ as: clientOf });
  });

  test("a network that has slept commits its first entry without anybody else's help", async () => {
    await equalHeads(30_000);
    await sleep(20_000);
    const sample = JSON.parse(readFileSync(join(repository, "packages/certificates/types/moc-filing.sample.json"), "utf8"));
    const client = clientOf("platform");
    // Signs in, so that what is measured is one call.
    await client.types({ limit: 1 });
    const began = Date.now();
    const issued = await client.issueCertificate({ type: "moc-filing", fields: sample.main });
    const committedMs = Date.now() - began;
    expect((await client.receipt({ transactionHash: issued.transactionHash, wait: 20 })).final).toBe(true);
    console.log(`after 20 s of sleep: committed in ${committedMs} ms, receipt final after ${Date.now() - began} ms`);
  });

  test("a file of 200 MB goes to the owner's bucket in parts and is read back by the agency that it was granted to", async () => {
    const [platform, tax] = [consortium.member("platform"), consortium.member("tax")];
    const original = join(folder, "scan.bin");
    const digest = await randomFile(original, 200_000_000);
    const put = JSON.parse(
      await platform.vermilion(
        "file",
        "put",
        original,
        "--media-type",
        "application/octet-stream",
        "--as",
        "platform",
        "--data",
        consortium.data,
        "--json",
      ),
    ) as { value: string };
    const desk = clientOf("platform");
    const type = JSON.parse(readFileSync(join(repository, "packages/certificates/types/filing-attachment.json"), "utf8"));
    await desk.type({ type: type.id }).catch(() => desk.defineType({ type }));
    const field = "document";
    const issued = await desk.issueCertificate({
      type: type.id,
      fields: { filingNumber: "015-45544688", title: "备案登记表扫描件", [field]: put.value },
    });
    const asked = await clientOf("tax").openRequest({
      certificate: issued.certificate,
      part: "main",
      fields: [field],
      purpose: "tax-registration",
      serviceItem: "registration",
      basis: "tax-law",
    });
    await eventually(async () => {
      const { items } = await desk.requests({ list: "to-decide", limit: 100 });
      return items.some(({ request }) => request === asked.request) ? true : undefined;
    }, 30_000);
    await desk.decideRequest({ request: asked.request, decision: "approve", reason: "lawful" });
    await eventually(() => clientOf("tax").grantedFields({ request: asked.request, wait: 10 }), 60_000);
    const copy = join(folder, "copy.bin");
    const got = JSON.parse(
      await tax.vermilion("file", "get", asked.request, field, "--out", copy, "--as", "tax", "--data", consortium.data, "--json"),
    ) as { sha256: string };
    expect(got.sha256).toBe(digest);
    expect(await digestOf(copy)).toBe(digest);
  });

  test("public verification needs no function: checkpoint and tiles are objects, the same as the API's", async () => {
    const id = consortium.members.map((member) => member.id).find((each) => !stopped.has(each)) ?? "";
    const { TilesBucket } = await consortium.member(id).outputs();
    const { chain, finalSize: size } = (await clientOf(id).health()).chains[0] ?? { chain: "", finalSize: 0 };
    const object = async (path: string) => fetch(`${consortium.member(id).emulator.endpoint}/${TilesBucket}/chains/${chain}/${path}`);
    const checkpoint = await eventually(async () => {
      const text = await (await object("checkpoint")).text();
      return text.split("\n")[1] === `${size}` ? text : undefined;
    }, 60_000);
    expect(checkpoint.split("\n")[0]).toBe((await clientOf(id).checkpoint()).split("\n")[0]);
    const tile = await object(`tile/0/000.p/${size}`);
    expect(Buffer.from(await tile.arrayBuffer()).equals(Buffer.from(await clientOf(id).tile({ tile: `0/000.p/${size}` })))).toBe(true);
    expect(tile.headers.get("cache-control")).toMatch(/immutable/);
  });

  test("a disabled key, wake-ups for nothing and a second coordinator: refused plainly, nothing lost, nothing doubled", async () => {
    const platform = consortium.member("platform");
    const filing = JSON.parse(readFileSync(join(repository, "packages/certificates/types/moc-filing.sample.json"), "utf8")).main;
    const issue = () => clientOf("platform").issueCertificate({ type: "moc-filing", fields: filing });
    await platform.setKey("sign", "disabled");
    await expect(issue()).rejects.toMatchObject({ code: "keys-unavailable", status: 503 });
    await platform.setKey("sign", "enabled");
    expect((await issue()).outcome).toBe("applied");
    await equalHeads(60_000);

    const before = await heads();
    expect(await platform.disturbCoordinator()).toEqual(["SUCCEEDED", "SUCCEEDED"]);
    expect(await heads()).toEqual(before);
  });

  test("a second deployment changes code and keeps every item", async () => {
    const member = consortium.member("inspection");
    const before = (await clientOf("inspection").health()).chains[0];
    await member.deploy("-c", "logLevel=info");
    expect((await clientOf("inspection").health()).chains[0]).toMatchObject({ headHash: before?.headHash, height: before?.height });
    expect(JSON.parse(await member.vermilion("app", "list", "--stack", member.stack, "--json")).apps).toHaveLength(1);
  });

  test("without one member the others commit on; it comes back and catches up by itself", async () => {
    const customs = consortium.member("customs");
    await customs.stop();
    const type = "moc-filing";
    const sample = JSON.parse(readFileSync(join(repository, `packages/certificates/types/${type}.sample.json`), "utf8"));
    const certificates = [];
    for (let round = 0; round < 3; round++) certificates.push(await clientOf("platform").issueCertificate({ type, fields: sample.main }));
    for (const { transactionHash } of certificates)
      expect((await clientOf("platform").receipt({ transactionHash, wait: 20 })).final).toBe(true);
    await customs.startAgain();
    // Its watchdog hears within a minute from the others' public health that it is behind.
    await equalHeads(100_000);
  });

  test("every member's ledger is clean, read back from its bytes in the cloud's tables", async () => {
    for (const member of consortium.members) {
      const report = JSON.parse(await member.vermilion("fsck", "--stack", member.stack, "--json"));
      expect(report, member.id).toMatchObject({ clean: true, findings: [] });
      expect(report.blocks).toBeGreaterThan(10);
    }
  });

  test("to destroy a stack keeps ledger, keys and files", async () => {
    const member = consortium.member("inspection");
    const { TilesBucket = "" } = await member.outputs();
    const chain = await member.chain();
    expect(await member.cdk("destroy", "--force")).toMatch(/destroyed/);
    const kept = await member.kept(TilesBucket, chain);
    expect(kept.tables).toHaveLength(5);
    expect(kept.keys).toBe(5);
    expect(kept.checkpoint).toContain("eport.example/");
    expect((await fetch(`${member.door.url}/v1/health`)).status).not.toBe(200);
  });
});

async function randomFile(path: string, bytes: number): Promise<string> {
  const hash = createHash("sha256");
  const chunk = randomBytes(1_000_000);
  const { createWriteStream } = await import("node:fs");
  await pipeline(async function* () {
    for (let written = 0; written < bytes; written += chunk.length) {
      chunk.writeUInt32BE(written, 0);
      const part = Buffer.from(chunk);
      hash.update(part);
      yield part;
    }
  }, createWriteStream(path));
  return hash.digest("hex");
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}
