import { execFileSync } from "node:child_process";
import { type Browser, launch } from "puppeteer-core";
import { onTestFinished } from "vitest";

/** Debian's Chromium, without a window. A computer without it gets the package; where that fails too the test fails, and is not skipped. */
export async function openChromium(): Promise<Browser> {
  const executablePath = found() ?? installed();
  // Tests run as root in a container, where Chromium's own sandbox cannot be set up.
  const browser = await launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  onTestFinished(() => browser.close());
  return browser;
}

function found(): string | undefined {
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    try {
      return execFileSync("which", [name], { encoding: "utf8" }).trim();
    } catch {
      // The next name.
    }
  }
  return undefined;
}

function installed(): string {
  try {
    execFileSync("sh", ["-c", "apt-get update -q && apt-get install -yq --no-install-recommends chromium"], { stdio: "pipe" });
  } catch (error) {
    throw new Error("this test needs Chromium, and Debian's package `chromium` cannot be installed here", { cause: error });
  }
  return found() ?? "chromium";
}
