import { existsSync } from "node:fs";
import type { ConfigProblem } from "@vermilion/local";
import type { Command } from "commander";
import { readText } from "../files.ts";
import { type DataOptions, dataOf, withData } from "../local-options.ts";
import { Failure, type Io } from "../output.ts";

const examples = `
Examples:
  vermilion config check                      every config file under DATA
  vermilion config check consortium.json      one file, before it is used
  vermilion config schema consortium          the JSON Schema, for an editor

Exit code: 0 all right, 1 something is wrong, 2 a file cannot be read.`;

const configBytesMax = 1_000_000;

/** `vermilion config check|schema`: what is wrong in a config file, on which line, and what to do about it. */
export function config(program: Command, io: Io): void {
  const group = program.command("config").description("check config files").addHelpText("after", examples);

  withData(group.command("check [file]").description("name each mistake with its line and remedy")).action(
    async (file: string | undefined, options: DataOptions) => {
      const { checkConfig, configProblemText } = await import("@vermilion/local/config/check");
      const files = file === undefined ? await filesOf(dataOf(options)) : [file];
      const problems: ConfigProblem[] = [];
      for (const path of files) {
        const checked = checkConfig(await readText(path, configBytesMax), path);
        if (!checked.ok) problems.push(...checked.problems);
      }
      if (problems.length > 0) io.exitCode = 1;
      if (options.json) {
        io.json({ ok: problems.length === 0, files, problems });
        return;
      }
      for (const problem of problems) io.print(configProblemText(problem));
      if (problems.length === 0) io.print(`${files.length} 个配置文件无误 · ${files.length} config file(s) all right`);
    },
  );

  group
    .command("schema <kind>")
    .description("print the JSON Schema of consortium, member, app or genesis files")
    .option("--json", "accepted for symmetry: it is always JSON")
    .action(async (kind: string) => {
      const { configJsonSchema, configKinds } = await import("@vermilion/local/config/schemas");
      const known = configKinds.find((name) => name === kind);
      if (known === undefined) {
        throw new Failure("usage", { zh: `种类应为 ${configKinds.join("、")}`, en: `the kind is one of ${configKinds.join(", ")}` }, 2);
      }
      io.json(configJsonSchema(known));
    });
}

/** The config files of a consortium: those that must be there, and the apps'. */
async function filesOf(data: string): Promise<readonly string[]> {
  const { dataPaths } = await import("@vermilion/local/config/paths");
  const { checkConfig } = await import("@vermilion/local/config/check");
  const { listAppFiles } = await import("@vermilion/local/config/apps");
  const paths = dataPaths(data);
  if (!existsSync(paths.consortium)) {
    throw new Failure("not-founded", { zh: `${data} 中没有联盟`, en: `there is no consortium in ${data}` }, 2);
  }
  const consortium = checkConfig(await readText(paths.consortium, configBytesMax), paths.consortium, "consortium");
  const members = consortium.ok ? consortium.config.members.map(({ id }) => paths.member(id).config) : [];
  return [paths.consortium, paths.genesis, ...members, ...listAppFiles(data)];
}
