import type { Command } from "commander";
import { readText, save } from "../files.ts";
import { Failure, type Io } from "../output.ts";

interface Options {
  readonly name: string;
  readonly zh?: string;
  readonly en?: string;
  readonly quorum?: string;
  readonly out: string;
  readonly offline?: boolean;
  readonly json?: boolean;
}

const statementBytesMax = 8_192;
const examples = `
Examples:
  vermilion found customs.statement.json tax.statement.json housing.statement.json court.statement.json \\
    --name eport.example --zh 电子口岸联盟 --en "Electronic Port Consortium"

Checks each statement's own signature, and that its address answers with the same statement. Writes a draft; then every founder signs it
where its keys are (\`vermilion sign founding.json --stack …\`), the first one last, and every founder installs it (\`vermilion install\`).
The order of the statements is the order of the members for ever.`;

/** `vermilion found`: one party collects the founders' statements into a draft that all of them sign. */
export function found(program: Command, io: Io): void {
  program
    .command("found <statements...>")
    .description("collect the statements of deployed members into a founding that each of them signs")
    .requiredOption("--name <name>", "name of the consortium, part of every receipt; letters, digits, dots: eport.example")
    .option("--zh <name>", "its Chinese name; default the name")
    .option("--en <name>", "its English name; default the name")
    .option("--quorum <n>", "cosignatures that make a receipt final; default n - floor((n-1)/3)")
    .option("--out <file>", "where to save the draft", "founding.json")
    .option("--offline", "do not ask the addresses; every founder should then check them by other means")
    .option("--json", "print the result as JSON")
    .addHelpText("after", examples)
    .action(async (files: readonly string[], options: Options) => {
      const { checkAddresses, newDraft, statementOf } = await import("@vermilion/aws/founding/drafts");
      const sources = await Promise.all(files.map(async (file) => (await readText(file, statementBytesMax)).trim()));
      const statements = sources.map((source, at) => heldOr(statementOf(source), files[at]));
      if (options.offline !== true) heldOr((await io.during("asking the members' addresses", () => checkAddresses(statements))) ?? {});
      const names = { zh: options.zh ?? options.name, en: options.en ?? options.name };
      const quorum = options.quorum === undefined ? {} : { quorum: Number(options.quorum) };
      const { draft, chain } = heldOr(newDraft({ name: options.name, names, ...quorum }, sources));
      await save(options.out, `${JSON.stringify(draft, null, 2)}\n`);
      const members = statements.map(({ id, url }) => ({ member: id, url }));
      if (options.json === true) return io.json({ saved: options.out, chain, members });
      io.table([["member", "address"], ...members.map(({ member, url }) => [member, url])]);
      io.print(`链标识 · chain: ${chain}`);
      io.print(`已保存 · saved: ${options.out}。每个创始成员签名 · each founder signs: vermilion sign ${options.out} --stack <stack>`);
    });
}

/** The value, or the command ends with the refusal's sentence. */
export function heldOr<T extends object>(value: T, where?: string): Exclude<T, Refusal> {
  if (!isRefusal(value)) return value as Exclude<T, Refusal>;
  const detail = where === undefined ? value.detail : `${where}: ${value.detail}`;
  throw new Failure(value.refused, { zh: detail, en: detail });
}

interface Refusal {
  readonly refused: string;
  readonly detail: string;
}

function isRefusal(value: object): value is Refusal {
  return "refused" in value;
}
