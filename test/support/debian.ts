import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

/** The first of these files that is there; else Debian's package is installed, and where that cannot be the test fails, and is not skipped. */
export function debianProgram(places: readonly string[], name: string): string {
  const found = () => places.find((place) => existsSync(place));
  const before = found();
  if (before !== undefined) return before;
  try {
    execFileSync("sh", ["-c", `apt-get update -q && apt-get install -yq --no-install-recommends ${name}`], { stdio: "pipe" });
  } catch (error) {
    throw new Error(`this test needs Debian's package ${name}, which cannot be installed here`, { cause: error });
  }
  const after = found();
  if (after === undefined) throw new Error(`Debian's package ${name} has brought none of ${places.join(", ")}`);
  return after;
}
