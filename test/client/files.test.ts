import { createHash } from "node:crypto";
import { chunkPlace, fileBytesMax, fileChunkBytes, filePlainChunkBytes, parseFileReference } from "@vermilion/certificates";
import { type Calls, type ClientProblem, defaultPatience, type UploadState } from "@vermilion/client";
import { type FetchByLink, openFile } from "@vermilion/client/file-download";
import { type FileCalls, putFile } from "@vermilion/client/file-upload";
import { ClientProblem as Problem } from "@vermilion/client/problem";
import { transportOf } from "@vermilion/client/transport";
import { fromHex } from "@vermilion/ledger";
import { beforeEach, describe, expect, test } from "vitest";
import { patternBytes } from "../certificates/file-bytes.ts";
import { crypto, vectors } from "../certificates/fixtures.ts";

/** The upload and the download against a member of a few lines that does what the real one promises, and can be told to fail. */

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const hash = "ab".repeat(32);
const committed = {
  status: "committed",
  outcome: "applied",
  transactionHash: hash,
  blockNumber: 7,
  time: 1,
  receipt: `/v1/receipts/${hash}`,
} as const;

type FakeCalls = FileCalls & FetchByLink & Pick<Calls, "ownFile">;

class FakeMember {
  readonly chunks = new Map<number, Uint8Array>();
  plan: { readonly size: number; readonly chunks: readonly string[] } | undefined;
  registered = false;
  /** Another member has put the root on the ledger first. */
  ofAnother = false;
  through: "api" | "link" = "api";
  windowMax = 32;
  sent: number[] = [];
  fetched: number[] = [];
  /** Before a chunk is taken or given. */
  before: (what: "send" | "fetch", chunk: number) => void = () => undefined;

  get calls(): FakeCalls {
    const take = async (chunk: number, bytes: Uint8Array): Promise<void> => {
      this.before("send", chunk);
      if (sha256(bytes) !== this.plan?.chunks[chunk]) throw new Problem({ code: "chunk-does-not-match", status: 422, detail: "" });
      this.chunks.set(chunk, Uint8Array.from(bytes));
      this.sent.push(chunk);
    };
    const list = async (from: number) => ({
      file: hash,
      size: this.plan!.size,
      chunkBytes: fileChunkBytes,
      hashes: this.plan!.chunks,
      links: this.plan!.chunks.map((_, chunk) => ({ chunk, url: `https://files.example/${chunk}?${from}`, headers: {}, until: 0 })).slice(
        from,
        from + this.windowMax,
      ),
    });
    return {
      beginFile: async ({ file, ...plan }) => {
        this.plan ??= plan;
        if (this.ofAnother && this.registered) throw new Problem({ code: "file-of-another-member", status: 422, detail: "" });
        const missing = plan.chunks.map((_, at) => at).filter((at) => !this.chunks.has(at));
        const sends = missing
          .slice(0, this.windowMax)
          .map((chunk) =>
            this.through === "api"
              ? { through: "api" as const, chunk }
              : { through: "link" as const, chunk, url: "https://s3/", headers: {}, until: 0 },
          );
        return { file, complete: missing.length === 0, registered: this.registered, missing, sends };
      },
      sendChunk: async ({ file, chunk, bytes }) => {
        await take(chunk, bytes);
        return { file, chunk };
      },
      sendByLink: async (link, bytes) => {
        await take(link.chunk, bytes);
        return new Uint8Array();
      },
      completeFile: async ({ file }) => {
        if (this.registered) throw new Problem({ code: "file-exists", status: 409, detail: "" });
        this.registered = true;
        return { ...committed, file };
      },
      file: async ({ file }) => ({
        version: 1,
        file,
        plain: hash,
        hashAlgorithm: "sha256",
        dataType: "",
        size: 0,
        chunks: 0,
        chunkBytes: 0,
        owner: "tax",
        transaction: hash,
        height: 7,
        at: 1,
      }),
      fetchByLink: async (link) => {
        this.before("fetch", link.chunk);
        this.fetched.push(link.chunk);
        return this.chunks.get(link.chunk)!;
      },
      ownFile: async ({ from }) => list(from ?? 0),
    };
  }

  async open(value: string, parallel = 3) {
    const ask = (from: number) => this.calls.ownFile({ file: "", from });
    return openFile(this.calls, value, ask, await ask(0), { parallel });
  }
}

let member: FakeMember;
beforeEach(() => {
  member = new FakeMember();
});

const name = { name: "备案.pdf", mediaType: "application/pdf" };
const source = (bytes: number, changed?: () => number | undefined) => ({
  size: bytes,
  read: async (start: number, end: number) => {
    const read = patternBytes(start, end);
    const at = changed?.();
    if (at !== undefined && at >= start && at < end) read[at - start]! ^= 1;
    return read;
  },
});
const threeChunks = 2 * filePlainChunkBytes + 5;

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

async function failure(work: Promise<unknown>): Promise<ClientProblem> {
  return work.then(
    () => expect.fail("it did not fail"),
    (error: unknown) => error as ClientProblem,
  );
}

describe("sending", () => {
  test.each([0, 1, filePlainChunkBytes, threeChunks])("a file of %s bytes comes back as it was", async (bytes) => {
    const progress: string[] = [];
    const stored = await putFile(member.calls, source(bytes), {
      ...name,
      onProgress: ({ phase, done, chunks }) => progress.push(`${phase} ${done}/${chunks}`),
    });
    expect(stored).toMatchObject({ ...committed, chunks: member.plan!.chunks.length, size: member.plan!.size });
    expect(progress.at(-1)).toBe(`sending ${stored.chunks}/${stored.chunks}`);
    const opened = await member.open(stored.value);
    expect(opened).toMatchObject({ name: "备案.pdf", mediaType: "application/pdf", bytes });
    expect(sha256(await collect(opened))).toBe(sha256(patternBytes(0, bytes)));
  });

  test("what a Blob gives is sent too; two files never have one key", async () => {
    const one = await putFile(member.calls, new Blob([patternBytes(0, 1_000)]), name);
    const other = await putFile(new FakeMember().calls, new Blob([patternBytes(0, 1_000)]), name);
    expect(sha256(await collect(await member.open(one.value)))).toBe(sha256(patternBytes(0, 1_000)));
    expect(other.file).not.toBe(one.file);
  });

  test("is the format of the vectors", async () => {
    const { key, files } = vectors<{ key: string; files: { plainBytes: number; hashes: string[]; file: string }[] }>("file");
    const [, , , whole] = files;
    const state: UploadState = {
      version: 1,
      ...name,
      bytes: whole!.plainBytes,
      key: Buffer.from(fromHex(key)!).toString("base64url"),
      file: whole!.file,
      plain: sha256(patternBytes(0, whole!.plainBytes)),
      chunks: whole!.hashes,
    };
    const stored = await putFile(member.calls, source(whole!.plainBytes), { ...name, resume: state });
    expect(stored.file).toBe(whole!.file);
    expect(
      crypto.openAes256Gcm(
        fromHex(key)!,
        new Uint8Array(12),
        new TextEncoder().encode("vermilion-file/1 chunk 0 of 1"),
        member.chunks.get(0)!,
      )?.length,
    ).toBe(filePlainChunkBytes);
  });

  test("goes on where it was cut off, with the state that was kept, and sends no chunk twice", async () => {
    let saved: UploadState | undefined;
    member.before = (_what, chunk) => {
      if (chunk === 1) throw new Problem({ code: "unreachable", status: 0, detail: "" });
    };
    const cut = putFile(member.calls, source(threeChunks), {
      ...name,
      parallel: 1,
      onState: (state) => (saved = JSON.parse(JSON.stringify(state))),
    });
    expect((await failure(cut)).code).toBe("unreachable");
    member.before = () => undefined;
    const stored = await putFile(member.calls, source(threeChunks), { ...name, resume: saved! });
    expect(member.sent.toSorted()).toEqual([0, 1, 2]);
    expect(sha256(await collect(await member.open(stored.value)))).toBe(sha256(patternBytes(0, threeChunks)));
    // The answer of the last step was lost: the entry that stands there is the answer.
    const again = await putFile(member.calls, source(threeChunks), { ...name, resume: saved! });
    expect(again).toEqual(stored);
    expect(member.sent.toSorted()).toEqual([0, 1, 2]);
  });

  test("a file that has changed meanwhile is not sent under the same key", async () => {
    let saved: UploadState | undefined;
    let reads = 0;
    const changing = source(1_000, () => (reads++ > 0 ? 10 : undefined));
    const refused = await failure(putFile(member.calls, changing, { ...name, onState: (state) => (saved = state) }));
    expect(refused.code).toBe("source-changed");
    expect((await failure(putFile(member.calls, source(999), { ...name, resume: saved! }))).code).toBe("source-changed");
    expect((await failure(putFile(member.calls, source(1_000), { ...name, resume: { ...saved!, chunks: [hash] } }))).code).toBe(
      "source-changed",
    );
    const short = { size: 1_000, read: async () => new Uint8Array(3) };
    expect((await failure(putFile(member.calls, short, name))).code).toBe("source-changed");
    expect(member.sent).toEqual([]);
  });

  test("nor is one whose earlier chunks, sent already, are not those of the file any more", async () => {
    let saved: UploadState | undefined;
    member.before = (_what, chunk) => {
      if (chunk === 1) throw new Problem({ code: "unreachable", status: 0, detail: "" });
    };
    await failure(putFile(member.calls, source(threeChunks), { ...name, parallel: 1, onState: (state) => (saved = state) }));
    member.before = () => undefined;
    const edited = source(threeChunks, () => 10);
    expect((await failure(putFile(member.calls, edited, { ...name, resume: saved! }))).code).toBe("source-changed");
    expect([member.sent, member.registered]).toEqual([[0], false]);
    // All was sent, and only the entry was missing.
    const cut = { ...member.calls, completeFile: () => Promise.reject(new Problem({ code: "unreachable", status: 0, detail: "" })) };
    await failure(putFile(cut, source(threeChunks), { ...name, resume: saved! }));
    expect((await failure(putFile(member.calls, edited, { ...name, resume: saved! }))).code).toBe("source-changed");
    expect(member.registered).toBe(false);
  });

  test("a root that another member has registered first is not taken for one's own", async () => {
    member.ofAnother = true;
    const complete = () => {
      member.registered = true;
      return Promise.reject(new Problem({ code: "file-exists", status: 409, detail: "" }));
    };
    const refused = await failure(putFile({ ...member.calls, completeFile: complete }, source(10), name));
    expect(refused.code).toBe("file-of-another-member");
  });

  test("links that have run out are asked for again, and no more than a few times", async () => {
    member.through = "link";
    member.windowMax = 2;
    let expired = 1;
    member.before = (what) => {
      if (what === "send" && expired-- > 0) throw new Problem({ code: "bad-answer", status: 403, detail: "" });
    };
    await putFile(member.calls, source(threeChunks), name);
    expect(member.sent.toSorted()).toEqual([0, 1, 2]);
    member = new FakeMember();
    member.through = "link";
    member.before = () => {
      throw new Problem({ code: "bad-answer", status: 403, detail: "" });
    };
    expect((await failure(putFile(member.calls, source(10), name))).code).toBe("bad-answer");
  });

  test("a name with a path, another media type, more than 5 GiB, and a caller who gives up", async () => {
    expect((await failure(putFile(member.calls, source(1), { ...name, name: "a/b" }))).code).toBe("file-name-not-usable");
    expect((await failure(putFile(member.calls, source(1), { ...name, mediaType: "PDF" }))).code).toBe("file-name-not-usable");
    expect((await failure(putFile(member.calls, source(fileBytesMax + 1), name))).code).toBe("file-too-large");
    await expect(putFile(member.calls, source(1), { ...name, signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
    expect(member.sent).toEqual([]);
  });
});

describe("reading", () => {
  let value: string;
  beforeEach(async () => {
    value = (await putFile(member.calls, source(threeChunks), name)).value;
  });

  test("links come a stretch at a time, and one that has run out is asked for once more", async () => {
    member.windowMax = 1;
    let expired = 1;
    member.before = (what) => {
      if (what === "fetch" && expired-- > 0) throw new Problem({ code: "file-link-invalid", status: 403, detail: "" });
    };
    expect(sha256(await collect(await member.open(value)))).toBe(sha256(patternBytes(0, threeChunks)));
    member.before = () => {
      throw new Problem({ code: "file-link-invalid", status: 403, detail: "" });
    };
    expect((await failure(collect(await member.open(value)))).code).toBe("file-link-invalid");
  });

  test("a chunk that was changed is not opened, and those before it were handed on", async () => {
    member.chunks.get(1)![1_000]! ^= 1;
    const given: number[] = [];
    const read = async () => {
      for await (const chunk of await member.open(value)) given.push(chunk.length);
    };
    expect((await failure(read())).code).toBe("chunk-does-not-match");
    expect(given).toEqual([filePlainChunkBytes]);
  });

  test("chunks in another order, or cut off, are found out", async () => {
    const [zero, one] = [member.chunks.get(0)!, member.chunks.get(1)!];
    member.chunks.set(0, one).set(1, zero);
    expect((await failure(collect(await member.open(value)))).code).toBe("chunk-does-not-match");
    member.chunks.set(0, zero.subarray(0, chunkPlace(member.plan!.size, 0).length - 1)).set(1, one);
    expect((await failure(collect(await member.open(value)))).code).toBe("chunk-does-not-match");
  });

  test("hashes that do not give the root, another key, and what is no reference", async () => {
    const reference = parseFileReference(value);
    if ("refused" in reference) throw new Error("no reference");
    const otherKey = value.replace(/ [A-Za-z0-9_-]{43} /, ` ${"A".repeat(43)} `);
    expect((await failure(collect(await member.open(otherKey)))).code).toBe("chunk-does-not-open");
    expect((await failure(member.open(value.replace(reference.file, hash)))).code).toBe("file-answer-wrong");
    expect((await failure(member.open("a.pdf"))).code).toBe("file-reference-malformed");
    member.plan = { ...member.plan!, chunks: member.plan!.chunks.slice(1) };
    expect((await failure(member.open(value))).code).toBe("file-answer-wrong");
  });

  test("who stops in the middle fetches little more", async () => {
    for await (const chunk of await member.open(value, 1)) {
      expect(chunk.length).toBe(filePlainChunkBytes);
      break;
    }
    expect(member.fetched.length).toBeLessThanOrEqual(2);
  });
});

test("a link is called without credentials, and no more is taken of its answer than was asked for", async () => {
  const seen: { readonly url: string; readonly init: RequestInit }[] = [];
  const post: typeof fetch = async (url, init) => {
    seen.push({ url: String(url), init: init ?? {} });
    return new Response(new Uint8Array(100));
  };
  const transport = transportOf({ baseUrl: "http://member", fetch: post, patience: { ...defaultPatience, attempts: 1 } });
  const link = { chunk: 0, url: "https://files.example/x", headers: { range: "bytes=0-99" }, until: 0 };
  expect((await transport.link(link, 100)).length).toBe(100);
  expect(seen[0]).toMatchObject({
    url: link.url,
    init: { method: "GET", headers: { range: "bytes=0-99" }, credentials: "omit", redirect: "error" },
  });
  expect(JSON.stringify(seen[0]?.init.headers)).not.toMatch(/authorization|operator/i);
  await expect(transport.link(link, 99)).rejects.toMatchObject({ code: "bad-answer" });
});
