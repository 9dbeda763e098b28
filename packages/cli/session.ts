import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { type AppCredentials, type Client, createClient } from "@vermilion/client";
import { isJsonObject, type Json } from "@vermilion/client/reading";
import type { Command } from "commander";
import { readJson } from "./files.ts";
import { Failure } from "./output.ts";

export const defaultData = ".vermilion";
export const defaultApp = "desk";
const appFileBytesMax = 64 * 1024;

export interface SessionOptions {
  readonly data?: string;
  readonly as?: string;
  readonly app?: string;
  readonly appFile?: string;
  readonly operator?: string;
  readonly url?: string;
}

/** A client that is signed in as an app, with the person behind it. */
export interface Session {
  readonly client: Client;
  readonly app: AppCredentials;
  readonly operator: string;
}

/** The options by which a command finds the app to sign in as. */
export function withApp(command: Command): Command {
  return command
    .option("--data <folder>", "folder of the consortium; default $DATA or .vermilion")
    .option("--as <member>", "member whose app to use; default $VERMILION_AS or the only one")
    .option("--app <name>", "name of the app; default desk")
    .option("--app-file <file>", "credentials of the app, instead of --data, --as and --app")
    .option("--operator <name>", "who does this; default $VERMILION_OPERATOR or your user name here")
    .option("--json", "print the result as JSON");
}

/** As `withApp`, and `--url` to ask a member without any account. */
export function withAppOrUrl(command: Command): Command {
  return withApp(command.option("--url <url>", "address of any member, to ask without an account"));
}

/** Signs in lazily: the first call fetches the token. Failure with exit code 2 where no credentials are found. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const app = await readCredentials(await appFileOf(options));
  await trustLocalMember(app.baseUrl, dataOf(options));
  const operator = options.operator ?? (process.env["VERMILION_OPERATOR"] || userName());
  return { app, operator, client: createClient({ baseUrl: app.baseUrl, app, operator, language: language() }) };
}

/** A client for what needs no account: of `--url` where it is given, else of the app's member. */
export async function openPublic(options: SessionOptions): Promise<Client> {
  if (options.url === undefined) return (await openSession(options)).client;
  if (!URL.canParse(options.url) || !/^https?:$/.test(new URL(options.url).protocol)) {
    throw new Failure("malformed-url", { zh: "--url 应为 http 或 https 地址", en: "--url must be an http or https address" }, 2);
  }
  await trustLocalMember(options.url, dataOf(options));
  return createClient({ baseUrl: options.url, language: language() });
}

/** Members of this computer that serve HTTPS mostly do so with certificates of their own; other addresses are judged as everywhere. */
async function trustLocalMember(address: string, data: string): Promise<void> {
  if (!address.startsWith("https:")) return;
  const { dataPaths } = await import("@vermilion/local/config/paths");
  const { readConsortium, readMemberConfig } = await import("@vermilion/local/config/read");
  if (!existsSync(dataPaths(data).genesis)) return;
  const { origin } = new URL(address);
  const urls = readConsortium(data).members.map(({ id }) => readMemberConfig(data, id).url);
  if (urls.some((url) => new URL(url).origin === origin)) (await import("@vermilion/local/config/trust")).trustMembers(data);
}

/** POSIX: LC_ALL, then LC_MESSAGES, then LANG. */
function language(): "zh" | "en" {
  const locale = process.env["LC_ALL"] || process.env["LC_MESSAGES"] || process.env["LANG"] || "";
  return locale.toLowerCase().startsWith("zh") ? "zh" : "en";
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a user id without a name.
    return `uid-${process.getuid?.() ?? "unknown"}`;
  }
}

async function appFileOf(options: SessionOptions): Promise<string> {
  if (options.appFile !== undefined) return options.appFile;
  const member = options.as ?? (process.env["VERMILION_AS"] || undefined);
  const name = options.app ?? defaultApp;
  const folder = join(dataOf(options), "apps");
  if (member !== undefined) return join(folder, `${member}-${name}.json`);
  const files = (await namesIn(folder)).filter((file) => file.endsWith(`-${name}.json`));
  const [only, ...others] = files;
  if (only === undefined) {
    throw new Failure(
      "no-app",
      {
        zh: `${folder} 中没有应用“${name}”的凭据；先运行 vermilion start，或用 --app-file 指定`,
        en: `no credentials of an app "${name}" in ${folder}; run \`vermilion start\` first, or give --app-file`,
      },
      2,
    );
  }
  if (others.length > 0) {
    const known = files.map((file) => file.slice(0, -`-${name}.json`.length)).join(", ");
    throw new Failure("member-not-chosen", { zh: `请用 --as 指定成员：${known}`, en: `say which member with --as: ${known}` }, 2);
  }
  return join(folder, only);
}

function dataOf(options: SessionOptions): string {
  return options.data ?? (process.env["DATA"] || defaultData);
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch {
    return [];
  }
}

async function readCredentials(file: string): Promise<AppCredentials> {
  const value = await readJson(file, appFileBytesMax);
  const { app, member, baseUrl, jwk, scopes } = isJsonObject(value) ? value : {};
  if (typeof app !== "string" || typeof member !== "string" || typeof baseUrl !== "string" || !isJsonObject(jwk) || !isTexts(scopes)) {
    throw new Failure("malformed-app-file", { zh: `${file} 不是应用凭据文件`, en: `${file} is no file of app credentials` }, 2);
  }
  return { app, member, baseUrl, jwk, scopes };
}

function isTexts(value: Json | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
