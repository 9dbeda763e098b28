import { type Browser, launch } from "puppeteer-core";
import { onTestFinished } from "vitest";
import { debianProgram } from "./debian.ts";

/** Chromium without a window. */
export async function openChromium(): Promise<Browser> {
  const executablePath = debianProgram(["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"], "chromium");
  // Tests run as root in a container, where Chromium's own sandbox cannot be set up.
  const browser = await launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  onTestFinished(() => browser.close());
  return browser;
}
