import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Cannot } from "./cannot.ts";
import { checkConfig, configProblemText } from "./config.ts";
import type { ConfigKind, ConsortiumConfig, MemberFileConfig } from "./config-schemas.ts";

/** Where everything of a consortium on this computer is. */
export function dataPaths(data: string) {
  const folder = resolve(data);
  return {
    folder,
    consortium: join(folder, "consortium.json"),
    genesis: join(folder, "genesis.json"),
    policy: join(folder, "policy.txt"),
    apps: join(folder, "apps"),
    app: (member: string, app: string) => join(folder, "apps", `${member}-${app}.json`),
    compileCache: join(folder, "cache"),
    supervisorLock: join(folder, "supervisor.lock"),
    member: (member: string) => {
      const home = join(folder, "members", member);
      return {
        home,
        config: join(home, "config.json"),
        keys: join(home, "keys"),
        files: join(home, "files"),
        database: join(home, "ledger.sqlite"),
        log: join(home, "member.log"),
        lock: join(home, "member.lock"),
      };
    },
  } as const;
}

export const controlSocket = "control.sock";
export const adminSocket = "admin.sock";

/** The consortium founded in `data`. Throws `Cannot` `not-founded` or `config-invalid`. */
export function readConsortium(data: string): ConsortiumConfig {
  return readConfig(dataPaths(data).consortium, "consortium", data);
}

/** Throws `Cannot` `not-founded`, `unknown-member` or `config-invalid`. */
export function readMemberConfig(data: string, member: string): MemberFileConfig {
  const consortium = readConsortium(data);
  if (!consortium.members.some(({ id }) => id === member)) {
    const known = consortium.members.map(({ id }) => id).join(", ");
    throw new Cannot("unknown-member", `没有成员“${member}”；现有：${known}`, `no member "${member}"; there are: ${known}`);
  }
  return readConfig(dataPaths(data).member(member).config, "member", data);
}

function readConfig<Kind extends ConfigKind>(file: string, kind: Kind, data: string) {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new Cannot(
      "not-founded",
      `${data} 中没有联盟（缺少 ${file}）；先运行 vermilion init 或 vermilion start`,
      `no consortium in ${data} (${file} is missing); run \`vermilion init\` or \`vermilion start\` first`,
      error,
    );
  }
  const checked = checkConfig(text, file, kind);
  if (checked.ok) return checked.config;
  const problems = checked.problems.map(configProblemText).join("\n");
  throw new Cannot("config-invalid", `配置有误：\n${problems}`, `the configuration is wrong:\n${problems}`);
}
