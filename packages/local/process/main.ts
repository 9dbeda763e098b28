import { asCannot, type Cannot } from "../cannot.ts";
import type { ChildMessage, SupervisorMessage } from "./messages.ts";
import { type MemberProcess, type MemberProcessOptions, runMember } from "./run.ts";

const closeMsMax = 20_000;

export interface ForegroundOptions extends Omit<MemberProcessOptions, "onStopAsked"> {
  /** True under a supervisor: Ctrl-C is the supervisor's to handle, and the process ends when the IPC channel does. */
  readonly supervised: boolean;
  readonly onListening: (member: MemberProcess) => void;
  readonly onCannot: (cannot: Cannot) => void;
}

/**
 * Runs one member until a signal, its supervisor or its owner ends it. Answers the exit code: 0 after a clean end, 1 where it could not
 * start or a bug ended it. The caller exits with it: a peer's open connection would otherwise keep the process.
 */
export async function runMemberInForeground(options: ForegroundOptions): Promise<number> {
  const asked = Promise.withResolvers<{ readonly reason: string; readonly code: number }>();
  const end = (reason: string, code = 0) => asked.resolve({ reason, code });
  listenForEnd(options.supervised, end);
  let member: MemberProcess;
  try {
    member = await runMember({ ...options, onStopAsked: () => end("admin socket") });
  } catch (error) {
    const cannot = asCannot(error);
    await tellSupervisor({ kind: "cannot-start", code: cannot.code, names: cannot.names });
    options.onCannot(cannot);
    return 1;
  }
  const crashed = (error: unknown) => {
    member.log.error("crashed", { reason: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    end("crashed", 1);
  };
  // What nobody caught is a bug: the state in memory cannot be trusted, the files can; so it ends, and the supervisor starts it again.
  process.on("uncaughtException", crashed);
  process.on("unhandledRejection", crashed);
  options.onListening(member);
  await tellSupervisor({ kind: "listening" });
  const { reason, code } = await asked.promise;
  // A close that hangs must not leave a process that nobody owns.
  setTimeout(() => process.exit(1), closeMsMax).unref();
  await member.stop(reason);
  return code;
}

function listenForEnd(supervised: boolean, end: (reason: string) => void): void {
  process.on("SIGTERM", () => end("SIGTERM"));
  process.on("SIGHUP", () => end("SIGHUP"));
  // A terminal sends Ctrl-C to the whole group; the supervisor ends its members itself, so that each end is on purpose.
  process.on("SIGINT", () => (supervised ? undefined : end("SIGINT")));
  if (!supervised) return;
  if (!process.connected) end("the supervisor ended");
  process.on("disconnect", () => end("the supervisor ended"));
  process.on("message", (message: SupervisorMessage) => {
    if (message?.kind === "stop") end("the supervisor asked");
  });
}

function tellSupervisor(message: ChildMessage): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (process.send === undefined || !process.connected) resolve();
  else process.send(message, undefined, undefined, () => resolve());
  return promise;
}
