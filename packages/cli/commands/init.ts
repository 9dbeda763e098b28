import type { Command } from "commander";
import { consortiumFrom, dataOf, type FoundingOptions, tlsOf, withFounding } from "../local-options.ts";
import type { Io } from "../output.ts";

const examples = `
Examples:
  vermilion init                                        the four members of the demonstration
  vermilion init --members north,south,east --name grain.example --port 8001
  vermilion init --members consortium.json --data /srv/ledger

A consortium.json names each member with its names, credit code (USCC) and port; its JSON Schema: vermilion config schema consortium`;

/** `vermilion init`: keys, configuration and a genesis signed by all, for a consortium on this computer. */
export function init(program: Command, io: Io): void {
  withFounding(program.command("init").description("found a consortium on this computer: keys, configuration, genesis"))
    .addHelpText("after", examples)
    .action(async (options: FoundingOptions) => {
      const local = await import("@vermilion/local/founding/found");
      const { systemClock } = await import("@vermilion/local");
      const { systemRandom } = await import("@vermilion/local");
      const data = dataOf(options);
      const config = await consortiumFrom(options);
      const tls = tlsOf(options);
      const founding = { data, config, clock: systemClock, random: systemRandom, ...(tls && { tls }) };
      await io.during(`founding ${config.name} (${config.members.length} members)`, () => local.foundConsortium(founding));
      const members = config.members.map(({ id, port }) => ({ member: id, port }));
      if (options.json) {
        io.json({ name: config.name, data, members });
        return;
      }
      io.print(`联盟“${config.names.zh}”已在 ${data} 建立。`);
      io.print(`The consortium ${config.name} is founded in ${data}.`);
      io.table([
        ["member", "port", "app file"],
        ...members.map(({ member, port }) => [member, `${port}`, `${data}/apps/${member}-desk.json`]),
      ]);
      io.print(`启动 · start: vermilion start --data ${data}`);
    });
}
