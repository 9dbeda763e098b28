import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { GenesisFile } from "@vermilion/node/context";
import { Cannot, dataTooOld } from "../cannot.ts";
import { checkConfig, configProblemText } from "./check.ts";
import { dataPaths } from "./paths.ts";
import type { ConfigKind, ConsortiumConfig, MemberFileConfig } from "./schemas.ts";

/** The consortium founded in `data`. Throws `Cannot` `not-founded` or `config-invalid`. */
export function readConsortium(data: string): ConsortiumConfig {
  return readConfig(dataPaths(data).consortium, "consortium", data);
}

/** Throws `Cannot` `not-founded`, `unknown-member`, `data-too-old` or `config-invalid`. */
export function readMemberConfig(data: string, member: string): MemberFileConfig {
  const consortium = readConsortium(data);
  if (!consortium.members.some(({ id }) => id === member)) {
    const known = consortium.members.map(({ id }) => id).join(", ");
    throw new Cannot("unknown-member", `没有成员“${member}”；现有：${known}`, `no member "${member}"; there are: ${known}`);
  }
  const paths = dataPaths(data).member(member);
  // Version 0.1 kept one file for all. It is told apart before anything is made beside it.
  const old = join(paths.home, "ledger.sqlite");
  if (existsSync(old)) throw dataTooOld(old);
  return readConfig(paths.config, "member", data);
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

/** The genesis of the main chain as `found` wrote it. Throws `Cannot` `not-founded` or `config-invalid`. */
export function readGenesis(data: string): GenesisFile {
  return readGenesisFile(dataPaths(data).genesis);
}

/** Throws `Cannot` `not-founded` or `config-invalid`; the signatures are checked by whoever opens the chain. */
export function readGenesisFile(file: string): GenesisFile {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new Cannot("not-founded", `缺少 ${file}`, `${file} is missing`, error);
  }
  const checked = checkConfig(text, file, "genesis");
  if (checked.ok) return checked.config;
  const problems = checked.problems.map(configProblemText).join("\n");
  throw new Cannot("config-invalid", `${file} 已损坏：\n${problems}`, `${file} is damaged:\n${problems}`);
}
