import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parsePolicy } from "@vermilion/ledger";
import {
  askMemberOrFiles,
  checkConfig,
  consortiumOf,
  dataPaths,
  foundConsortium,
  newAppKey,
  openKeyFiles,
  readGenesis,
  systemClock,
  systemRandom,
  takeLock,
} from "@vermilion/local";
import { chainRules } from "@vermilion/member/rules";
import { checkGenesis } from "@vermilion/node/founding/genesis";
import { nativeCrypto } from "@vermilion/node/host/native-crypto";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "./local-support.ts";

const config = consortiumOf(["north", "south", "east"], { name: "grain.example", firstPort: 8001 });
const found = (data: string) => foundConsortium({ data, config, clock: systemClock, random: systemRandom });

describe("founding on one computer", () => {
  test("keys, configuration, policy and a genesis that holds, for members of any name", async () => {
    const data = join(temporaryFolder(), "data");
    await found(data);
    const paths = dataPaths(data);
    const genesis = checkGenesis(readGenesis(data), nativeCrypto, chainRules);
    if ("refused" in genesis) throw new Error(genesis.detail);
    expect([...genesis.membership.members.keys()]).toEqual(["north", "south", "east"]);
    expect(parsePolicy(readFileSync(paths.policy, "utf8"), nativeCrypto)).toMatchObject({ quorum: "members" });
    for (const { id } of config.members) {
      const { sign } = openKeyFiles(paths.member(id).keys).public;
      expect(genesis.membership.members.get(id)?.keys.sign).toEqual(sign);
      for (const file of [paths.member(id).config, paths.app(id, "desk")])
        expect(checkConfig(readFileSync(file, "utf8"), file).ok).toBe(true);
      expect(statSync(paths.app(id, "desk")).mode & 0o777).toBe(0o600);
    }
    expect(statSync(data).mode & 0o777).toBe(0o700);
    expect(readdirSync(dirname(data))).toEqual(["data"]);
  });

  test("a folder that holds something is left as it is", async () => {
    const data = temporaryFolder();
    writeFileSync(join(data, "letter.txt"), "dear");
    await expect(found(data)).rejects.toMatchObject({ code: "folder-not-usable" });
    expect(readdirSync(data)).toEqual(["letter.txt"]);
  });

  test("a second founding is refused and changes nothing", async () => {
    const data = join(temporaryFolder(), "data");
    await found(data);
    const before = readFileSync(dataPaths(data).genesis);
    await expect(found(data)).rejects.toMatchObject({ code: "already-founded" });
    expect(readFileSync(dataPaths(data).genesis).equals(before)).toBe(true);
  });

  test("two founders at the same moment: one consortium, whole", async () => {
    const data = join(temporaryFolder(), "data");
    const outcomes = await Promise.allSettled([found(data), found(data)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(outcomes.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "folder-not-usable" } });
    expect("refused" in checkGenesis(readGenesis(data), nativeCrypto, chainRules)).toBe(false);
    expect(readdirSync(dirname(data))).toEqual(["data"]);
  });

  test("what a founder that was killed left behind is removed by the next one", async () => {
    const folder = temporaryFolder();
    const left = join(folder, ".data.founding-4194300-0badc0de");
    mkdirSync(left);
    writeFileSync(join(left, "half"), "");
    await found(join(folder, "data"));
    expect(readdirSync(folder)).toEqual(["data"]);
  });
});

describe("apps of a member that does not run", () => {
  test("add, rotate with the old key still good, disable; refusals by code", async () => {
    const data = join(temporaryFolder(), "data");
    await found(data);
    const [first, second] = [newAppKey().publicKey, newAppKey().publicKey];
    const ask = (request: object) => askMemberOrFiles(data, "south", request as Parameters<typeof askMemberOrFiles>[2]);
    expect(await ask({ command: "app-add", app: "till", key: first, scopes: ["certificates:read"] })).toMatchObject({ ok: true });
    expect(await ask({ command: "app-add", app: "till", key: first, scopes: ["certificates:read"] })).toMatchObject({ code: "app-exists" });
    expect(await ask({ command: "app-add", app: "other", key: first, scopes: ["everything"] })).toMatchObject({ code: "unknown-scope" });
    expect(await ask({ command: "app-add", app: "../x", key: first, scopes: ["certificates:read"] })).toMatchObject({
      code: "bad-request",
    });
    const rotated = await ask({ command: "app-rotate", app: "till", key: second, keepOld: true });
    expect(rotated).toMatchObject({ value: { keys: [{ kid: second.kid }, { kid: first.kid }] } });
    expect(await ask({ command: "app-rotate", app: "till", key: second, keepOld: false })).toMatchObject({
      value: { keys: [{ kid: second.kid }] },
    });
    expect(await ask({ command: "app-disable", app: "till" })).toMatchObject({ value: { disabled: true } });
    expect(await ask({ command: "app-disable", app: "nobody" })).toMatchObject({ code: "unknown-app" });
    expect(await ask({ command: "app-list" })).toMatchObject({ value: [{ id: "desk" }, { id: "till" }] });
  });

  test("its files are not touched while somebody holds them", async () => {
    const data = join(temporaryFolder(), "data");
    await found(data);
    const lock = takeLock(dataPaths(data).member("east").lock);
    await expect(askMemberOrFiles(data, "east", { command: "app-list" })).rejects.toMatchObject({ code: "still-running" });
    lock?.release();
    expect(await askMemberOrFiles(data, "east", { command: "app-list" })).toMatchObject({ ok: true });
  });
});
