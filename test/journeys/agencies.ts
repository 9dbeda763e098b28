import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Client, createClient } from "@vermilion/client";
import { dataPaths, readAppFile, readConsortium } from "@vermilion/local";
import { onTestFinished } from "vitest";

/** A type that every one of the four members may issue, so that load comes in through all of them. */
export const noteType = {
  id: "port-note",
  version: 1,
  names: { zh: "口岸业务单", en: "Port note" },
  code: "11100000000013338W099",
  fields: [
    {
      name: "title",
      names: { zh: "事项", en: "Title" },
      part: "main",
      schema: { type: "string", maxLength: 200 },
      sensitivity: "internal",
      required: true,
      order: 1,
    },
    {
      name: "amount",
      names: { zh: "金额（分）", en: "Amount (fen)" },
      part: "main",
      schema: { type: "integer", minimum: 0 },
      sensitivity: "sensitive",
      required: true,
      order: 2,
    },
  ],
  parts: [],
  issuers: ["platform", "inspection", "customs", "tax"],
  policies: [],
};

/** A folder for a consortium, removed after the test. */
export function freshData(): string {
  const folder = mkdtempSync(join(tmpdir(), "vermilion-journey-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "data");
}

/** A client of each member, signed in as its app `desk`. */
export function clientsOf(data: string): ReadonlyMap<string, Client> {
  return new Map(
    readConsortium(data).members.map(({ id }) => {
      const app = readAppFile(dataPaths(data).app(id, "desk"));
      return [
        id,
        createClient({ baseUrl: app.baseUrl, app, operator: "张三", patience: { attempts: 60, pauseMaxMs: 1_000, commitMs: 60_000 } }),
      ];
    }),
  );
}

/** Runs `count` jobs, `width` at a time. */
export async function concurrently<T>(count: number, width: number, job: (at: number) => Promise<T>): Promise<readonly T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const at = next++;
      results[at] = await job(at);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}

export interface Head {
  readonly member: string;
  readonly role: string;
  readonly height: number;
  readonly headHash: string;
  readonly state: string;
  readonly finalSize: number;
  readonly size: number;
}

export async function headsOf(clients: ReadonlyMap<string, Client>): Promise<readonly Head[]> {
  const answers = await Promise.allSettled([...clients.values()].map((client) => client.health()));
  return answers.flatMap((answer) =>
    answer.status === "fulfilled" ? answer.value.chains.map((chain) => ({ member: answer.value.member, ...chain })) : [],
  );
}

/** Waits until all members have the same head, all of it final. */
export async function equalHeads(clients: ReadonlyMap<string, Client>): Promise<readonly Head[]> {
  for (;;) {
    const heads = await headsOf(clients);
    const same = new Set(heads.map(({ headHash, state }) => `${headHash} ${state}`)).size === 1;
    if (heads.length === clients.size && same && heads.every(({ size, finalSize }) => size === finalSize)) return heads;
    await sleep(200);
  }
}
