import { Logger } from "@aws-lambda-powertools/logger";
import { eventFields, secretFieldNames } from "@vermilion/member/secret-fields";
import type { Log } from "@vermilion/node/ports/index";
import type { Meter } from "./meter.ts";

type Level = "debug" | "info" | "warn" | "error";

/** Events that an operator must hear of at once, by the metric that its alarm watches. */
const alarming: Readonly<Record<string, "Amnesic" | "Diverged">> = {
  "own-signature-forgotten": "Amnesic",
  "size-signed-for-another-tree": "Diverged",
  "member-misbehaved": "Diverged",
};

/** The log of a function: one JSON line an event to its log group. */
export interface LambdaLog extends Log {
  /** What is on every line until it is set again: of which invocation it is. */
  setContext(context: Readonly<Record<string, string>>): void;
  /** The same log, with the id of the chain on each line. Some events of a chain also raise one of its metrics. */
  ofChain(chain: string, meter: Meter): Log;
}

export function lambdaLog(level: Level | "silent", member: string | undefined): LambdaLog {
  const persistentKeys = member === undefined ? {} : { member };
  const logger = new Logger({ serviceName: "vermilion", logLevel: level === "silent" ? "SILENT" : level, persistentKeys });
  let context: Readonly<Record<string, string>> = {};

  function logOf(more: Readonly<Record<string, string>>, meter: Meter | undefined): Log {
    const write = (at: Level) => (event: string, fields?: Readonly<Record<string, unknown>>) => {
      const metric = alarming[event];
      if (metric !== undefined) meter?.count(metric, 1);
      logger[at](event, { ...redacted(eventFields(fields ?? {})), ...more, ...context });
    };
    return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  }

  return {
    ...logOf({}, undefined),
    setContext: (given) => {
      context = given;
    },
    ofChain: (chain, meter) => logOf({ chain }, meter),
  };
}

const secret = new Set(secretFieldNames);

/** At the top and one level down, as deep as our own events go; a list is no level of its own. */
function redacted(fields: Readonly<Record<string, unknown>>, depth = 2): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, secret.has(name) ? "[redacted]" : redactedValue(value, depth - 1)]),
  );
}

function redactedValue(value: unknown, depth: number): unknown {
  if (Array.isArray(value)) return value.map((each) => redactedValue(each, depth));
  const isPlain = typeof value === "object" && value !== null && !(value instanceof Error);
  return isPlain && depth > 0 ? redacted(value as Record<string, unknown>, depth) : value;
}
