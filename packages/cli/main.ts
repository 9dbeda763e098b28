import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { bilingual, Failure, type Io, terminalIo } from "./output.ts";

/** What every file of `commands/` exports under the command's name: it adds the command to the program and speaks through `io` alone. */
type Register = (program: Command, io: Io) => void;

interface Listed {
  readonly name: string;
  readonly zh: string;
  readonly en: string;
  /** Loaded only when the command is asked for: `verify` must not wait for the local platform. */
  readonly load: () => Promise<Register>;
}

export const listed: readonly Listed[] = [
  {
    name: "init",
    zh: "建立联盟的密钥、配置和创世文件",
    en: "make keys, config and genesis of a consortium",
    load: async () => (await import("./commands/init.ts")).init,
  },
  {
    name: "start",
    zh: "启动本机上的全部成员",
    en: "start all members on this computer",
    load: async () => (await import("./commands/start.ts")).start,
  },
  { name: "member", zh: "单独运行一个成员", en: "run one member", load: async () => (await import("./commands/member.ts")).member },
  { name: "stop", zh: "停止一个或全部成员", en: "stop one member or all", load: async () => (await import("./commands/stop.ts")).stop },
  { name: "status", zh: "各成员的状态", en: "how the members are", load: async () => (await import("./commands/status.ts")).status },
  {
    name: "app",
    zh: "管理成员的应用",
    en: "add, rotate, disable or enable a member's apps",
    load: async () => (await import("./commands/app.ts")).app,
  },
  { name: "token", zh: "登录并打印令牌", en: "sign in and print a token", load: async () => (await import("./commands/token.ts")).token },
  { name: "issue", zh: "签发证照", en: "issue a certificate", load: async () => (await import("./commands/issue.ts")).issue },
  {
    name: "complete",
    zh: "补录证照的一个部分",
    en: "add a part to a certificate (录入)",
    load: async () => (await import("./commands/complete.ts")).complete,
  },
  {
    name: "type",
    zh: "证照类型：列出、检查、定义",
    en: "certificate types: list, check, define",
    load: async () => (await import("./commands/type.ts")).type,
  },
  {
    name: "sample",
    zh: "生成样例数据",
    en: "real-looking made-up certificates",
    load: async () => (await import("./commands/sample.ts")).sample,
  },
  {
    name: "bulk",
    zh: "批量签发与补录",
    en: "issue and complete many, one a line",
    load: async () => (await import("./commands/bulk.ts")).bulk,
  },
  {
    name: "deposit",
    zh: "存证：提交文件摘要",
    en: "deposit digests of files as evidence",
    load: async () => (await import("./commands/deposit.ts")).deposit,
  },
  {
    name: "renew",
    zh: "换证",
    en: "issue the next version of a certificate",
    load: async () => (await import("./commands/renew.ts")).renew,
  },
  { name: "correct", zh: "更正证照", en: "correct an own part", load: async () => (await import("./commands/correct.ts")).correct },
  {
    name: "suspend",
    zh: "中止证照",
    en: "suspend a certificate",
    load: async () => (await import("./commands/change-status.ts")).suspend,
  },
  {
    name: "resume",
    zh: "恢复证照",
    en: "resume a suspended certificate",
    load: async () => (await import("./commands/change-status.ts")).resume,
  },
  {
    name: "revoke",
    zh: "注销或吊销证照",
    en: "revoke a certificate, for good",
    load: async () => (await import("./commands/change-status.ts")).revoke,
  },
  { name: "receive", zh: "收证", en: "acknowledge a receipt", load: async () => (await import("./commands/receive.ts")).receive },
  {
    name: "history",
    zh: "证照的变化与状态",
    en: "what happened to a certificate, its status now or then",
    load: async () => (await import("./commands/history.ts")).history,
  },
  { name: "list", zh: "查询证照", en: "certificates that fit a question", load: async () => (await import("./commands/list.ts")).list },
  { name: "blocks", zh: "区块查询", en: "blocks and their entries", load: async () => (await import("./commands/blocks.ts")).blocks },
  {
    name: "statistics",
    zh: "统计",
    en: "height, members, certificates, contributions, uses",
    load: async () => (await import("./commands/statistics.ts")).statistics,
  },
  {
    name: "request",
    zh: "申请查看字段",
    en: "ask for fields of a certificate",
    load: async () => (await import("./commands/request.ts")).request,
  },
  {
    name: "requests",
    zh: "列出申请",
    en: "list requests: mine, and those to decide",
    load: async () => (await import("./commands/requests.ts")).requests,
  },
  {
    name: "approve",
    zh: "批准或拒绝申请",
    en: "approve or refuse a request",
    load: async () => (await import("./commands/approve.ts")).approve,
  },
  {
    name: "read",
    zh: "读取获准的字段",
    en: "read fields that were granted, or one's own",
    load: async () => (await import("./commands/read.ts")).read,
  },
  {
    name: "trace",
    zh: "查看使用轨迹",
    en: "who used a certificate, when and why",
    load: async () => (await import("./commands/trace.ts")).trace,
  },
  {
    name: "file",
    zh: "链下文件：上传、下载、查询",
    en: "files that stay off the chain: put, get, show",
    load: async () => (await import("./commands/file.ts")).file,
  },
  {
    name: "lookup",
    zh: "按哈希或文件查询",
    en: "look a hash or a file up, without an account",
    load: async () => (await import("./commands/lookup.ts")).lookup,
  },
  {
    name: "receipt",
    zh: "保存存证凭据",
    en: "save the receipt of a transaction",
    load: async () => (await import("./commands/receipt.ts")).receipt,
  },
  { name: "verify", zh: "离线核验凭据", en: "verify a receipt offline", load: async () => (await import("./commands/verify.ts")).verify },
  {
    name: "fsck",
    zh: "逐字节检查账本",
    en: "read a member's ledger back from its bytes",
    load: async () => (await import("./commands/fsck.ts")).fsck,
  },
  {
    name: "rebuild",
    zh: "由账本重建派生数据",
    en: "drop all that is derived and replay",
    load: async () => (await import("./commands/rebuild.ts")).rebuild,
  },
  {
    name: "backup",
    zh: "备份成员，可在运行中",
    en: "copy all that a member holds, also while it runs",
    load: async () => (await import("./commands/backup.ts")).backup,
  },
  {
    name: "restore",
    zh: "从备份恢复成员",
    en: "put a backup in the place of a stopped member",
    load: async () => (await import("./commands/restore.ts")).restore,
  },
  {
    name: "statement",
    zh: "云上成员的自签名声明",
    en: "the signed statement of a deployed member",
    load: async () => (await import("./commands/statement.ts")).statement,
  },
  {
    name: "found",
    zh: "汇集声明，起草联盟",
    en: "collect statements into a founding draft",
    load: async () => (await import("./commands/found.ts")).found,
  },
  {
    name: "sign",
    zh: "以创始成员身份签署",
    en: "sign a founding draft as a founder",
    load: async () => (await import("./commands/sign.ts")).sign,
  },
  {
    name: "install",
    zh: "在成员上启动联盟链",
    en: "begin the chain at a deployed member",
    load: async () => (await import("./commands/install.ts")).install,
  },
  { name: "config", zh: "检查配置文件", en: "check config files", load: async () => (await import("./commands/config.ts")).config },
];

const examples = `
Examples:
  $ vermilion start                                       four members on this computer
  $ vermilion issue moc-filing fields.json --as platform
  $ vermilion receipt <transaction> --out r.tlog-proof --entry --policy policy.txt --genesis genesis.json
  $ vermilion verify r.tlog-proof --policy policy.txt     no network; exit code 0, 1 or 2

Every command has --help with examples and --json. 每个命令都有 --help（含示例）和 --json。
Errors are one line on standard error: vermilion: <code>: <sentence>. Exit code 1: no, or failed; 2: wrong usage or unreadable input.`;

/** Runs the command line of this process and sets its exit code. */
export async function run(args: readonly string[]): Promise<void> {
  const io = terminalIo();
  // A reader that closes the pipe (`| head`) has seen enough: no error of ours, and no reason to change the verdict.
  process.stdout.on("error", () => process.exit(io.exitCode));
  await execute(args, io);
  process.exitCode = io.exitCode;
}

/** Runs one command line; leaves its exit code in `io`. Never throws. */
export async function execute(args: readonly string[], io: Io): Promise<void> {
  const wanted = args[0] === "help" && args[1] !== undefined ? [args[1], "--help"] : args;
  try {
    const program = await programFor(wanted, io);
    await program.parseAsync(wanted.length === 0 ? ["--help"] : [...wanted], { from: "user" });
  } catch (error) {
    const failure = asUsage(error);
    if (failure !== undefined) io.fail(failure);
  }
}

async function programFor(args: readonly string[], io: Io): Promise<Command> {
  const program = new Command("vermilion")
    .description("A consortium ledger for agencies that share electronic certificates · 电子证照联盟账本")
    .version(ownVersion(), "--version", "print the version")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show the help of a command")
    .addHelpText("after", examples)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.print(text.replace(/\n$/, "")),
      writeErr: (text) => io.note(text.replace(/\n$/, "")),
      // Mistakes are told by `io.fail`, like everything else.
      outputError: () => undefined,
    });
  const chosen = args.find((arg) => !arg.startsWith("-"));
  for (const { name, zh, en, load } of listed) {
    if (name === chosen) (await load())(program, io);
    else program.command(name).description(bilingual({ zh, en }));
  }
  return program;
}

/** Commander throws for help as well as for mistakes; undefined where there is nothing left to say. */
function asUsage(error: unknown): unknown {
  if (!(error instanceof CommanderError)) return error;
  if (error.exitCode === 0) return undefined;
  if (error.code === "commander.help") return new Failure("usage", { zh: "缺少子命令", en: "a subcommand is missing" }, 2);
  return new Failure("usage", { zh: "用法有误，见 --help", en: error.message.replace(/^error: /, "").replaceAll("\n", " ") }, 2);
}

function ownVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL("./package.json", import.meta.url), "utf8")) as { readonly version: string };
  return manifest.version;
}
