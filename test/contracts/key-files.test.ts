import { chmodSync, copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createKeyFiles, openKeyFiles } from "@vermilion/local/keys/jwk-files";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { keysSuite } from "./keys.suite.ts";
import { temporaryFolder } from "./sqlite-open.ts";

keysSuite("key files", async () => {
  const folder = temporaryFolder();
  const path = join(folder.path, "data", "keys");
  createKeyFiles(path);
  return { port: openKeyFiles(path), reopen: async () => openKeyFiles(path), close: async () => folder.remove() };
});

describe("key files: the files", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let path: string;
  beforeEach(() => {
    folder = temporaryFolder();
    path = join(folder.path, "keys");
    createKeyFiles(path);
  });
  afterEach(() => folder.remove());

  const refusal = (detail: RegExp) =>
    expect.objectContaining({ name: "Fault", code: "keys-unavailable", detail: expect.stringMatching(detail) });

  test("belong to their owner alone", () => {
    const files = readdirSync(path).sort();
    expect(files).toEqual(["agree.jwk", "cosign.jwk", "log.jwk", "sign.jwk", "wrap.key"]);
    for (const file of files) expect((statSync(join(path, file)).mode & 0o777).toString(8)).toBe("600");
    expect((statSync(path).mode & 0o777).toString(8)).toBe("700");
    expect(readdirSync(folder.path)).toEqual(["keys"]);
  });

  test("are never overwritten", () => {
    const before = readFileSync(join(path, "sign.jwk"), "utf8");
    expect(() => createKeyFiles(path)).toThrowError(refusal(/never overwritten/));
    expect(readFileSync(join(path, "sign.jwk"), "utf8")).toBe(before);
  });

  test("what an interrupted creation has left is made anew", () => {
    const fresh = join(folder.path, "fresh");
    createKeyFiles(fresh);
    rmSync(join(fresh, "wrap.key"));
    const interrupted = join(folder.path, "interrupted.unfinished");
    createKeyFiles(interrupted);
    rmSync(join(interrupted, "wrap.key"));
    createKeyFiles(join(folder.path, "interrupted"));
    openKeyFiles(join(folder.path, "interrupted"));
    expect(readdirSync(folder.path).sort()).toEqual(["fresh", "interrupted", "keys"]);
  });

  for (const name of ["sign.jwk", "log.jwk", "cosign.jwk", "agree.jwk", "wrap.key"]) {
    test(`${name} is refused when others can read or write it, when it is missing, and when it holds something else`, () => {
      const file = join(path, name);
      for (const mode of [0o640, 0o604, 0o620, 0o644]) {
        chmodSync(file, mode);
        expect(() => openKeyFiles(path)).toThrowError(
          refusal(new RegExp(`${name} is open to others \\(mode ${mode.toString(8)}\\): run chmod 600`)),
        );
      }
      chmodSync(file, 0o600);
      openKeyFiles(path);
      const before = readFileSync(file);
      for (const content of ["", "{}", "null", '{"kty":"oct","k":"AA"}', "x".repeat(33)]) {
        writeFileSync(file, content);
        expect(() => openKeyFiles(path)).toThrowError(refusal(new RegExp(name)));
      }
      writeFileSync(file, before);
      openKeyFiles(path);
      rmSync(file);
      expect(() => openKeyFiles(path)).toThrowError(refusal(/is missing/));
    });
  }

  test("a folder that others can enter is refused, and one that is not there", () => {
    chmodSync(path, 0o750);
    expect(() => openKeyFiles(path)).toThrowError(refusal(/run chmod 700/));
    expect(() => openKeyFiles(join(folder.path, "absent"))).toThrowError(refusal(/is missing/));
  });

  test("a key of another kind, a public key alone, and halves that do not fit are refused", () => {
    const sign = join(path, "sign.jwk");
    const jwk = JSON.parse(readFileSync(sign, "utf8")) as Record<string, string>;
    const { x, y } = JSON.parse(readFileSync(join(path, "agree.jwk"), "utf8")) as Record<string, string>;
    const { d: _, ...publicAlone } = jwk;
    for (const wrong of [publicAlone, { ...jwk, x, y }]) {
      writeFileSync(sign, JSON.stringify(wrong));
      expect(() => openKeyFiles(path)).toThrowError(refusal(/sign\.jwk/));
    }
    copyFileSync(join(path, "log.jwk"), sign);
    expect(() => openKeyFiles(path)).toThrowError(refusal(/sign\.jwk holds no usable private P-256 key/));
    writeFileSync(sign, JSON.stringify(jwk));
    openKeyFiles(path);
  });

  test("no fault tells a secret", () => {
    const file = join(path, "sign.jwk");
    const jwk = JSON.parse(readFileSync(file, "utf8")) as { d: string };
    writeFileSync(file, JSON.stringify({ ...jwk, crv: "P-384" }));
    const error = (() => {
      try {
        return openKeyFiles(path);
      } catch (thrown) {
        return thrown;
      }
    })() as Error;
    expect(error.name).toBe("Fault");
    expect(`${error.stack} ${(error.cause as Error).stack}`).not.toContain(jwk.d);
  });
});
