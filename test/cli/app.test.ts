import { readFileSync } from "node:fs";
import { join } from "node:path";
import { adminSocket, consortiumOf, dataPaths, foundConsortium, systemClock, systemRandom } from "@vermilion/local";
import { adminDoor } from "@vermilion/local/process/admin";
import { chooseSocketPlace } from "@vermilion/local/sockets/address";
import { serveSocket } from "@vermilion/local/sockets/door";
import type { App } from "@vermilion/member/ports/index";
import { expect, onTestFinished, test } from "vitest";
import { memoryApps } from "../support/memory/stores.ts";
import { inProcess, temporaryFolder } from "./spawn.ts";

/** A founded member whose process is its real admin door over a store that notes what was put into it. */
async function place() {
  const data = join(temporaryFolder(), "data");
  const config = consortiumOf(["north"], { name: "grain.example", firstPort: 8001 });
  await foundConsortium({ data, config, clock: systemClock, random: systemRandom });
  const stored: App[] = [];
  const memory = memoryApps();
  const apps = {
    ...memory,
    put: async (app: App) => {
      stored.push(app);
      await memory.put(app);
    },
  };
  const socket = chooseSocketPlace(dataPaths(data).member("north").home, adminSocket);
  const door = await serveSocket(socket, adminDoor({ apps, clock: systemClock, stop: () => undefined }));
  onTestFinished(() => door.close());
  const app = async (...args: readonly string[]) => {
    const ran = await inProcess(["app", ...args, "--data", data, "--json"]);
    expect(ran).toMatchObject({ code: 0 });
    return (JSON.parse(ran.out) as { app: App }).app;
  };
  const keyInFile = () => (JSON.parse(readFileSync(dataPaths(data).app("north", "counter"), "utf8")) as { jwk: { kid: string } }).jwk.kid;
  return { data, stored, app, keyInFile };
}

test("a stolen key: disabled, rotated, enabled, and at no moment is it back", async () => {
  const { stored, app, keyInFile } = await place();
  await app("add", "counter", "--scope", "certificates:read");
  const stolen = keyInFile();
  await app("disable", "counter");
  expect(await app("rotate", "counter")).toMatchObject({ disabled: true, keys: [{ kid: keyInFile() }] });
  expect(await app("enable", "counter")).toMatchObject({ disabled: false, keys: [{ kid: keyInFile() }] });
  expect(keyInFile()).not.toBe(stolen);
  const usable = stored.slice(1).filter(({ disabled, keys }) => !disabled && keys.some(({ kid }) => kid === stolen));
  expect(usable).toEqual([]);
});

test("--revoke-old stores the old key in no state", async () => {
  const { stored, app, keyInFile } = await place();
  await app("add", "counter", "--scope", "certificates:read");
  const old = keyInFile();
  await app("rotate", "counter", "--revoke-old");
  expect(stored.slice(1).flatMap(({ keys }) => keys.map(({ kid }) => kid))).toEqual([keyInFile()]);
  const kept = keyInFile();
  expect(await app("rotate", "counter")).toMatchObject({ keys: [{ kid: keyInFile() }, { kid: kept }] });
  expect([old, kept]).not.toContain(keyInFile());
});

test("help and words name enable, and a rotation of a disabled app says that it is still disabled", async () => {
  const { data, app } = await place();
  await app("add", "counter");
  await app("disable", "counter");
  const ran = await inProcess(["app", "rotate", "counter", "--data", data]);
  expect(ran.err).toContain("still disabled");
  expect(ran.out).toContain("disabled");
  expect((await inProcess(["app", "--help"])).out).toContain("vermilion app enable counter");
});
