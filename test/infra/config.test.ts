import { readdirSync } from "node:fs";
import { sampleUscc } from "@vermilion/local/founding/default";
import { expect, test } from "vitest";
import { configFromContext, parseConfig } from "../../infra/config.ts";
import { customs } from "./fixtures/customs.ts";

const root = new URL("../..", import.meta.url).pathname;
const said = (given: object) => {
  try {
    parseConfig({ ...customs, ...given });
  } catch (error) {
    return (error as Error).message;
  }
  return "nothing";
};

test("little has to be said; the rest is what a member in earnest needs", () => {
  expect(parseConfig(customs)).toEqual({
    ...customs,
    tags: {},
    tilesAccess: "api",
    webAcl: false,
    retain: true,
    throttle: { rate: 100, burst: 200 },
    peerThrottle: { rate: 200, burst: 400 },
    publicThrottle: { rate: 50, burst: 100 },
    logRetentionDays: 180,
    logLevel: "info",
  });
});

test("the members that come along are those of the local consortium", () => {
  const order = ["platform", "inspection", "customs", "tax"];
  const files = readdirSync(`${root}infra/members`).toSorted();
  expect(files).toEqual(order.map((id) => `${id}.json`).toSorted());
  for (const [at, id] of order.entries())
    expect(configFromContext((name) => (name === "config" ? `${root}infra/members/${id}.json` : undefined))).toMatchObject({
      id,
      uscc: sampleUscc(at),
    });
});

test("values on the command line stand alone, or over a file", () => {
  const alone: Record<string, string> = {
    id: "tax",
    nameZh: "税务",
    nameEn: "Tax",
    uscc: sampleUscc(3),
    retain: "false",
    rate: "20",
    burst: "40",
  };
  expect(configFromContext((name) => alone[name])).toMatchObject({
    id: "tax",
    names: { zh: "税务", en: "Tax" },
    retain: false,
    throttle: { rate: 20, burst: 40 },
  });
  const over: Record<string, string> = { config: `${root}infra/members/customs.json`, url: "https://ledger.customs.example" };
  expect(configFromContext((name) => over[name])).toMatchObject({ id: "customs", url: "https://ledger.customs.example" });
});

test.each([
  [{ id: "Customs" }, "id: lower-case letters, digits and hyphens, a letter first, at most 32"],
  [{ names: { zh: "海关" } }, "names.en: an English name of 1 to 128 characters"],
  [{ uscc: "11100000MB0000035B" }, "uscc: a unified social credit code of 18 characters with right check characters (GB 32100)"],
  [{ url: "https://customs.example/" }, "url: https:// and a host, without a path and without a slash at the end"],
  [{ url: "http://customs.example" }, "url: https:// and a host"],
  [{ customDomain: { domainName: "customs.example", certificateArn: "x" } }, "customDomain.certificateArn: the ARN of a certificate"],
  [{ permissionsBoundary: "boundary" }, "permissionsBoundary: the ARN of a managed policy"],
  [{ tilesAccess: "public" }, "tilesAccess: api, bucket or cloudfront"],
  [{ tilesAccess: "cloudfront", region: "cn-north-1" }, "tilesAccess: api or bucket in regions of China"],
  [{ alarmEmail: "duty" }, "alarmEmail: an address of e-mail"],
  [{ webAcl: true }, 'webAcl: false unless tilesAccess is "cloudfront", for an HTTP API cannot carry a web ACL'],
  [{ webAcl: true, tilesAccess: "cloudfront", region: "eu-central-1" }, 'webAcl: false unless region is "us-east-1"'],
  [{ retain: "yes" }, "retain: true or false"],
  [{ throttle: { rate: 0, burst: 1 } }, "throttle.rate: calls per second, 1 to 10000"],
  [{ peerThrottle: { rate: 1, burst: 9_000 } }, "peerThrottle.burst: calls at once, 1 to 5000"],
  [{ publicConcurrency: 0 }, "publicConcurrency: executions at once, 1 to 1000"],
  [{ tags: { office: 7 } }, "tags.office: texts of at most 256 characters"],
  [{ logLevel: "loud" }, "logLevel: debug, info, warn, error or silent"],
] as const)("%j is refused by one sentence that says what is allowed", (given, sentence) => {
  expect(said(given)).toContain(`The member's configuration needs ${sentence}`);
  expect(said(given).split("\n")).toHaveLength(1);
});

test("an unknown field is named, and so is a file that cannot be read", () => {
  expect(said({ colour: "red" })).toBe("The member's configuration has a field that is not known: colour.");
  expect(() => configFromContext((name) => (name === "config" ? "/nowhere/customs.json" : undefined))).toThrow(
    /\/nowhere\/customs\.json cannot be read/,
  );
});

test("logs are kept for half a year at least", () => {
  expect(said({ logRetentionDays: 90 })).toMatch(/logRetentionDays: one of 180, /);
  expect(parseConfig({ ...customs, logRetentionDays: 365 }).logRetentionDays).toBe(365);
});
