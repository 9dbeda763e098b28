import type { Command } from "commander";
import { readJson, save } from "../files.ts";
import type { Io } from "../output.ts";
import { askStack, neededStack, type StackOptions, withStack } from "../stack.ts";
import { heldOr } from "./found.ts";

interface Options extends StackOptions {
  readonly instead?: boolean;
  readonly offline?: boolean;
}

interface Signed {
  readonly draft: object;
  readonly missing: readonly string[];
}

export const draftBytesMax = 1024 * 1024;

const examples = `
Examples:
  vermilion sign founding.json --stack vermilion-tax
  vermilion sign founding.json tax/founding.json court/founding.json --stack vermilion-customs     copies signed elsewhere are put together

The member itself checks every statement in the draft, and that what it says of this member is what the member says of itself. Here each
address is asked whether it answers with the statement that stands in the draft, for whoever collected them may have put in others.
Compare the chain with what \`vermilion found\` printed, and the keys with what the other founders tell you.
A member signs one founding only. The first founder signs last: it also signs the first block's header.`;

/** `vermilion sign`: a founder's signature, made where its key is; written back into the first file. */
export function sign(program: Command, io: Io): void {
  withStack(program.command("sign <drafts...>").description("sign a founding draft as one of its founders"))
    .option("--instead", "give up another founding that this member has signed, for good")
    .option("--offline", "do not ask the addresses; check the keys by other means")
    .addHelpText("after", examples)
    .action(async (files: readonly string[], options: Options) => {
      const stack = neededStack(options);
      const { checkAddresses, describeDraft, draftFrom } = await import("@vermilion/aws/founding/drafts");
      const draft = heldOr(draftFrom(await Promise.all(files.map((file) => readJson(file, draftBytesMax)))));
      const { chain, name, quorum, statements, keys } = heldOr(describeDraft(draft));
      if (options.offline !== true) heldOr((await io.during("asking the members' addresses", () => checkAddresses(statements))) ?? {});
      const members = statements.map(({ id, url }, at) => ({ member: id, url, key: keys[at] ?? "" }));
      if (options.json !== true) {
        io.table([["member", "address", "identity key"], ...members.map(({ member, url, key }) => [member, url, key])]);
        io.print(`联盟 · consortium: ${name}, quorum ${quorum} of ${members.length}`);
        io.print(`链标识 · chain: ${chain}`);
      }
      const request = { command: "sign", draft, instead: options.instead === true } as Parameters<typeof askStack>[1];
      const signed = await io.during(`asking ${stack} to sign`, () => askStack<Signed>(stack, request));
      const [file = ""] = files;
      await save(file, `${JSON.stringify(signed.draft, null, 2)}\n`);
      if (options.json === true) return io.json({ saved: file, chain, name, quorum, members, missing: signed.missing });
      io.print(`已签名 · signed: ${file}`);
      if (signed.missing.length > 0) io.print(`尚缺 · still to sign: ${signed.missing.join(", ")}`);
      else io.print(`全部签名 · all have signed. 每个成员安装 · each member installs: vermilion install ${file} --stack <stack>`);
    });
}
