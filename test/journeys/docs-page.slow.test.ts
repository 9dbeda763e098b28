import { dataPaths, readAppFile } from "@vermilion/local";
import { expect, test } from "vitest";
import { command, startConsortium } from "../local/running-consortium.ts";
import { openChromium } from "../support/chromium.ts";
import { freePorts } from "../support/ports.ts";
import { freshData } from "./agencies.ts";

/** A developer opens /docs of a member in his browser, reads, pastes a token, and tries a call. */
test("the page shows every operation, asks no other host, and calls what is tried on it", async () => {
  const data = freshData();
  await startConsortium("--data", data, "--port", String(await freePorts()));
  const { baseUrl } = readAppFile(dataPaths(data).app("customs", "desk"));
  const token = (await command("token", "--as", "customs", "--data", data)).out.trim();
  const browser = await openChromium();
  const page = await browser.newPage();
  const [asked, complaints] = [new Set<string>(), [] as string[]];
  page.on("request", (request) => {
    if (!request.url().startsWith("data:")) asked.add(new URL(request.url()).origin);
  });
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(`${baseUrl}/docs`);
  await page.waitForSelector(".opblock-tag");
  expect((await page.$$(".opblock-tag")).length).toBeGreaterThan(5);

  // Authorise with the token, open the list of certificates, execute.
  await page.click("button.authorize");
  await page.waitForSelector(".auth-container input[type=text]");
  await page.type(".auth-container input[type=text]", token);
  await page.click(".auth-container button[type=submit]");
  await page.click(".auth-btn-wrapper .btn-done");
  await page.click("#operations-tag-certificates");
  const list = `.opblock-get .opblock-summary-path[data-path="/v1/certificates"]`;
  await page.waitForSelector(list);
  await page.click(list);
  await page.waitForSelector(".btn.execute");
  await page.click(".btn.execute");
  const status = await page.waitForSelector(".live-responses-table tbody .response-col_status");
  expect(await status?.evaluate((cell) => cell.textContent)).toMatch(/^200/);
  expect(complaints).toEqual([]);
  expect([...asked]).toEqual([new URL(baseUrl).origin]);
});
