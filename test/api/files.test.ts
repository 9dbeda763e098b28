import { fileChunkBytes } from "@vermilion/certificates";
import type { Services } from "@vermilion/member/services";
import { Fault } from "@vermilion/node/fault";
import { scopes } from "@vermilion/protocol";
import { describe, expect, test, vi } from "vitest";
import { addApp, ask, outcomeOf, startMember, tokenOf } from "./support/member.ts";
import { hash, requestName } from "./support/services.ts";

/** The doors of files: what they take, what they refuse before a use case is asked, and how much of it at one time. */

async function place(services: Partial<Services> = {}) {
  const member = await startMember({ services });
  const token = await tokenOf(member, await addApp(member, "desk", scopes));
  const headers = { "vermilion-operator": "a" };
  return {
    member,
    token,
    put: (bytes: Uint8Array, path = `/v1/files/${hash}/chunks/0`) => ask(member, path, { method: "PUT", token, bytes, headers }),
  };
}

const linkPath = `/v1/file-chunks/${hash}.0.1.${"A".repeat(43)}`;

describe("a chunk on its way in", () => {
  test("is handed to the use case byte for byte, up to a whole chunk", async () => {
    const seen: { readonly file: string; readonly chunk: number; readonly length: number; readonly last: number }[] = [];
    const sendChunk: Services["sendChunk"] = async ({ file, chunk, bytes }) => {
      seen.push({ file, chunk, length: bytes.length, last: bytes.at(-1)! });
      return { file, chunk };
    };
    const { put } = await place({ sendChunk });
    const whole = new Uint8Array(fileChunkBytes).fill(7);
    expect(await (await put(whole, `/v1/files/${hash}/chunks/640`)).json()).toEqual({ file: hash, chunk: 640 });
    expect(seen).toEqual([{ file: hash, chunk: 640, length: fileChunkBytes, last: 7 }]);
    expect(await outcomeOf(await put(new Uint8Array(fileChunkBytes + 1)))).toBe("413 body-too-large");
    expect(seen).toHaveLength(1);
  });

  test("is bytes, for a file that has a name and a chunk that has a number", async () => {
    const { member, token, put } = await place();
    const headers = { "content-type": "application/json" };
    expect(await outcomeOf(await ask(member, `/v1/files/${hash}/chunks/0`, { method: "PUT", token, body: "{}", headers }))).toBe(
      "415 unsupported-content-type",
    );
    for (const path of [
      `/v1/files/${hash.toUpperCase()}/chunks/0`,
      `/v1/files/${hash}/chunks/-1`,
      `/v1/files/${hash}/chunks/01`,
      "/v1/files/x/chunks/0",
    ])
      expect(await outcomeOf(await put(new Uint8Array(1), path)), path).toBe("400 malformed-path");
    expect(await outcomeOf(await ask(member, `/v1/files/${hash}/chunks/0`, { method: "POST", token, bytes: new Uint8Array(1) }))).toBe(
      "405 method-not-allowed",
    );
  });

  test("waits outside while four of its app are inside, and comes in afterwards", async () => {
    const gate = Promise.withResolvers<void>();
    const sendChunk: Services["sendChunk"] = async ({ file, chunk }) => {
      await gate.promise;
      return { file, chunk };
    };
    const { put } = await place({ sendChunk });
    const inside = Array.from({ length: 4 }, () => put(new Uint8Array(10)));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const outside = await put(new Uint8Array(10));
    expect(outside.headers.get("retry-after")).toBe("5");
    expect(await outcomeOf(outside)).toBe("503 files-busy");
    gate.resolve();
    expect((await Promise.all(inside)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect((await put(new Uint8Array(10))).status).toBe(200);
  });

  test("no room on the disk is 507, and says nothing of the disk", async () => {
    const { put } = await place({ sendChunk: () => Promise.reject(new Fault("storage-full", "files: ENOSPC")) });
    const answer = await put(new Uint8Array(10));
    expect(answer.status).toBe(507);
    expect(await answer.text()).not.toContain("ENOSPC");
  });
});

describe("a chunk on its way out", () => {
  test("comes whole, with its length, and may be fetched by a page of another agency", async () => {
    const bytes = new Uint8Array(700_000).map((_, at) => at % 251);
    const { member } = await place({ fileChunk: async () => bytes });
    const answer = await ask(member, linkPath);
    expect(answer.headers.get("content-length")).toBe("700000");
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(Buffer.compare(new Uint8Array(await answer.arrayBuffer()), bytes)).toBe(0);
  });

  test("a link that is not valid gets no reason; the log has no link", async () => {
    const { member } = await place({ fileChunk: async () => ({ refused: "file-link-invalid", detail: "" }) });
    const answer = await ask(member, linkPath);
    expect(answer.status).toBe(403);
    expect(await answer.json()).not.toHaveProperty("detail");
    expect(JSON.stringify(member.log)).not.toContain(hash);
  });

  test("readers of one file who do not take what they asked for keep nobody from another one", async () => {
    const { member } = await place({ fileChunk: async () => new Uint8Array(fileChunkBytes) });
    const slow = await Promise.all(Array.from({ length: 8 }, () => ask(member, linkPath)));
    expect(slow.every(({ status }) => status === 200)).toBe(true);
    expect(await outcomeOf(await ask(member, linkPath))).toBe("503 files-busy");
    const other = await ask(member, linkPath.replace(hash, "cd".repeat(32)));
    expect((await other.arrayBuffer()).byteLength).toBe(fileChunkBytes);
    await Promise.all(slow.map(({ body }) => body?.cancel()));
    await expect.poll(async () => (await ask(member, linkPath)).status).toBe(200);
  });
});

test("who does not take a chunk in time loses it, and his room is another's", async () => {
  const { member } = await place({ fileChunk: async () => new Uint8Array(fileChunkBytes) });
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const links = ["ab", "cd", "ef", "12"].map((two) => linkPath.replace(hash, two.repeat(32)));
    const slow = await Promise.all(links.flatMap((link) => Array.from({ length: 8 }, () => ask(member, link))));
    const other = linkPath.replace(hash, "34".repeat(32));
    expect(await outcomeOf(await ask(member, other))).toBe("503 files-busy");
    vi.advanceTimersByTime(121_000);
    expect((await (await ask(member, other)).arrayBuffer()).byteLength).toBe(fileChunkBytes);
    await expect(slow[0]!.arrayBuffer()).rejects.toThrow();
    vi.advanceTimersByTime(121_000);
    await Promise.all(slow.map(({ body }) => body?.cancel().catch(() => undefined)));
    expect((await ask(member, other)).status).toBe(200);
  } finally {
    vi.useRealTimers();
  }
});

test("the other routes pass on what they were asked", async () => {
  const asked: unknown[] = [];
  const note = <T>(name: string, answer: T) =>
    ((...given: unknown[]) => {
      asked.push([name, ...given]);
      return Promise.resolve(answer);
    }) as never;
  const { member, token } = await place({
    beginFile: note("begin", { refused: "too-many-uploads", detail: "" }),
    abandonFile: note("abandon", { file: hash }),
    grantedFile: note("granted", { refused: "file-answer-wrong", detail: "" }),
    ownFile: note("own", { refused: "file-of-another-member", detail: "" }),
  });
  const caller = { app: "desk", operator: "Li Ming" };
  const headers = { "vermilion-operator": "Li%20Ming" };
  const plan = { size: 17, chunks: [hash] };
  expect(await outcomeOf(await ask(member, `/v1/files/${hash}`, { method: "PUT", token, json: plan, headers }))).toBe(
    "409 too-many-uploads",
  );
  expect(await outcomeOf(await ask(member, `/v1/files/${hash}`, { method: "PUT", token, json: { ...plan, chunks: [] }, headers }))).toBe(
    "400 malformed-body",
  );
  expect((await ask(member, `/v1/files/${hash}`, { method: "DELETE", token, headers })).status).toBe(200);
  expect(await outcomeOf(await ask(member, `/v1/requests/${requestName}/files/document?from=32`, { token, headers }))).toBe(
    "502 file-answer-wrong",
  );
  expect(await outcomeOf(await ask(member, `/v1/files/${hash}/chunks`, { token, headers }))).toBe("422 file-of-another-member");
  expect(await outcomeOf(await ask(member, `/v1/files/${hash}/chunks?from=x`, { token, headers }))).toBe("400 malformed-query");
  expect(asked).toEqual([
    ["begin", { file: hash, ...plan }, caller],
    ["abandon", { file: hash }, caller],
    ["granted", { request: requestName, field: "document", from: 32 }, caller, { waitMs: 5_000 }],
    ["own", { file: hash, from: 0 }, caller],
  ]);
});
