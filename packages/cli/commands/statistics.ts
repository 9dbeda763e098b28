import type { Figure } from "@vermilion/client";
import type { Command } from "commander";
import type { Io } from "../output.ts";
import { openSession, type SessionOptions, withApp } from "../session.ts";

interface Options extends SessionOptions {
  readonly json?: boolean;
  readonly by: string;
}

/** `vermilion statistics`: the home page in figures. */
export function statistics(program: Command, io: Io): void {
  const command = program
    .command("statistics")
    .description("Height, members, certificates, who contributed and who used what in the last 30 days. 统计。")
    .option("--by <dimensions>", "member, type, day, separated by commas", "member,type")
    .addHelpText(
      "after",
      `
Examples:
  $ vermilion statistics --as platform
  $ vermilion statistics --as platform --by member,day --json`,
    );
  withApp(command).action(async (options: Options) => {
    const { client } = await openSession(options);
    const by = options.by.split(",").map((name) => name.trim()) as ("member" | "type" | "day")[];
    const [home, { items: contributions }, { items: uses }] = await io.during("counting · 正在统计", () =>
      Promise.all([client.statistics(), client.contributions({ by }), client.uses({ by })]),
    );
    if (options.json === true) return io.json({ ...home, contributions, uses });
    io.print(`区块高度 height ${home.height}，${home.entries} 条交易 entries，${home.members.length} 个成员 members`);
    const { total, revoked, replaced } = home.certificates;
    io.print(`证照 certificates ${total}，注销 revoked ${revoked}，已换发 replaced ${replaced}`);
    if (contributions.length > 0) io.table([[...by, "act", "count"], ...contributions.map((figure) => rowOf(figure, by))]);
    if (uses.length > 0)
      io.table([[...by, "used by", "count"], ...uses.map((figure) => rowOf({ ...figure, act: figure.way ?? figure.act }, by))]);
  });
}

function rowOf(figure: Figure, by: readonly ("member" | "type" | "day")[]): readonly string[] {
  return [...by.map((name) => figure[name] ?? "-"), figure.act, `${figure.count}`];
}
