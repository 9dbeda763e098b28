import type { Log } from "@vermilion/member/ports/index";
import { eventFields, secretFieldNames } from "@vermilion/member/secret-fields";
import { type DestinationStream, destination, pino } from "pino";
import type { LogLevel } from "./config-schemas.ts";

const redacted = secretFieldNames.flatMap((name) => [name, `*.${name}`, `*[*].${name}`]);

export interface LocalLog extends Log {
  /** Writes what is still held in memory; call before the process ends. */
  flush(): void;
}

/** One JSON line an event: `{"level":"info","time":"2026-…Z","member":…,"event":…,…}`. `target` is a file path or a stream. */
export function pinoLog(target: string | DestinationStream, level: LogLevel, bindings: Readonly<Record<string, string>>): LocalLog {
  const stream = typeof target === "string" ? logFile(target) : target;
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
  const write = (at: "debug" | "info" | "warn" | "error") => (event: string, fields?: Readonly<Record<string, unknown>>) =>
    logger[at](eventFields(fields ?? {}), event);
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error"), flush: () => logger.flush() };
}

function logFile(path: string): DestinationStream {
  const stream = destination({ dest: path, sync: true, mode: 0o600 });
  // A full disk costs log lines, never the member: it goes on serving what it has.
  stream.on("error", () => undefined);
  return stream;
}
