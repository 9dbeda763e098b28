import { checkTypeChange, parseCertificateType, type TypeChangeProblem, type TypeProblem } from "@vermilion/client/certificate-types";
import type { Command } from "commander";
import { printSubmitted } from "../issued.ts";
import { bilingual, type Io } from "../output.ts";
import { openSession, type SessionOptions, withApp } from "../session.ts";
import { readGoodType, readType, shippedTypeIds, withMembers } from "../shipped-types.ts";

interface CheckOptions {
  readonly against?: string;
  readonly json?: boolean;
}

interface DefineOptions extends SessionOptions {
  readonly issuers?: string;
  readonly json?: boolean;
}

const examples = `
Examples:
  $ vermilion type list
  $ vermilion type check my-type.json
  $ vermilion type check my-type-v2.json --against my-type.json
  $ vermilion type define business-licence --issuers tax --as tax`;

/** `vermilion type …`: certificate types as files. */
export function type(program: Command, io: Io): void {
  const group = program
    .command("type")
    .description("Certificate types: list the shipped ones, check a file, define one. 证照类型。")
    .addHelpText("after", examples);

  group
    .command("list")
    .description("the types that come with Vermilion")
    .option("--json", "print the result as JSON")
    .action(async (options: CheckOptions) => {
      const types = await Promise.all((await shippedTypeIds()).map(readGoodType));
      if (options.json === true) return io.json(types.map(({ id, version, names, code }) => ({ id, version, names, code })));
      io.table([
        ["id", "version", "names", "code", "fields"],
        ...types.map((each) => [each.id, String(each.version), bilingual(each.names), each.code, String(each.fields.length)]),
      ]);
    });

  group
    .command("check <type>")
    .description("explain everything that is wrong in a type; a file, or the id of a shipped one")
    .option("--against <type>", "the version before: also tell what the new one would break")
    .option("--json", "print the result as JSON")
    .action(async (file: string, options: CheckOptions) => {
      const problems = await problemsOf(file, options.against);
      if (problems.length > 0) io.exitCode = 1;
      if (options.json === true) return io.json({ problems });
      if (problems.length === 0) io.print("OK · 正确");
      else
        io.table([
          ["where", "code", "what"],
          ...problems.map(({ path, code, detail }) => [path === "" ? "/" : path, code, bilingual(detail)]),
        ]);
    });

  withApp(group.command("define <type>").description("define a type at this member: a file, or the id of a shipped one"))
    .option("--issuers <members>", "who issues it, separated by commas, in place of those in the file")
    .action(async (file: string, options: DefineOptions) => {
      const given = await readType(file);
      const { client } = await openSession(options);
      const members = (await client.members()).items.map(({ id }) => id);
      const issuers = options.issuers?.split(",").map((id) => id.trim()) ?? [];
      const submitted = await io.during("defining · 正在定义", () => client.defineType({ type: withMembers(given, issuers, members) }));
      if (options.json === true) io.json(submitted);
      else printSubmitted(io, submitted);
    });
}

async function problemsOf(file: string, against: string | undefined): Promise<readonly (TypeProblem | TypeChangeProblem)[]> {
  const next = parseCertificateType(await readType(file));
  if ("refused" in next) return next.problems;
  return against === undefined ? [] : checkTypeChange(await readGoodType(against), next);
}
