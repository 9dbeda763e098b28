import { readFileSync } from "node:fs";
import { checkUscc } from "@vermilion/certificates";
import { z } from "zod";
import { logRetentions } from "./logs.ts";

/** A field, and the sentence that says what is allowed in it. The sentence is what an operator reads, so each field has its own. */
const text = (allowed: string, form: RegExp) => z.string(allowed).regex(form, allowed);
const flag = (allowed: string) =>
  z.preprocess((given) => (given === "true" ? true : given === "false" ? false : given), z.boolean(allowed));
const whole = (allowed: string, max: number) => z.coerce.number(allowed).int(allowed).min(1, allowed).max(max, allowed);

/** A limit of calls, and what it is where nothing is said. */
const throttle = (rate: number, burst: number) =>
  z
    .strictObject(
      { rate: whole("calls per second, 1 to 10000", 10_000), burst: whole("calls at once, 1 to 5000", 5_000) },
      '{ "rate": …, "burst": … }',
    )
    .default({ rate, burst });

const certificateArn = text(
  "the ARN of a certificate of AWS Certificate Manager",
  /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[\w-]+$/,
);
const domainName = text("a host name such as ledger.customs.example, lower case", /^(?=.{4,253}$)([a-z0-9-]+\.)+[a-z]{2,63}$/);

const memberConfig = z
  .strictObject({
    id: text("lower-case letters, digits and hyphens, a letter first, at most 32", /^[a-z][a-z0-9-]{0,31}$/),
    names: z.strictObject(
      {
        zh: text("a Chinese name of 1 to 64 characters", /^.{1,64}$/su),
        en: text("an English name of 1 to 128 characters", /^.{1,128}$/su),
      },
      'both names: { "zh": "…", "en": "…" }',
    ),
    uscc: z
      .string("a unified social credit code")
      .refine(
        (code) => checkUscc(code) === undefined,
        "a unified social credit code of 18 characters with right check characters (GB 32100)",
      ),
    url: text(
      "https:// and a host, without a path and without a slash at the end (http:// only on this computer)",
      /^(https:\/\/[a-z0-9.:[\]-]+|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?)$/,
    ).optional(),
    customDomain: z.strictObject({ domainName, certificateArn }, '{ "domainName": "…", "certificateArn": "…" }').optional(),
    region: text("a region such as eu-central-1", /^[a-z]{2}(-[a-z]+)+-\d$/).optional(),
    tags: z
      .record(
        z.string().regex(/^(?!aws:)[\w .:/=+@-]{1,128}$/),
        text("texts of at most 256 characters", /^.{0,256}$/u),
        "names and texts, no name with aws: in front",
      )
      .default({}),
    permissionsBoundary: text("the ARN of a managed policy", /^arn:aws[a-z-]*:iam::(\d{12}|aws):policy\/[\w+=,.@/-]+$/).optional(),
    tilesAccess: z.enum(["api", "bucket", "cloudfront"], "api, bucket or cloudfront").default("api"),
    alarmEmail: z.email("an address of e-mail").optional(),
    webAcl: flag("true or false").default(false),
    retain: flag("true or false").default(true),
    /** Of apps, and of whatever else has no limit of its own. */
    throttle: throttle(100, 200),
    /** Of the other members' calls together: with what apps ask for used up, consensus goes on. */
    peerThrottle: throttle(200, 400),
    /** Of each route that needs no account: what strangers ask for is taken from nobody else. */
    publicThrottle: throttle(50, 100),
    /**
     * Most executions of the `public` function at once; left out, it shares those of the account with all others. The number is taken from
     * the account's own, of which 100 must be left: an account that is new has 10 in all, and there the deployment fails with any number.
     */
    publicConcurrency: whole("executions at once, 1 to 1000", 1_000).optional(),
    /** Half a year at least. */
    logRetentionDays: z.coerce
      .number()
      .refine((days) => logRetentions.includes(days), `one of ${logRetentions.join(", ")} days`)
      .default(180),
    logLevel: z.enum(["debug", "info", "warn", "error", "silent"], "debug, info, warn, error or silent").default("info"),
  })
  .superRefine((config, context) => {
    const refuse = (field: string, message: string) => context.addIssue({ code: "custom", path: [field], message, input: config });
    if (config.webAcl && config.tilesAccess !== "cloudfront")
      refuse(
        "webAcl",
        'false unless tilesAccess is "cloudfront", for an HTTP API cannot carry a web ACL (put a proxy before it and give its url)',
      );
    if (config.webAcl && config.region !== "us-east-1")
      refuse("webAcl", 'false unless region is "us-east-1", the only one where AWS keeps web ACLs of CloudFront');
    if (config.tilesAccess === "cloudfront" && config.region?.startsWith("cn-"))
      refuse("tilesAccess", "api or bucket in regions of China, where CloudFront is a separate service with a licence of its own");
    if (config.url !== undefined && config.customDomain !== undefined)
      refuse("url", "left out where customDomain is given, which is the address then");
  });

export type MemberConfig = z.output<typeof memberConfig>;

/** Values that can stand on the command line without a file, and where each belongs. */
const contextPlaces: Readonly<Record<string, readonly [string, string?]>> = {
  id: ["id"],
  nameZh: ["names", "zh"],
  nameEn: ["names", "en"],
  uscc: ["uscc"],
  url: ["url"],
  domainName: ["customDomain", "domainName"],
  certificateArn: ["customDomain", "certificateArn"],
  region: ["region"],
  permissionsBoundary: ["permissionsBoundary"],
  tilesAccess: ["tilesAccess"],
  alarmEmail: ["alarmEmail"],
  webAcl: ["webAcl"],
  retain: ["retain"],
  rate: ["throttle", "rate"],
  burst: ["throttle", "burst"],
  peerRate: ["peerThrottle", "rate"],
  peerBurst: ["peerThrottle", "burst"],
  publicRate: ["publicThrottle", "rate"],
  publicBurst: ["publicThrottle", "burst"],
  publicConcurrency: ["publicConcurrency"],
  logRetentionDays: ["logRetentionDays"],
  logLevel: ["logLevel"],
};

/** What CDK's context says: `-c config=customs.json` names a file; other values (`-c id=customs -c nameZh=海关 …`) stand alone or over it. */
export function configFromContext(context: (name: string) => unknown): MemberConfig {
  const file = context("config");
  const given = file === undefined ? {} : readConfigFile(String(file));
  for (const [name, [field, part]] of Object.entries(contextPlaces)) {
    const value = context(name);
    if (value === undefined) continue;
    given[field] = part === undefined ? value : { ...(given[field] as object | undefined), [part]: value };
  }
  return parseConfig(given);
}

/** Checks a configuration. Throws one sentence that names the first field that is wrong and says what is allowed there. */
export function parseConfig(given: unknown): MemberConfig {
  const parsed = memberConfig.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.code === "unrecognized_keys") throw new Error(`The member's configuration has a field that is not known: ${issue.keys[0]}.`);
  throw new Error(`The member's configuration needs ${issue?.path.join(".") || "a JSON object"}: ${issue?.message}.`);
}

function readConfigFile(file: string): Record<string, unknown> {
  let read: unknown;
  try {
    read = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`The member's configuration ${file} cannot be read as JSON: ${(error as Error).message}`);
  }
  if (typeof read !== "object" || read === null || Array.isArray(read))
    throw new Error(`The member's configuration ${file} is no JSON object.`);
  return { ...read };
}
