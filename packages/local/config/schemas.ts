import { checkUscc } from "@vermilion/certificates";
import { isScope, scopes } from "@vermilion/protocol";
import { z } from "zod";

/** Every scope of the API; `desk`, the app made at founding, holds all. */
export const allScopes: readonly string[] = scopes;

export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

export const membersMax = 50;

const memberId = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/);
export const appName = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/);
const names = z.strictObject({ zh: z.string().min(1).max(64), en: z.string().min(1).max(128) });
const port = z.int().min(1).max(65_535);
/** A base URL without path, so that `${url}/v1/…` and the signed target of peer calls are the same text everywhere. */
const baseUrl = z.string().regex(/^https?:\/\/[a-z0-9.:[\]-]+$/);
const uscc = z.string().refine((text) => checkUscc(text) === undefined, { params: { rule: "uscc" } });
const version = z.literal(1);

const founder = z.strictObject({ id: memberId, names, uscc, port, url: baseUrl.optional() });

/** `consortium.json`: who founds what; what `vermilion init` writes and takes. */
export const consortiumConfig = z
  .strictObject({
    $schema: z.string().optional(),
    version,
    /** Name of the checkpoint origin and of all its keys (C2SP key name: no white space, no plus sign). */
    name: z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/),
    names,
    members: z.array(founder).min(1).max(membersMax),
  })
  .superRefine((config, context) => {
    for (const field of ["id", "port", "uscc", "url"] as const) {
      const seen = new Set<unknown>();
      config.members.forEach((member, at) => {
        const value = member[field];
        if (value === undefined) return;
        if (seen.has(value)) context.addIssue({ code: "custom", path: ["members", at, field], params: { rule: "used-twice" } });
        seen.add(value);
      });
    }
  });

export const logDaysMin = 180;
const quota = z.strictObject({ calls: z.int().min(1).max(1_000_000), windowSeconds: z.int().min(1).max(3_600) });

/** `members/<id>/config.json`: how one member's process is run. `url` is what the genesis or a later entry says of the member. */
export const memberConfig = z.strictObject({
  $schema: z.string().optional(),
  version,
  member: memberId,
  host: z.string().min(1).max(255),
  port,
  url: baseUrl,
  logLevel: z.enum(logLevels).optional(),
  /** Days that log files are kept: half a year at least, as the law asks (Cybersecurity Law of China, article 21). */
  logRetentionDays: z.int().min(logDaysMin).max(3_650).optional(),
  /** What one address may ask for without an account, in a window of time. */
  quotas: z.strictObject({ public: quota, token: quota }).optional(),
  tls: z.strictObject({ certificate: z.string().min(1), key: z.string().min(1) }).optional(),
});

const scope = z.string().refine(isScope, { params: { rule: "scope" } });

/** `apps/<member>-<name>.json`: an agency app's private key and where it signs in. Readable by its owner alone. */
export const appConfig = z.strictObject({
  $schema: z.string().optional(),
  version,
  app: appName,
  member: memberId,
  baseUrl,
  jwk: z.strictObject({
    kty: z.literal("EC"),
    crv: z.literal("P-256"),
    kid: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
    x: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
    y: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
    d: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  }),
  scopes: z.array(scope).min(1).max(64),
});

/** `genesis.json`: height 0 as its founders signed it. Never edited. */
export const genesisFile = z.strictObject({ version, entry: z.string().min(1), header: z.string().min(1) });

export type ConsortiumConfig = z.infer<typeof consortiumConfig>;
export type FounderConfig = ConsortiumConfig["members"][number];
export type MemberFileConfig = z.infer<typeof memberConfig>;
export type AppConfig = z.infer<typeof appConfig>;

export const configKinds = ["consortium", "member", "app", "genesis"] as const;
export type ConfigKind = (typeof configKinds)[number];

export const configSchemas = { consortium: consortiumConfig, member: memberConfig, app: appConfig, genesis: genesisFile } as const;

/** JSON Schema (2020-12) of each config file, for editors and other tools. */
export function configJsonSchema(kind: ConfigKind): Record<string, unknown> {
  return z.toJSONSchema(configSchemas[kind]) as Record<string, unknown>;
}
