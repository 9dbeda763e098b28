import type { Shelf } from "@vermilion/aws/tiles/publish";
import { expect, test } from "vitest";
import { bytesOf } from "../contracts/chain.ts";

/** Everything that the port `Shelf` promises; `open` gives an empty one each time. */
export function shelfSuite(suite: string, open: () => Promise<Shelf>): void {
  const textAt = async (shelf: Shelf, path: string) => {
    const found = await shelf.read(path);
    return found && Buffer.from(found.bytes).toString("utf8");
  };

  test(`${suite}: what is kept stays, whatever comes later under its path`, async () => {
    const shelf = await open();
    expect(await shelf.read("tile/0/000")).toBeUndefined();
    await shelf.keep("tile/0/000", bytesOf("first"));
    await shelf.keep("tile/0/000", bytesOf("first"));
    await shelf.keep("tile/0/000", bytesOf("second"));
    await shelf.keep("tile/0/000.p/5", bytesOf("part"));
    expect([await textAt(shelf, "tile/0/000"), await textAt(shelf, "tile/0/000.p/5")]).toEqual(["first", "part"]);
  });

  test(`${suite}: what changes is replaced only over what was read`, async () => {
    const shelf = await open();
    expect(await shelf.replace("checkpoint", bytesOf("1"), "never was")).toBe("stale");
    expect(await shelf.replace("checkpoint", bytesOf("1"), undefined)).toBe("replaced");
    expect(await shelf.replace("checkpoint", bytesOf("2"), undefined)).toBe("stale");
    const first = await shelf.read("checkpoint");
    expect(await shelf.replace("checkpoint", bytesOf("2"), first?.version)).toBe("replaced");
    expect(await shelf.replace("checkpoint", bytesOf("3"), first?.version)).toBe("stale");
    expect(await textAt(shelf, "checkpoint")).toBe("2");
  });

  test(`${suite}: of many at the same time one replaces`, async () => {
    const shelf = await open();
    const race = async (version: string | undefined) => {
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, one) => shelf.replace("checkpoint", bytesOf(`${one} ${version}`), version)),
      );
      return answers.filter((answer) => answer === "replaced").length;
    };
    expect(await race(undefined)).toBe(1);
    expect(await race((await shelf.read("checkpoint"))?.version)).toBe(1);
  });
}
