import { z } from "zod";

/**
 * The contract between the stack and the code, with `coordinator/acts.ts` the only one: which settings each Lambda function is given. `infra`
 * sets exactly these as environment variables and grants what stands behind them; a function reads exactly these, once, when it starts.
 */

const name = z.string().min(1).max(1_024);
const names = z.strictObject({ zh: z.string().min(1).max(64), en: z.string().min(1).max(128) });

const settings = {
  /** JSON: what the member says of itself in its statement. */
  MEMBER: z.preprocess(
    (text) => (typeof text === "string" ? JSON.parse(text) : text),
    z.strictObject({ id: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/), names, uscc: z.string().length(18) }),
  ),
  /** As callers reach the member, without a slash at the end. */
  BASE_URL: z.string().regex(/^https?:\/\/[a-z0-9.:[\]-]+$/),
  /** DynamoDB tables, by name. Partition key `pk`, sort key `sk`, both strings; TTL attribute `expires` in those of Raft and of calls. */
  LEDGER_TABLE: name,
  RAFT_TABLE: name,
  RECORDS_TABLE: name,
  CALLS_TABLE: name,
  APPS_TABLE: name,
  /** KMS keys, by ARN: P-256 signing, two of Ed25519, P-256 key agreement, symmetric. */
  SIGN_KEY: name,
  LOG_KEY: name,
  COSIGN_KEY: name,
  AGREE_KEY: name,
  WRAP_KEY: name,
  /** S3 buckets, by name. */
  FILES_BUCKET: name,
  TILES_BUCKET: name,
  /** URL of the SQS queue whose messages name a chain that somebody should look at. */
  WAKE_QUEUE: name,
  /** ARN of the coordinator's state machine. */
  COORDINATOR: name,
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
} as const;

type Settings = { readonly [Name in keyof typeof settings]: z.output<(typeof settings)[Name]> };
export type SettingName = keyof Settings;

const face = ["MEMBER", "BASE_URL", "LOG_LEVEL"] as const;
const tables = ["LEDGER_TABLE", "RAFT_TABLE", "RECORDS_TABLE"] as const;
const signingKeys = ["SIGN_KEY", "LOG_KEY", "COSIGN_KEY"] as const;

/** Settings of each function; what is not in its row it cannot reach. */
export const functionSettings = {
  /** The whole API: apps and peers; takes turns. */
  api: [...face, ...tables, "CALLS_TABLE", "APPS_TABLE", ...signingKeys, "AGREE_KEY", "WRAP_KEY", "FILES_BUCKET", "WAKE_QUEUE"],
  /** The routes that need no account. Signs checkpoints of what is final, and nothing else. */
  public: [...face, "LEDGER_TABLE", "RAFT_TABLE", "LOG_KEY"],
  /** One state of the coordinator: drives consensus until there is nothing left to do, or its time is over. */
  turn: [...face, ...tables, ...signingKeys, "WRAP_KEY"],
  /** A wake-up starts the coordinator, unless it runs. */
  wake: ["RAFT_TABLE", "COORDINATOR", "LOG_LEVEL"],
  /** Once a minute: finds what nobody was woken for, and measures. */
  watchdog: ["MEMBER", "LEDGER_TABLE", "RAFT_TABLE", "COORDINATOR", "LOG_LEVEL"],
  /** Puts what has become final into the public bucket. */
  tiles: ["MEMBER", "LEDGER_TABLE", "RAFT_TABLE", "LOG_KEY", "TILES_BUCKET", "LOG_LEVEL"],
  /** For the operator's own role: statement, founding, apps, fsck, rebuild. */
  operator: [...face, ...tables, "APPS_TABLE", ...signingKeys, "AGREE_KEY"],
} as const satisfies Readonly<Record<string, readonly SettingName[]>>;

export type FunctionName = keyof typeof functionSettings;
export type SettingsOf<Name extends FunctionName> = Pick<Settings, (typeof functionSettings)[Name][number]>;

/** The settings of a function. Throws one sentence that names the first that is missing or malformed. */
export function readSettings<Name extends FunctionName>(name: Name, environment: NodeJS.ProcessEnv = process.env): SettingsOf<Name> {
  const read = functionSettings[name].map((setting) => {
    const parsed = settings[setting].safeParse(environment[setting]);
    if (!parsed.success)
      throw new Error(`environment of ${name}: ${setting} is ${environment[setting] === undefined ? "missing" : "malformed"}`);
    return [setting, parsed.data];
  });
  return Object.fromEntries(read) as SettingsOf<Name>;
}

/** Where a member's own figures are in CloudWatch, in the dimension `Member`; the functions write them into their logs (embedded format). */
export const metricNamespace = "Vermilion";

/** What a member measures of itself; what each is for stands in `infra/alarms.ts`, where it is watched. */
export type MetricName =
  | "LeaderChanges"
  | "CommitLagSeconds"
  | "FinalityLagSeconds"
  | "RefusedEntries"
  | "Amnesic"
  | "Diverged"
  | "WaitingProposals"
  | "Height"
  | "FinalSize"
  | "KmsCalls";

/**
 * Partition key, behind the chain's, of a chain's coordinator in the raft table: counter of executions, wake-ups counted, what the watchdog saw
 * last. Wake and watchdog may write no other.
 */
export const coordinatorPartition = "coordinator";

/** Sort key, in the ledger table, of what is written whenever more of a chain has become final: the stream to `tiles` is filtered on it. */
export const finalSortKey = "final-size";
