import type { Command } from "commander";
import { getFile } from "../file-get.ts";
import { putFileOf } from "../file-put.ts";
import { readText } from "../files.ts";
import { printSubmitted } from "../issued.ts";
import { Failure, type Io, shown, timeOf } from "../output.ts";
import { openSession, type SessionOptions, withApp } from "../session.ts";

const examples = `
A file is encrypted here, under a key of its own, before it is sent; on the ledger stand its root, size and media type. The value that
\`file put\` prints goes into a field of format "file" of a certificate. It holds the file's key: who reads that field reads the file.

Examples:
  $ vermilion file put plan.pdf --as platform
  $ vermilion file put scan.tif --as platform --media-type image/tiff --json
  $ vermilion file show <root> --as customs
  $ vermilion file get <request> document --as customs --out plan.pdf
  $ vermilion file get --value - --as platform --out plan.pdf < plan.value

The value holds the file's key, and other users of this computer see what stands on a command line: give it by standard input.

Cut off, \`file put\` goes on where it was: what it needs for that is kept beside the file (0600) until the file is on the ledger.`;

/** A reference is one line: root, size, media type, key and name. */
const valueBytesMax = 4_096;

interface PutOptions extends SessionOptions {
  readonly name?: string;
  readonly mediaType?: string;
  readonly json?: boolean;
}

interface GetOptions extends SessionOptions {
  readonly value?: string;
  readonly out: string;
  readonly json?: boolean;
}

/** `vermilion file put|get|show`: files that stay off the chain. */
export function file(program: Command, io: Io): void {
  const group = program
    .command("file")
    .description("Files of up to 5 GiB that stay off the chain: send, fetch, look up. 链下文件：上传、下载、查询。")
    .addHelpText("after", examples);

  withApp(
    group
      .command("put <file>")
      .description("encrypt a file, send it to the app's member and put it on the ledger")
      .option("--name <name>", "as readers will save it; default the file's own name")
      .option("--media-type <type>", "type/subtype, for all members to see; default by the name's ending"),
  ).action(async (path: string, options: PutOptions) => {
    const { client } = await openSession(options);
    const stored = await putFileOf(client, path, options, io);
    if (options.json === true) return io.json(stored);
    io.print(`file         ${stored.file}`);
    io.print(`size         ${stored.size} bytes encrypted, ${stored.chunks} chunk${stored.chunks === 1 ? "" : "s"}`);
    printSubmitted(io, stored);
    io.print(`value        ${shown(stored.value)}`);
    io.note("the value holds the key of the file · 该值含有文件密钥，请妥善保管");
  });

  withApp(
    group
      .command("get [request] [field]")
      .description("fetch the file that a granted field names; each chunk is checked before it is opened")
      .option(
        "--value <value>",
        "instead of request and field: a file of one's own member, by the value of its field; - reads it from standard input",
      )
      .requiredOption("--out <file>", "where to save it; written whole or not at all"),
  ).action(async (request: string | undefined, field: string | undefined, options: GetOptions) => {
    if (options.value === undefined ? request === undefined || field === undefined : request !== undefined)
      throw new Failure("usage", { zh: "请给出申请和字段，或 --value", en: "give a request and a field, or --value" }, 2);
    const { client } = await openSession(options);
    const opened =
      options.value === undefined
        ? await client.readFile({ request: request ?? "", field: field ?? "" })
        : await client.readOwnFile(options.value === "-" ? (await readText("-", valueBytesMax)).trim() : options.value);
    const saved = await getFile(opened, options.out, io);
    if (options.json === true) return io.json(saved);
    io.print(`file         ${saved.file}`);
    io.print(`name         ${shown(saved.name)}, ${shown(saved.mediaType)}`);
    io.print(`saved        ${shown(saved.out)}, ${saved.bytes} bytes`);
    io.print(`sha256       ${saved.sha256}`);
  });

  withApp(group.command("show <root>").description("what the ledger says of a file")).action(
    async (root: string, options: SessionOptions & { readonly json?: boolean }) => {
      const { client } = await openSession(options);
      const row = await client.file({ file: root });
      if (options.json === true) return io.json(row);
      io.print(`file         ${row.file}`);
      io.table([
        ["  owner", row.owner],
        ["  type", row.dataType],
        ["  size", `${row.size} bytes encrypted, ${row.chunks} of ${row.chunkBytes}`],
        ["  transaction", row.transaction],
        ["  block", `${row.height}, ${timeOf(row.at)}`],
      ]);
    },
  );
}
