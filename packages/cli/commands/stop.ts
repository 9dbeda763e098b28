import type { Command } from "commander";
import { type DataOptions, dataOf, withData } from "../local-options.ts";
import { Failure, type Io } from "../output.ts";

const examples = `
Examples:
  vermilion stop            end all members and their supervisor
  vermilion stop customs    end one member; the others go on
  vermilion start customs   start it again`;

/** Longest drain of a member, its kill after that, and a margin. */
const stopTimeoutMs = 30_000;

/** `vermilion stop [member]`: over the owner-only sockets under DATA, never over HTTP. */
export function stop(program: Command, io: Io): void {
  withData(program.command("stop [member]").description("stop one member, or all and their supervisor"))
    .addHelpText("after", examples)
    .action(async (member: string | undefined, options: DataOptions) => {
      const data = dataOf(options);
      const stopped = await io.during("stopping", () => (member === undefined ? stopAll(data) : stopOne(data, member)));
      if (options.json) {
        io.json({ stopped });
        return;
      }
      if (stopped.length === 0) io.print("没有在运行的成员 · nothing was running");
      else io.print(`已停止 · stopped: ${stopped.join(", ")}`);
    });
}

async function stopOne(data: string, member: string): Promise<readonly string[]> {
  const { askSupervisor } = await import("@vermilion/local/supervisor/supervise");
  const { readMemberConfig } = await import("@vermilion/local/config/read");
  readMemberConfig(data, member);
  const before = await runningUnderSupervisor(data);
  const answer = await askSupervisor(data, { command: "stop", member }, stopTimeoutMs);
  if (answer === undefined) return stopAlone(data, member);
  if (!answer.ok) throw new Failure(answer.code, { zh: answer.detail, en: answer.detail });
  return before.includes(member) ? [member] : [];
}

async function stopAll(data: string): Promise<readonly string[]> {
  const { askSupervisor, supervisorGone } = await import("@vermilion/local/supervisor/supervise");
  const { readConsortium } = await import("@vermilion/local/config/read");
  const { members } = readConsortium(data);
  const before = await runningUnderSupervisor(data);
  const answer = await askSupervisor(data, { command: "shutdown" }, stopTimeoutMs);
  if (answer !== undefined) {
    if (!answer.ok || !(await supervisorGone(data, stopTimeoutMs))) {
      throw new Failure("still-running", { zh: "监督进程没有结束", en: "the supervisor did not end" });
    }
    return before;
  }
  const stopped = await Promise.all(members.map(({ id }) => stopAlone(data, id)));
  return stopped.flat();
}

async function runningUnderSupervisor(data: string): Promise<readonly string[]> {
  const { supervisedStatus } = await import("@vermilion/local/supervisor/supervise");
  const status = await supervisedStatus(data);
  return (status ?? []).filter(({ phase }) => phase !== "stopped").map(({ member }) => member);
}

/** A member that somebody runs by hand with `vermilion member`. */
async function stopAlone(data: string, member: string): Promise<readonly string[]> {
  const { askMember } = await import("@vermilion/local/process/admin");
  const { memberGone } = await import("@vermilion/local/process/stopped");
  const answer = await askMember(data, member, { command: "stop" }, stopTimeoutMs);
  if (answer === undefined) return [];
  if (!(await memberGone(data, member, stopTimeoutMs))) {
    throw new Failure("still-running", { zh: `${member} 没有结束`, en: `${member} did not end` });
  }
  return [member];
}
