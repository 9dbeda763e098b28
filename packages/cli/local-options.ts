import type { ConsortiumConfig, LogLevel } from "@vermilion/local";
import type { Command } from "commander";
import { readText } from "./files.ts";
import { Failure } from "./output.ts";
import { defaultData } from "./session.ts";

/** Options that the commands on the local platform share. */
export interface DataOptions {
  readonly data?: string;
  readonly json?: boolean;
}

/** Of commands that look at the ledger of one chain. */
export interface ChainOptions {
  readonly chain?: string;
}

export function withChain(command: Command): Command {
  return command.option("--chain <id>", "a chain beside the main one, by its id; default main");
}

export interface FoundingOptions extends DataOptions {
  readonly members?: string;
  readonly name?: string;
  readonly port?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

export function withData(command: Command): Command {
  return command
    .option("--data <folder>", "folder of the consortium; default $DATA or .vermilion")
    .option("--json", "print the result as JSON");
}

export function withFounding(command: Command): Command {
  return withData(command)
    .option("--members <ids|file>", "member ids with commas, or a consortium.json; default platform,inspection,customs,tax")
    .option("--name <name>", "name of the consortium, part of every receipt; default eport.example")
    .option("--port <number>", "port of the first member, the others follow; default $PORT or 7301")
    .option("--tls-cert <file>", "PEM certificate: serve HTTPS (counts when the consortium is founded)")
    .option("--tls-key <file>", "PEM private key of --tls-cert");
}

export function dataOf(options: DataOptions): string {
  return options.data ?? (process.env["DATA"] || defaultData);
}

export function tlsOf(options: FoundingOptions): { readonly certificate: string; readonly key: string } | undefined {
  const { tlsCert, tlsKey } = options;
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new Failure("usage", { zh: "--tls-cert 与 --tls-key 须同时给出", en: "--tls-cert and --tls-key belong together" }, 2);
  }
  return { certificate: tlsCert, key: tlsKey };
}

/** The consortium that the options describe, checked like a file. */
export async function consortiumFrom(options: FoundingOptions): Promise<ConsortiumConfig> {
  const { consortiumOf, defaultFirstPort, defaultMembers, defaultName } = await import("@vermilion/local/founding/default");
  const given = options.members;
  if (given !== undefined && /[./\\]/.test(given)) {
    for (const option of ["name", "port"] as const) {
      if (options[option] === undefined) continue;
      throw new Failure("usage", { zh: `--${option} 已由文件 ${given} 给出`, en: `--${option} stands in the file ${given} already` }, 2);
    }
    return checkedConsortium(await readText(given, 1_000_000), given);
  }
  const ids = given === undefined ? defaultMembers : given.split(",").map((id) => id.trim());
  const firstPort = portOf(options.port ?? (process.env["PORT"] || `${defaultFirstPort}`));
  const consortium = consortiumOf(ids, { name: options.name ?? defaultName, firstPort });
  return checkedConsortium(JSON.stringify(consortium, null, 2), "--members, --name, --port");
}

async function checkedConsortium(text: string, file: string): Promise<ConsortiumConfig> {
  const { checkConfig } = await import("@vermilion/local/config/check");
  const checked = checkConfig(text, file, "consortium");
  if (checked.ok) return checked.config;
  // Flags have no lines.
  const at = (line: number) => (file.startsWith("--") ? file : `${file}:${line}`);
  const said = (language: "zh" | "en") =>
    checked.problems.map(({ line, problem, remedy }) => `${at(line)} ${problem[language]} → ${remedy[language]}`).join("; ");
  throw new Failure("config-invalid", { zh: said("zh"), en: said("en") }, 2);
}

function portOf(text: string): number {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new Failure("usage", { zh: "端口应为 1 至 65535 的整数", en: "a port is a whole number from 1 to 65535" }, 2);
}

export async function logLevelOf(given: string | undefined): Promise<LogLevel | undefined> {
  const text = given ?? (process.env["LOG_LEVEL"] || undefined);
  if (text === undefined) return undefined;
  const { logLevels } = await import("@vermilion/local/config/schemas");
  const level = logLevels.find((known) => known === text);
  if (level === undefined) {
    throw new Failure("usage", { zh: `日志级别应为 ${logLevels.join("、")}`, en: `a log level is one of ${logLevels.join(", ")}` }, 2);
  }
  return level;
}
