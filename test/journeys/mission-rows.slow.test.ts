import { readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Client } from "@vermilion/client";
import { dataPaths } from "@vermilion/local";
import { expect, test } from "vitest";
import { startConsortium } from "../local/running-consortium.ts";
import { freePorts } from "../support/ports.ts";
import { clientsOf, equalHeads, freshData } from "./agencies.ts";
import { missionRows } from "./mission-rows.ts";

/** The rows of the mission, one after the other, on four members of this computer. */
test("every row of the certificate service, on one consortium of this computer", async ({ task }) => {
  const data = freshData();
  await startConsortium("--data", data, "--port", String(await freePorts()), "--no-sample");
  const clients = clientsOf(data);
  const as = (member: string): Client => clients.get(member) ?? missing(member);
  const failed: string[] = [];
  for (const [row, journey] of Object.entries(missionRows)) {
    await journey({ as }).catch((error: unknown) =>
      failed.push(`${row}: ${error instanceof Error ? (error.stack ?? error.message) : error}`),
    );
  }
  expect(failed, task.name).toEqual([]);
  await equalHeads(clients);

  // B12: what happened is in logs of a day each, which are kept for half a year.
  const { log } = dataPaths(data).member("platform");
  expect(readdirSync(dirname(log)).some((file) => file.startsWith("member.log"))).toBe(true);
  expect(readFileSync(log, "utf8")).toContain("desk");
});

function missing(member: string): never {
  throw new Error(`no client of ${member}`);
}
