import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { checkAddress, checkAddresses, describeDraft, newDraft } from "@vermilion/aws/founding/drafts";
import { nativeCrypto } from "@vermilion/node";
import type { FounderStatement } from "@vermilion/node/founding/genesis";
import { makeStatement, readStatement } from "@vermilion/node/founding/statement";
import { afterEach, describe, expect, test } from "vitest";
import { makeMember } from "../support/entries.ts";
import { memoryKeys } from "../support/memory-keys.ts";

/** What the parties of a founding are told by addresses that may be anybody's. */

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function address(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function statementOf(id: string, url: string): Promise<{ readonly text: string; readonly said: FounderStatement }> {
  const identity = makeMember(id);
  const text = await makeStatement({ id, names: { zh: id, en: id }, uscc: identity.uscc, url }, memoryKeys(identity), nativeCrypto);
  const said = readStatement(text, nativeCrypto);
  if ("refused" in said) throw new Error(said.detail);
  return { text, said };
}

describe("an address that is asked for its statement", () => {
  test("is taken where it answers with the same", async () => {
    let text = "";
    const url = await address((_request, response) => response.end(text));
    const customs = await statementOf("customs", url);
    text = customs.text;
    expect(await checkAddress(customs.said)).toBeUndefined();
    expect(await checkAddresses([customs.said, customs.said])).toBeUndefined();
  });

  test("and answers without end is left after as much as a statement may have", async () => {
    let sent = 0;
    const url = await address((_request, response) => {
      const piece = Buffer.alloc(65_536, 0x20);
      const pour = (): void => {
        while (!response.destroyed && response.write(piece)) sent += piece.length;
        if (!response.destroyed) response.once("drain", pour);
      };
      pour();
    });
    const { said } = await statementOf("customs", url);
    const begun = performance.now();
    expect(await checkAddress(said)).toMatchObject({ refused: "address-is-another" });
    expect(performance.now() - begun).toBeLessThan(5_000);
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  test("and is another's, leads elsewhere, or is nobody's is refused", async () => {
    const { text } = await statementOf("tax", "https://tax.example");
    const other = await address((_request, response) => response.end(text));
    expect(await checkAddress((await statementOf("customs", other)).said)).toMatchObject({ refused: "address-is-another" });
    const leads = await address((_request, response) => response.writeHead(302, { location: `${other}/v1/statement` }).end());
    expect(await checkAddress((await statementOf("tax", leads)).said)).toMatchObject({ refused: "member-unreachable" });
  });
});

test("a founder is shown whose keys it signs: who was put in another's place has another thumbprint, and makes another chain", async () => {
  const customs = await statementOf("customs", "https://customs.example");
  const tax = await statementOf("tax", "https://tax.example");
  const impostor = await statementOf("tax", "https://tax.example");
  const about = { name: "e.example", names: { zh: "联盟", en: "Consortium" } };
  const [honest, forged] = [tax, impostor].map(({ text }) => {
    const made = newDraft(about, [customs.text, text]);
    if ("refused" in made) throw new Error(made.detail);
    const described = describeDraft(made.draft);
    if ("refused" in described) throw new Error(described.detail);
    expect(described).toMatchObject({ chain: made.chain, name: "e.example", quorum: 2 });
    return described;
  });
  expect(honest?.keys[0]).toBe(forged?.keys[0]);
  expect(honest?.keys[1]).not.toBe(forged?.keys[1]);
  expect(honest?.chain).not.toBe(forged?.chain);
});
