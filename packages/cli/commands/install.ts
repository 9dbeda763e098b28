import { dirname, join } from "node:path";
import { isJsonObject, parseStrict, textOrUndefined } from "@vermilion/client/reading";
import type { Command } from "commander";
import { readIfThere, readJson, save } from "../files.ts";
import { Failure, type Io } from "../output.ts";
import { askStack, neededStack, type StackOptions, withStack } from "../stack.ts";
import { heldOr } from "./found.ts";
import { draftBytesMax } from "./sign.ts";

interface Installed {
  readonly chain: string;
  readonly members: readonly string[];
}

const examples = `
Examples:
  vermilion install founding.json --stack vermilion-customs

Takes the draft that all have signed; writes genesis.json and policy.txt beside it. Installing it again changes nothing; where those of
another consortium lie there it is refused.
Then make an app: vermilion app add desk --stack vermilion-customs`;

/** `vermilion install`: the member begins the chain of a founding that it has signed. */
export function install(program: Command, io: Io): void {
  withStack(program.command("install <drafts...>").description("begin the chain at a member that has signed its founding"))
    .addHelpText("after", examples)
    .action(async (files: readonly string[], options: StackOptions) => {
      const stack = neededStack(options);
      const { draftFrom, finish, stillMissing } = await import("@vermilion/aws/founding/drafts");
      const draft = heldOr(draftFrom(await Promise.all(files.map((file) => readJson(file, draftBytesMax)))));
      const missing = heldOr(stillMissing(draft));
      if (missing.length > 0) {
        const who = missing.join(", ");
        throw new Failure("not-signed-by-all", { zh: `尚缺签名：${who}`, en: `still to be signed by ${who}` });
      }
      const { genesis, policy } = heldOr(finish(draft));
      const folder = dirname(files[0] ?? "");
      await refuseAnother(folder, genesis, policy);
      const request = { command: "install", genesis } as Parameters<typeof askStack>[1];
      const installed = await io.during(`installing at ${stack}`, () => askStack<Installed>(stack, request));
      await save(join(folder, "genesis.json"), `${JSON.stringify(genesis, null, 2)}\n`);
      await save(join(folder, "policy.txt"), policy);
      if (options.json === true) return io.json({ ...installed, saved: [join(folder, "genesis.json"), join(folder, "policy.txt")] });
      io.print(`链已开始 · the chain has begun: ${installed.chain}`);
      io.print(`已保存 · saved: ${join(folder, "genesis.json")}, ${join(folder, "policy.txt")}`);
    });
}

const policyBytesMax = 1024 * 1024;

/** Receipts are checked by what lies there: the genesis and the policy of another consortium are replaced by nobody. Asked before installing. */
async function refuseAnother(folder: string, genesis: { readonly entry: string; readonly header: string }, policy: string): Promise<void> {
  const [heldGenesis, heldPolicy] = await Promise.all([
    readIfThere(join(folder, "genesis.json"), draftBytesMax),
    readIfThere(join(folder, "policy.txt"), policyBytesMax),
  ]);
  const another = (name: string) =>
    new Failure("another-genesis-here", {
      zh: `${join(folder, name)} 属于另一个联盟；请把草案放在单独的文件夹中`,
      en: `${join(folder, name)} is another consortium's; put the draft in a folder of its own`,
    });
  if (heldGenesis !== undefined) {
    const parsed = parseStrict(heldGenesis, { bytesMax: draftBytesMax, depthMax: 16 });
    const { entry, header } = "refused" in parsed || !isJsonObject(parsed.value) ? {} : parsed.value;
    if (entry !== genesis.entry || header !== genesis.header) throw another("genesis.json");
  }
  if (heldPolicy !== undefined && textOrUndefined(heldPolicy)?.trim() !== policy.trim()) throw another("policy.txt");
}
