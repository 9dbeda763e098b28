import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { join } from "node:path";
import { takeLock } from "@vermilion/local";
import { chooseSocketPlace, findSocketPlace, forgetSocketPlace } from "@vermilion/local/sockets/address";
import { askSocket, serveSocket } from "@vermilion/local/sockets/door";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "./local-support.ts";

async function echoDoor(): Promise<string> {
  const path = join(temporaryFolder(), "door.sock");
  const door = await serveSocket(path, async (request) => {
    if (request === "fail") throw new Error("it failed");
    return { ok: true, value: request };
  });
  onTestFinished(() => door.close());
  return path;
}

test("a request is answered; the socket is its owner's alone; a failure is an answer too", async () => {
  const path = await echoDoor();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(await askSocket(path, { command: "x", text: "电子\n口岸" }, 1_000)).toEqual({
    ok: true,
    value: { command: "x", text: "电子\n口岸" },
  });
  expect(await askSocket(path, "fail", 1_000)).toMatchObject({ ok: false, code: "failed" });
});

test("garbage and a line without end do not hurt the next caller", async () => {
  const path = await echoDoor();
  for (const bytes of ["not json\n", "\xff\xfe\n", "x".repeat(200_000), ""]) {
    const socket = createConnection(path);
    socket.on("error", () => undefined);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.write(bytes);
    socket.resume();
    if (bytes === "") socket.destroy();
    await closed;
  }
  expect(await askSocket(path, 1, 1_000)).toEqual({ ok: true, value: 1 });
});

test("nobody there: no socket, or one that a dead process left", async () => {
  const folder = temporaryFolder();
  expect(await askSocket(join(folder, "none.sock"), 1, 1_000)).toBeUndefined();
  const left = join(folder, "left.sock");
  const server = createServer().listen(left);
  await new Promise((resolve) => server.once("listening", resolve));
  const gone = new Promise((resolve) => server.close(resolve));
  await gone;
  writeFileSync(left, "");
  expect(await askSocket(left, 1, 1_000)).toBeUndefined();
});

test("a place for a socket: in the folder, or short and noted beside it where the path is too long", () => {
  const short = temporaryFolder();
  expect(chooseSocketPlace(short, "control.sock")).toBe(join(short, "control.sock"));
  const long = join(temporaryFolder(), "x".repeat(120));
  mkdirSync(long);
  const place = chooseSocketPlace(long, "control.sock");
  expect(Buffer.byteLength(place)).toBeLessThan(100);
  expect(findSocketPlace(long, "control.sock")).toBe(place);
  forgetSocketPlace(long, "control.sock");
  expect(existsSync(join(place, ".."))).toBe(false);
  expect(findSocketPlace(long, "control.sock")).toBe(join(long, "control.sock"));
});

test("a note that names something else is not believed, and what it names is not removed", () => {
  const folder = temporaryFolder();
  const precious = join(folder, "precious.txt");
  writeFileSync(precious, "x");
  writeFileSync(join(folder, "control.sock.place"), `${precious}\n`);
  expect(findSocketPlace(folder, "control.sock")).toBe(join(folder, "control.sock"));
  forgetSocketPlace(folder, "control.sock");
  expect(existsSync(precious)).toBe(true);
});

test("a lock has one holder at a time", () => {
  const path = join(temporaryFolder(), "member.lock");
  const first = takeLock(path);
  expect(first).toBeDefined();
  expect(takeLock(path)).toBeUndefined();
  first?.release();
  const second = takeLock(path);
  expect(second).toBeDefined();
  second?.release();
  expect(statSync(path).mode & 0o777).toBe(0o600);
});
