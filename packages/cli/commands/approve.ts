import type { Command } from "commander";
import { printSubmitted } from "../issued.ts";
import { Failure, type Io } from "../output.ts";
import { openSession, type SessionOptions, withApp } from "../session.ts";

interface Options extends SessionOptions {
  readonly refuse?: boolean;
  readonly reason?: string;
  readonly key?: string;
  readonly json?: boolean;
}

export function approve(program: Command, io: Io): void {
  const command = program
    .command("approve")
    .description("Approve a request for fields of this member's certificates, or refuse it. 批准或拒绝申请。")
    .argument("<request>", "id of the request, see `vermilion requests --to-decide`")
    .option("--refuse", "refuse instead; needs --reason")
    .option("--reason <code>", "a code of the consortium; default for an approval: approved")
    .option("--key <key>", "Idempotency-Key: the same key never decides twice")
    .addHelpText(
      "after",
      `
The decision, its reason, the app and the operator stand on the ledger for all members to see.

Examples:
  $ vermilion approve <request> --as platform
  $ vermilion approve <request> --as platform --refuse --reason purpose-not-covered`,
    );
  withApp(command).action(async (request: string, options: Options) => {
    const refuse = options.refuse === true;
    if (refuse && options.reason === undefined) {
      throw new Failure("reason-missing", { zh: "拒绝须用 --reason 说明理由", en: "--refuse needs a --reason" }, 2);
    }
    const decision = { decision: refuse ? "refuse" : "approve", reason: options.reason ?? "approved" } as const;
    const { client } = await openSession(options);
    const key = options.key === undefined ? {} : { idempotencyKey: options.key };
    const decided = await io.during("deciding · 正在审批", () => client.decideRequest({ request, ...decision }, key));
    if (options.json === true) return io.json({ request, ...decision, ...decided });
    io.print(refuse ? "refused · 已拒绝" : "approved · 已批准");
    printSubmitted(io, decided);
  });
}
