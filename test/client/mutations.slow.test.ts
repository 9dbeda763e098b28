import { type OfflineInput, verifyOffline } from "@vermilion/client/verify";
import { expect, test } from "vitest";
import { crypto, document, issuedAtMs, makeWorld, statusListBy } from "./fixtures.ts";

/** Every character of every input counts: none can be another without the verdict being another. */

const world = makeWorld();
const receipt = world.receiptOfEntry(world.entry);
const statusList = statusListBy(world.issuer.keys.sign, 0);
const full: OfflineInput = {
  receipt,
  policy: world.policy,
  entry: world.entry.bytes,
  sdJwt: world.sdJwt,
  genesis: world.genesis,
  document,
  statusList,
  crypto,
  now: issuedAtMs + 3_600_000,
};

async function outcome(input: OfflineInput): Promise<string> {
  const result = await verifyOffline(input);
  if ("unreadable" in result) return `unreadable ${result.unreadable}`;
  return result.passed ? "passed" : "failed";
}

function changed(text: string, at: number): string {
  const code = text.charCodeAt(at);
  return text.slice(0, at) + String.fromCharCode(code === 0x41 ? 0x42 : 0x41) + text.slice(at + 1);
}

test("unchanged, all of it passes", async () => {
  expect(await outcome(full)).toBe("passed");
});

test("of the receipt", async () => {
  for (let at = 0; at < receipt.length; at++)
    expect(await outcome({ ...full, receipt: changed(receipt, at) }), `character ${at}`).not.toBe("passed");
});

test("of the entry, each bit of each third byte", async () => {
  for (let at = 0; at < world.entry.bytes.length; at += 3) {
    const entry = Uint8Array.from(world.entry.bytes);
    entry[at] = (entry[at] ?? 0) ^ (1 << (at % 8));
    expect(await outcome({ ...full, entry }), `byte ${at}`).toBe("failed");
  }
});

test("of the SD-JWT", async () => {
  for (let at = 0; at < world.sdJwt.length; at++) {
    expect(await outcome({ ...full, sdJwt: changed(world.sdJwt, at) }), `character ${at}`).not.toBe("passed");
  }
});

test("of the status list", async () => {
  for (let at = 0; at < statusList.length; at++) {
    expect(await outcome({ ...full, statusList: changed(statusList, at) }), `character ${at}`).not.toBe("passed");
  }
});

test("of the genesis entry", async () => {
  const file = JSON.parse(world.genesis) as { entry: string };
  for (let at = 0; at < file.entry.length; at += 5) {
    const genesis = JSON.stringify({ ...file, entry: changed(file.entry, at) });
    expect(await outcome({ ...full, genesis }), `character ${at}`).not.toBe("passed");
  }
});
