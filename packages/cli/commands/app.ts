import type { AdminRequest, App, AppConfig } from "@vermilion/local";
import type { Command } from "commander";
import { type DataOptions, dataOf, withData } from "../local-options.ts";
import { Failure, type Io, timeOf } from "../output.ts";
import { askStack, type DescribedMember, stackOf, stackText } from "../stack.ts";

interface AppOptions extends DataOptions {
  readonly as?: string;
  readonly stack?: string;
}

const examples = `
Examples:
  vermilion app add counter --as customs --scope certificates:read --scope requests:open:moc-filing
  vermilion app list --as customs
  vermilion app rotate counter --as customs               the old key goes on working until the next rotation
  vermilion app rotate counter --as customs --revoke-old  … or stops at once
  vermilion app disable counter --as customs
  vermilion app enable counter --as customs
  vermilion app add desk --stack vermilion-customs        at a member in the cloud, by your AWS role

A stolen key: disable, rotate (a disabled app keeps no old key, and stays disabled), then enable.
The key pair is made here; the private key goes into DATA/apps/<member>-<app>.json (0600), the public one to the member.`;

/** `vermilion app …`: agency apps that may sign in at a member; over its owner-only socket, or its files while it is stopped. */
export function app(program: Command, io: Io): void {
  const group = program.command("app").description("agency apps that may sign in at a member").addHelpText("after", examples);
  const withMember = (command: Command) =>
    withData(command)
      .option("--as <member>", "the app's member; default $VERMILION_AS or the only one")
      .option("--stack <name>", stackText);

  withMember(group.command("add <name>").description("make a key pair and register an app"))
    .option("--scope <scope>", "what it may do, once for each; default all", collect, [])
    .action(async (name: string, options: AppOptions & { readonly scope: readonly string[] }) =>
      report(io, options, await add(name, options)),
    );

  withMember(group.command("rotate <name>").description("give an app a new key; a disabled one stays disabled and keeps no old key"))
    .option("--revoke-old", "stop the old key at once instead of at the next rotation")
    .action(async (name: string, options: AppOptions & { readonly revokeOld?: boolean }) =>
      report(io, options, await rotate(name, options)),
    );

  withMember(group.command("disable <name>").description("let an app sign in no more")).action(
    async (name: string, options: AppOptions) => {
      const place = await placeOf(options);
      report(io, options, { app: (await place.ask({ command: "app-disable", app: name })) as App });
    },
  );

  withMember(group.command("enable <name>").description("let a disabled app sign in again, with the keys it has")).action(
    async (name: string, options: AppOptions) => {
      const place = await placeOf(options);
      report(io, options, { app: (await place.ask({ command: "app-enable", app: name })) as App });
    },
  );

  withMember(group.command("list").description("the apps of a member")).action(async (options: AppOptions) => {
    const { member, ask } = await placeOf(options);
    const apps = (await ask({ command: "app-list" })) as readonly App[];
    if (options.json) {
      io.json({ member, apps });
      return;
    }
    io.table([["app", "state", "keys", "since", "scopes"], ...apps.map(rowOf)]);
  });
}

interface Changed {
  readonly app: App;
  readonly file?: string;
}

async function add(name: string, options: AppOptions & { readonly scope: readonly string[] }): Promise<Changed> {
  const { newAppKey, writeAppFile } = await import("@vermilion/local/config/apps");
  const { allScopes } = await import("@vermilion/local/config/schemas");
  const { data, member, baseUrl, ask } = await placeOf(options);
  const { privateJwk, publicKey } = newAppKey();
  const scopes = options.scope.length === 0 ? [...allScopes] : [...options.scope];
  // The member first: a name that it has already must not cost the key in the file.
  const registered = (await ask({ command: "app-add", app: name, key: publicKey as AppKeyInput, scopes })) as App;
  const config: AppConfig = { version: 1, app: name, member, baseUrl, jwk: privateJwk, scopes };
  return { app: registered, file: writeAppFile(data, config) };
}

async function rotate(name: string, options: AppOptions & { readonly revokeOld?: boolean }): Promise<Changed> {
  const { newAppKey, writeAppFile } = await import("@vermilion/local/config/apps");
  const { data, member, baseUrl, ask } = await placeOf(options);
  const { privateJwk, publicKey } = newAppKey();
  const key = publicKey as AppKeyInput;
  // The member first: a name that it does not know must not cost the key in the file. Wherever this is cut, rotating again mends it, and an
  // old key that is to be revoked is revoked in this one step.
  const changed = (await ask({ command: "app-rotate", app: name, key, keepOld: options.revokeOld !== true })) as App;
  const config: AppConfig = { version: 1, app: name, member, baseUrl, jwk: privateJwk, scopes: [...changed.scopes] };
  return { app: changed, file: writeAppFile(data, config) };
}

type AppKeyInput = Extract<AdminRequest, { readonly command: "app-add" }>["key"];

/** The member whose apps these are, how to ask it, and the folder for the apps' private keys. */
interface Place {
  readonly data: string;
  readonly member: string;
  readonly baseUrl: string;
  readonly ask: (request: Exclude<AdminRequest, { readonly command: "stop" }>) => Promise<unknown>;
}

async function placeOf(options: AppOptions): Promise<Place> {
  const data = dataOf(options);
  const stack = stackOf(options);
  if (stack !== undefined) {
    const { member, url } = await askStack<DescribedMember>(stack, { command: "describe" });
    return { data, member, baseUrl: url, ask: (request) => askStack(stack, request) };
  }
  const { readMemberConfig } = await import("@vermilion/local/config/read");
  const member = await localMember(options, data);
  return { data, member, baseUrl: readMemberConfig(data, member).url, ask: (request) => ask(data, member, request) };
}

async function localMember(options: AppOptions, data: string): Promise<string> {
  const { readConsortium } = await import("@vermilion/local/config/read");
  const { members } = readConsortium(data);
  const [only, ...others] = members;
  const member = options.as ?? (process.env["VERMILION_AS"] || (others.length === 0 ? only?.id : undefined));
  if (member !== undefined) return member;
  const known = members.map(({ id }) => id).join(", ");
  throw new Failure("member-not-chosen", { zh: `请用 --as 指定成员：${known}`, en: `say which member with --as: ${known}` }, 2);
}

async function ask(data: string, member: string, request: AdminRequest): Promise<unknown> {
  const { askMemberOrFiles } = await import("@vermilion/local/process/stopped");
  const answer = await askMemberOrFiles(data, member, request);
  if (answer.ok) return answer.value;
  const isUsage = answer.code === "bad-request" || answer.code === "unknown-scope";
  throw new Failure(answer.code, { zh: answer.detail, en: answer.detail }, isUsage ? 2 : 1);
}

function report(io: Io, options: AppOptions, { app: changed, file }: Changed): void {
  if (options.json) {
    io.json({ app: changed, ...(file && { file }) });
    return;
  }
  io.table([["app", "state", "keys", "since", "scopes"], rowOf(changed)]);
  if (file !== undefined) io.print(`私钥 · private key: ${file} (0600)`);
  if (file !== undefined && changed.disabled)
    io.note("the app is still disabled; `vermilion app enable` · 应用仍处于停用状态，可用 app enable 启用");
}

function rowOf(row: App): readonly string[] {
  return [row.id, row.disabled ? "disabled" : "active", `${row.keys.length}`, timeOf(row.createdAt), row.scopes.join(" ")];
}

function collect(scope: string, before: readonly string[]): readonly string[] {
  return [...before, scope];
}
