import { dataPaths, readAppFile } from "@vermilion/local";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { startConsortium } from "../local/running-consortium.ts";
import { openChromium } from "../support/chromium.ts";
import { freePorts } from "../support/ports.ts";
import { freshData } from "./agencies.ts";

/** The client in a browser, as a page of the member's own origin has it: the API lets in no other origin. */
test("in Chromium the client signs in, issues, gets a receipt that it has checked, and verifies all of it offline", async () => {
  const data = freshData();
  await startConsortium("--data", data, "--port", String(await freePorts()));
  const app = readAppFile(dataPaths(data).app("platform", "desk"));
  const bundle = await build({
    stdin: {
      contents:
        'export { createClient, verifyOffline } from "@vermilion/client"; export { nobleCrypto } from "@vermilion/client/noble-crypto"; export { utf8 } from "@vermilion/ledger";',
      resolveDir: new URL(".", import.meta.url).pathname,
    },
    bundle: true,
    write: false,
    format: "iife",
    globalName: "vermilion",
    platform: "browser",
    target: "es2022",
  });
  const page = await (await openChromium()).newPage();
  // The page of the API lets no foreign script in; the page of an app would have its own policy.
  await page.setBypassCSP(true);
  await page.goto(`${app.baseUrl}/docs`);
  await page.addScriptTag({ content: bundle.outputFiles[0]?.text ?? "" });
  const seen = await page.evaluate(`(async () => {
    const { createClient, verifyOffline, nobleCrypto, utf8 } = vermilion;
    const client = createClient({ baseUrl: location.origin, app: ${JSON.stringify(app)}, operator: "张三" });
    const fields = { title: "通知", dataType: "text/plain", text: "在浏览器中签发" };
    const issued = await client.issueCertificate({ type: "text-asset", fields });
    const { receipt, entry, final } = await client.proof({ transactionHash: issued.transactionHash, wait: 20 });
    const question = { receipt, policy: await client.policy(), entry: utf8(entry.entry), sdJwt: issued.sdJwt, crypto: nobleCrypto };
    const { integrity, facts } = await verifyOffline(question);
    return { outcome: issued.outcome, final, integrity: integrity.verdict, same: facts.transactionHash === issued.transactionHash };
  })()`);
  expect(seen).toEqual({ outcome: "applied", final: true, integrity: "holds", same: true });
});
