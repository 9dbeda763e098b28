import { fileURLToPath } from "node:url";
import type { MemberStatus } from "@vermilion/local";
import type { Command } from "commander";
import type { FirstCertificate } from "../first-certificate.ts";
import { consortiumFrom, dataOf, type FoundingOptions, logLevelOf, tlsOf, withFounding } from "../local-options.ts";
import { Failure, type Io } from "../output.ts";
import { statusRows, statusTable } from "./status.ts";

interface StartOptions extends FoundingOptions {
  readonly logLevel?: string;
  readonly sample: boolean;
}

const examples = `
Examples:
  npm start                                  four members on 127.0.0.1:7301 … 7304, data in .vermilion
  vermilion start --data /srv/ledger --port 9001
  DATA=/tmp/try PORT=9001 LOG_LEVEL=debug npm start
  vermilion start --members north,south,east --name grain.example
  vermilion start customs                    start one member again that was stopped

On empty data it founds the consortium, defines the shipped type, issues one sample and prints its receipt; else it goes on where it was.
Ctrl-C stops all members. Environment: DATA, PORT, LOG_LEVEL.`;

const mainFile = fileURLToPath(new URL("../bin/vermilion.js", import.meta.url));
const startTimeoutMs = 60_000;

/** `vermilion start [member]`: all members under one supervisor in the foreground; or one stopped member, by the running supervisor. */
export function start(program: Command, io: Io): void {
  withFounding(program.command("start [member]").description("start the consortium of this computer, found it first where there is none"))
    .option("--log-level <level>", "of the members' logs: debug, info, warn, error, silent; default $LOG_LEVEL or info")
    .option("--no-sample", "on empty data: define no type and issue no sample")
    .addHelpText("after", examples)
    .action((member: string | undefined, options: StartOptions) =>
      member === undefined ? startAll(io, options) : startOne(io, options, member),
    );
}

async function startOne(io: Io, options: StartOptions, member: string): Promise<void> {
  const { askSupervisor } = await import("@vermilion/local/supervisor/supervise");
  const answer = await io.during(`starting ${member}`, () => askSupervisor(dataOf(options), { command: "start", member }, startTimeoutMs));
  if (answer === undefined) {
    throw new Failure("not-running", {
      zh: `没有监督进程；用 vermilion start 启动全部，或 vermilion member ${member} 只运行一个`,
      en: `no supervisor runs; start all with \`vermilion start\`, or this one with \`vermilion member ${member}\``,
    });
  }
  if (!answer.ok) throw new Failure(answer.code, { zh: answer.detail, en: answer.detail });
  if (options.json) io.json(answer.value);
  else io.print(`${member} 已启动 · is running`);
}

async function startAll(io: Io, options: StartOptions): Promise<void> {
  const began = Date.now();
  const { isFounded } = await import("@vermilion/local/founding/found");
  const { startSupervisor } = await import("@vermilion/local/supervisor/supervise");
  const { trustMembers } = await import("@vermilion/local/config/trust");
  const data = dataOf(options);
  const tls = tlsOf(options);
  const logLevel = await logLevelOf(options.logLevel);
  const isNew = !isFounded(data);
  if (isNew) await found(io, options, data);
  trustMembers(data, tls === undefined ? [] : [tls.certificate]);
  const interrupted = listenForInterrupt(io);
  const progress = io.progress("starting the members");
  const flags = [...(logLevel ? ["--log-level", logLevel] : []), ...(tls ? ["--tls-cert", tls.certificate, "--tls-key", tls.key] : [])];
  let isReady = false;
  try {
    const supervisor = await startSupervisor({
      data,
      command: (id) => ({ script: mainFile, args: ["member", id, "--data", data, "--supervised", ...flags] }),
      // While it starts, what a member cannot is said once, as the reason why all was ended.
      onChange: (status) => (isReady ? sayChange(io, status) : undefined),
      signal: interrupted,
    });
    isReady = true;
    progress.done();
    try {
      await welcome(io, options, { data, isNew, began });
    } catch (error) {
      if (!interrupted.aborted) {
        await supervisor.shutdown();
        throw error;
      }
    }
    await supervisor.ended;
    if (!options.json) io.print("已全部停止 · all members have stopped");
  } catch (error) {
    if (!interrupted.aborted) throw error;
  } finally {
    progress.done();
  }
  process.exit(io.exitCode);
}

async function found(io: Io, options: StartOptions, data: string): Promise<void> {
  const { foundConsortium } = await import("@vermilion/local/founding/found");
  const { systemClock } = await import("@vermilion/local");
  const { systemRandom } = await import("@vermilion/local");
  const config = await consortiumFrom(options);
  const tls = tlsOf(options);
  await io.during(`founding ${config.name}`, () =>
    foundConsortium({ data, config, clock: systemClock, random: systemRandom, ...(tls && { tls }) }),
  );
}

/**
 * Ctrl-C and the like end all in order; one more, a second later, ends at once, and the members with it, since their channel closes. npm
 * passes on a Ctrl-C that the terminal has given to all of its group already: what comes within the second is the same one.
 */
function listenForInterrupt(io: Io): AbortSignal {
  const controller = new AbortController();
  let firstAt = 0;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      if (controller.signal.aborted && Date.now() - firstAt > 1_000) process.exit(130);
      if (controller.signal.aborted) return;
      firstAt = Date.now();
      io.note("正在停止 · stopping …");
      controller.abort();
    });
  }
  return controller.signal;
}

/** Only what nobody asked for is news. */
function sayChange(io: Io, { member, phase, lastProblem }: MemberStatus): void {
  if (phase === "waiting" && lastProblem !== null) {
    io.note(`${member} 意外结束，将重新启动 · ended by itself and will be started again: ${lastProblem.names.en}`);
  }
}

async function welcome(
  io: Io,
  options: StartOptions,
  { data, isNew, began }: { readonly data: string; readonly isNew: boolean; readonly began: number },
): Promise<void> {
  const { readConsortium } = await import("@vermilion/local/config/read");
  const { listAppFiles } = await import("@vermilion/local/config/apps");
  const consortium = readConsortium(data);
  const members = consortium.members.map(({ id }) => id);
  // A first start that was cut off before it wrote anything is still a first start.
  const isEmpty = isNew || (await statusRows(data)).every(({ health }) => (health?.chains[0]?.height ?? 0) === 0);
  const first = isEmpty && options.sample ? await firstCertificate(io, data, members) : undefined;
  const rows = await statusRows(data);
  const apps = listAppFiles(data);
  const readyMs = Date.now() - began;
  if (options.json) {
    io.json({ name: consortium.name, data, isNew, readyMs, members: rows, apps, sample: first ?? null });
    return;
  }
  const heights = [...new Set(rows.map(({ health }) => health?.chains[0]?.height ?? "-"))].join(", ");
  io.print(
    isNew
      ? `联盟“${consortium.names.zh}”已建立并启动（${(readyMs / 1000).toFixed(1)} 秒） · founded and started ${consortium.name}`
      : `接着 ${data} 中的账本继续，区块高度 ${heights} · going on with the ledger in ${data} at height ${heights}`,
  );
  io.print("");
  io.table(statusTable(rows));
  io.print("");
  io.print("应用凭据 · app credentials (0600):");
  for (const file of apps) io.print(`  ${file}`);
  if (first !== undefined) sayCertificate(io, first);
  sayNext(io, data, first, rows[0]?.url ?? "");
}

async function firstCertificate(io: Io, data: string, members: readonly string[]): Promise<FirstCertificate | undefined> {
  const { issueFirstCertificate, typeMembers } = await import("../first-certificate.ts");
  if (!typeMembers.every((id) => members.includes(id))) return undefined;
  return io.during("defining the shipped type and issuing a sample", () => issueFirstCertificate(data));
}

function sayCertificate(io: Io, { type, certificate, receipt }: FirstCertificate): void {
  io.print("");
  io.print(`样例证照（${type}） · sample certificate: ${certificate}`);
  io.print(receipt.final ? "最终回执 · final receipt:" : "回执（尚未最终确认） · receipt, not final yet:");
  for (const line of receipt.receipt.trimEnd().split("\n")) io.print(`  ${line}`);
}

function sayNext(io: Io, data: string, first: FirstCertificate | undefined, url: string): void {
  const at = data === ".vermilion" ? "" : ` --data ${data}`;
  io.print("");
  io.print("接下来可以 · try next:");
  const lines = [
    ["演示全流程", "the whole journey", "npm run demo"],
    ...(first === undefined
      ? []
      : [["按哈希公开查询", "look it up in public", `npx vermilion lookup ${first.receipt.transactionHash} --as customs${at}`]]),
    ["各成员状态", "how they are", `npx vermilion status${at}`],
    ["停一个、再启动", "stop one, start it", `npx vermilion stop customs${at} && npx vermilion start customs${at}`],
    ["接口说明", "the API", `${url}/openapi.json`],
    ["停止", "stop all", "Ctrl-C"],
  ];
  io.table(lines.map(([zh = "", en = "", command = ""]) => [`  ${zh}`, en, command]));
}
