import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { AppCredentials } from "@vermilion/client";

/** What `vermilion app add` or `npm start` has written for the app `desk` of a member, in the folder $DATA or `.vermilion`. */
export function appFile(member: string): AppCredentials {
  return JSON.parse(readFileSync(join(process.env["DATA"] ?? ".vermilion", "apps", `${member}-desk.json`), "utf8"));
}

export const runName = Date.now().toString(36);

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
