import type { Command } from "commander";
import { Failure, type Io, shown } from "../output.ts";
import { openSession, type SessionOptions, withApp } from "../session.ts";

interface Options extends SessionOptions {
  readonly part: string;
  readonly wait: string;
  readonly json?: boolean;
}

const requestForm = /^[0-9a-f]{64}-[0-9]{1,2}$/;

export function read(program: Command, io: Io): void {
  const command = program
    .command("read")
    .description("Read the fields of a granted request, or of a record that this member has made. 读取获准的字段，或本成员自己的记录。")
    .argument("<request|certificate>", "id of a request, or identifier of one's own certificate")
    .option("--part <part>", "part of one's own certificate", "main")
    .option("--wait <seconds>", "wait for a grant that is on its way", "5")
    .addHelpText(
      "after",
      `
Fields come in the clear: mind where the output goes.

Examples:
  $ vermilion read <request> --as customs
  $ vermilion read 1.2.156.3005.2.… --as platform --json`,
    );
  withApp(command).action(async (name: string, options: Options) => {
    const waitS = secondsOf(options.wait);
    const { client } = await openSession(options);
    const disclosed = await io.during("reading · 正在读取", () =>
      requestForm.test(name)
        ? client.grantedFields({ request: name, wait: waitS })
        : client.ownFields({ certificate: name, part: options.part }),
    );
    if (options.json === true) return io.json(disclosed);
    io.print(`certificate  ${shown(disclosed.certificate)}, part ${shown(disclosed.part)}, of ${shown(disclosed.owner)}`);
    if (disclosed.grantTransaction !== null) io.print(`granted by   ${shown(disclosed.grantTransaction)}, for ${shown(disclosed.purpose)}`);
    io.table(Object.entries(disclosed.fields).map(([field, value]) => [`  ${field}`, shown(value)]));
  });
}

export function secondsOf(text: string): number {
  if (/^[0-9]{1,3}$/.test(text)) return Number(text);
  throw new Failure("malformed-wait", { zh: "--wait 应为秒数", en: "--wait takes a number of seconds" }, 2);
}
