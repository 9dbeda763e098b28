import { eventFields, secretFieldNames } from "@vermilion/member/secret-fields";
import type { Log } from "@vermilion/node/ports/index";
import { type DestinationStream, type Logger, pino } from "pino";
import { type LogLevel, logDaysMin } from "../config/schemas.ts";
import { dailyLogFile } from "./daily-file.ts";

const redacted = secretFieldNames.flatMap((name) => [name, `*.${name}`, `*[*].${name}`]);

export interface LocalLog extends Log {
  /** The same log, with the id of the chain on each line. */
  ofChain(chain: string): Log;
  /** Writes what is still held in memory; call before the process ends. */
  flush(): void;
}

/** One JSON line an event, a file a day that is kept for `retentionDays`: `{"level":"info","time":"2026-…Z","member":…,"event":…,…}`. `target` is a file path or a stream. */
export function pinoLog(
  target: string | DestinationStream,
  level: LogLevel,
  bindings: Readonly<Record<string, string>>,
  retentionDays: number = logDaysMin,
): LocalLog {
  const stream = typeof target === "string" ? dailyLogFile(target, retentionDays) : target;
  const logger = pino(
    {
      level,
      base: bindings,
      messageKey: "event",
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: redacted, censor: "[redacted]" },
    },
    stream,
  );
  return { ...logOver(logger), ofChain: (chain) => logOver(logger.child({ chain })), flush: () => logger.flush() };
}

function logOver(logger: Logger): Log {
  const write = (at: "debug" | "info" | "warn" | "error") => (event: string, fields?: Readonly<Record<string, unknown>>) =>
    logger[at](eventFields(fields ?? {}), event);
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}
