import type { Client } from "@vermilion/client";
import { save } from "./files.ts";
import { type Io, shown, timeOf } from "./output.ts";

type IssuedAnswer = Awaited<ReturnType<Client["issueCertificate"]>>;

/** What `issue` and `complete` print: what was put on the ledger and where, and the SD-JWT unless it went into a file. */
export async function printIssued(
  io: Io,
  issued: IssuedAnswer,
  options: { readonly out?: string; readonly json?: boolean },
): Promise<void> {
  const { out } = options;
  const { sdJwt, ...rest } = issued;
  if (out === undefined || sdJwt === undefined) {
    if (out !== undefined) io.note(`${out} is not written: the SD-JWT is given once only · SD-JWT 只给出一次，未写入文件`);
    return print(io, issued, options.json);
  }
  try {
    await save(out, `${sdJwt}\n`, true);
  } catch (error) {
    // It will not be given again, and the certificate is issued: rather on the screen than lost.
    print(io, issued, options.json);
    throw error;
  }
  print(io, { ...rest, sdJwtFile: out }, options.json);
}

function print(io: Io, issued: IssuedAnswer & { readonly sdJwtFile?: string }, json: boolean | undefined): void {
  if (json === true) {
    io.json(issued);
    return;
  }
  io.print(`certificate  ${shown(issued.certificate)}`);
  io.print(`digest       ${shown(issued.issuerSignedSha256)}`);
  printSubmitted(io, issued);
  if (issued.sdJwtFile !== undefined) io.print(`sd-jwt       in ${shown(issued.sdJwtFile)}`);
  if (issued.sdJwt !== undefined) io.print(`sd-jwt       ${shown(issued.sdJwt)}`);
}

interface SubmittedAnswer {
  readonly status: "pending" | "committed";
  readonly transactionHash: string;
  readonly blockNumber?: number;
  readonly time?: number;
}

/** Where an entry stands. `pending` is no failure: it is durable and will be committed or expire. */
export function printSubmitted(io: Io, { status, transactionHash, blockNumber, time }: SubmittedAnswer): void {
  io.print(`transaction  ${shown(transactionHash)}`);
  if (status === "pending")
    io.print("block        not yet; ask again with `vermilion lookup <transaction>` · 尚未上链，稍后可用 lookup 查询");
  else io.print(`block        ${blockNumber ?? "-"}${time === undefined ? "" : `, ${timeOf(time)}`}`);
}
