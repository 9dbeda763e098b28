import type { Command } from "commander";
import { save } from "../files.ts";
import type { Io } from "../output.ts";
import { askStack, neededStack, type StackOptions, withStack } from "../stack.ts";

interface Options extends StackOptions {
  readonly out?: string;
}

const examples = `
Examples:
  vermilion statement --stack vermilion-customs --out customs.statement.json

The statement holds the member's names, address and public keys, signed by its own identity key; it holds nothing secret.
Hand it to the party that founds the consortium (\`vermilion found\`). Anybody can ask the member for it: GET /v1/statement.`;

/** `vermilion statement`: who a deployed member is, in its own words and under its own key. */
export function statement(program: Command, io: Io): void {
  withStack(program.command("statement").description("the signed statement of a deployed member: names, address, public keys"))
    .option("--out <file>", "save it instead of printing it")
    .addHelpText("after", examples)
    .action(async (options: Options) => {
      const stack = neededStack(options);
      const text = await io.during(`asking ${stack}`, () => askStack<string>(stack, { command: "statement" }));
      if (options.out === undefined) return io.print(text);
      await save(options.out, `${text}\n`);
      if (options.json === true) return io.json({ saved: options.out });
      io.print(`已保存 · saved: ${options.out}`);
    });
}
