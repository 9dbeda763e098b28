import { fileLayout } from "@vermilion/certificates";
import { stateKeys } from "@vermilion/contracts";
import { describe, expect, test } from "vitest";
import { attachmentOf } from "../support/entries.ts";
import { World } from "./world.ts";

const GIB = 1024 ** 3;

describe("files.register", () => {
  const world = new World();
  const root = attachmentOf("file-a").sha256;

  test("puts a header, the integrity hash and the owner on the chain", () => {
    expect(world.act("tax", world.file("a"))).toBe("applied");
    expect(world.row(stateKeys.file(root))).toMatchObject({
      version: 1,
      file: root,
      hashAlgorithm: "sha256",
      dataType: "application/pdf",
      size: 20_000_016,
      chunks: 3,
      chunkBytes: 8_388_608,
      plain: attachmentOf("content-a").sha256,
      owner: "tax",
      height: world.height - 1,
    });
  });

  test("is found by its content too, of which there may be several", () => {
    const content = attachmentOf("content-same").sha256;
    const roots = ["b", "c"].map((seed) => {
      const { height } = world;
      expect(world.act("tax", world.file(seed, { plain: content }))).toBe("applied");
      return [height, attachmentOf(`file-${seed}`).sha256] as const;
    });
    for (const [height, file] of roots) expect(world.row(stateKeys.fileOfContent(content, height, file))).toEqual({});
    expect(world.act("tax", world.file("d", { plain: "no hash" }))).toBe("refused:malformed-arguments");
  });

  test("a root is registered once, by whoever comes first", () => {
    expect(world.act("tax", world.file("a"))).toBe("refused:file-exists");
    expect(world.act("customs", world.file("a", { dataType: "text/plain" }))).toBe("refused:file-exists");
  });

  test.each([
    ["too few chunks", { chunks: 2 }, "file-size-does-not-match"],
    ["too many chunks", { chunks: 4 }, "file-size-does-not-match"],
    ["less than a tag", { size: 15, chunks: 1 }, "file-size-does-not-match"],
    ["a last chunk that is a bare tag", { size: 8 * 1024 * 1024 + 16, chunks: 2 }, "file-size-does-not-match"],
    ["more than 5 GiB", { size: fileLayout(5 * GIB).size + 1, chunks: 641 }, "malformed-arguments"],
    ["nothing", { size: 0, chunks: 1 }, "malformed-arguments"],
    ["another chunk length", { chunkBytes: 4096 as 8_388_608 }, "malformed-arguments"],
    ["another hash", { hashAlgorithm: "md5" as "sha256" }, "malformed-arguments"],
    ["a media type with parameters", { dataType: "text/plain; charset=utf-8" }, "malformed-arguments"],
    ["a root in capitals", { file: "AB".repeat(32) }, "malformed-arguments"],
  ])("%s is refused", (name, changes, code) => {
    expect(world.act("platform", world.file(name, changes))).toBe(`refused:${code}`);
  });

  test("the smallest and the largest file", () => {
    expect(world.act("platform", world.file("small", { size: 16, chunks: 1 }))).toBe("applied");
    expect(world.act("platform", world.file("large", { ...fileLayout(5 * GIB) }))).toBe("applied");
  });
});

test("a type may have a field of format `file`", () => {
  const world = new World();
  const { fields } = world.type();
  const [field] = fields;
  if (field === undefined) throw new Error("no field");
  const document = { ...field, name: "document", order: 99, required: false, schema: { type: "string", format: "file" } } as const;
  expect(world.act("platform", world.define({ version: 2, fields: [...fields, document] }))).toBe("applied");
});
