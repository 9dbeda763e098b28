import { createClient, type Health } from "@vermilion/client";
import type { MemberStatus } from "@vermilion/local";
import type { Command } from "commander";
import { type DataOptions, dataOf, withData } from "../local-options.ts";
import type { Io } from "../output.ts";

const examples = `
Examples:
  vermilion status
  vermilion status --json

Exit code: 0 where every member answers, 1 where one does not.`;

const healthTimeoutMs = 2_000;

interface Row {
  readonly member: string;
  readonly url: string;
  readonly phase: MemberStatus["phase"];
  readonly pid: number | null;
  readonly restarts: number;
  readonly lastProblem: MemberStatus["lastProblem"];
  readonly health: Health | null;
}

/** `vermilion status`: what the supervisor and the members themselves say. */
export function status(program: Command, io: Io): void {
  withData(program.command("status").description("what runs where, and how far each member is"))
    .addHelpText("after", examples)
    .action(async (options: DataOptions) => {
      const rows = await statusRows(dataOf(options));
      if (rows.some(({ health }) => health === null)) io.exitCode = 1;
      if (options.json) {
        io.json({ members: rows });
        return;
      }
      io.table(statusTable(rows));
      for (const { member, phase, lastProblem, health } of rows) {
        if (phase === "waiting" && lastProblem !== null) io.note(`${member}: ${lastProblem.names.en} · ${lastProblem.names.zh}`);
        for (const { code, zh, en } of health?.reasons ?? []) io.note(`${member}: ${code}: ${zh} · ${en}`);
      }
    });
}

export async function statusRows(data: string): Promise<readonly Row[]> {
  const { readConsortium, readMemberConfig } = await import("@vermilion/local/config/read");
  const { supervisedStatus } = await import("@vermilion/local/supervisor/supervise");
  const { trustMembers } = await import("@vermilion/local/config/trust");
  trustMembers(data);
  const supervised = await supervisedStatus(data);
  return Promise.all(
    readConsortium(data).members.map(async ({ id }): Promise<Row> => {
      const { url } = readMemberConfig(data, id);
      const health = await healthOf(url);
      const known = supervised?.find(({ member }) => member === id);
      if (known !== undefined) return { ...known, health };
      return { member: id, url, phase: health === null ? "stopped" : "running", pid: null, restarts: 0, lastProblem: null, health };
    }),
  );
}

async function healthOf(baseUrl: string): Promise<Health | null> {
  try {
    return await createClient({ baseUrl, patience: { attempts: 1, timeoutMs: healthTimeoutMs } }).health();
  } catch {
    return null;
  }
}

export function statusTable(rows: readonly Row[]): readonly (readonly string[])[] {
  const heading = ["member", "process", "pid", "url", "health", "role", "term", "height", "size", "final"];
  return [
    heading,
    ...rows.map(({ member, phase, pid, url, health }) => {
      const [chain] = health?.chains ?? [];
      const numbers =
        chain === undefined
          ? ["-", "-", "-", "-", "-"]
          : [chain.role, ...[chain.term, chain.height, chain.size, chain.finalSize].map(String)];
      return [member, phase, pid === null ? "-" : `${pid}`, url, health?.status ?? "-", ...numbers];
    }),
  ];
}
