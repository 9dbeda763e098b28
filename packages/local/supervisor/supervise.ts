import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { Cannot } from "../cannot.ts";
import { controlSocket, dataPaths } from "../config/paths.ts";
import { readConsortium, readMemberConfig } from "../config/read.ts";
import { takeLock } from "../disk/lock.ts";
import { chooseSocketPlace, findSocketPlace, forgetSocketPlace } from "../sockets/address.ts";
import { askSocket, type SocketAnswer, serveSocket } from "../sockets/door.ts";
import { type ChildCommand, type ChildProblem, runChild } from "./child.ts";
import { type MemberStatus, SupervisedMember } from "./member.ts";

const controlRequest = z.discriminatedUnion("command", [
  z.strictObject({ command: z.literal("status") }),
  z.strictObject({ command: z.literal("stop"), member: z.string() }),
  z.strictObject({ command: z.literal("start"), member: z.string() }),
  z.strictObject({ command: z.literal("shutdown") }),
]);
export type ControlRequest = z.infer<typeof controlRequest>;

const statusTimeoutMs = 5_000;

export interface SupervisorOptions {
  readonly data: string;
  /** The process that runs one member in the foreground. */
  readonly command: (member: string) => Omit<ChildCommand, "compileCache">;
  readonly onChange: (status: MemberStatus) => void;
  /** Longest wait for a member to become healthy, ms. */
  readonly readyTimeoutMs?: number;
  /** Aborted: everything is shut down, also while it starts. */
  readonly signal?: AbortSignal;
}

export interface Supervisor {
  status(): readonly MemberStatus[];
  start(member: string): Promise<ChildProblem | undefined>;
  stop(member: string): Promise<void>;
  /** Ends all members, then the control socket. May be called again while it runs. */
  shutdown(): Promise<void>;
  /** Kills what is left at once. */
  kill(): void;
  /** Settles when the supervisor has shut down, whoever asked for it. */
  readonly ended: Promise<void>;
}

/**
 * Starts one process a member and waits until each answers `/v1/health`. Only one supervisor lives per folder: its lock is the operating
 * system's, a socket left by a dead one is replaced. Throws `Cannot` `already-running`, or what the first member that cannot start said;
 * then nothing is left running.
 */
export async function startSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  const paths = dataPaths(options.data);
  const consortium = readConsortium(options.data);
  const lock = takeLock(paths.supervisorLock);
  if (lock === undefined) {
    throw new Cannot(
      "already-running",
      `${paths.folder} 的成员已在运行；用 vermilion status 查看，vermilion stop 停止`,
      `the members of ${paths.folder} are running already; see \`vermilion status\`, end them with \`vermilion stop\``,
    );
  }
  const members = new Map(
    consortium.members.map(({ id }) => {
      const { url } = readMemberConfig(options.data, id);
      const run = () => runChild({ ...options.command(id), compileCache: paths.compileCache }, paths.member(id).log);
      return [id, new SupervisedMember({ member: id, url, run, isHealthy: () => answersHealth(url), onChange: options.onChange })];
    }),
  );
  const ending = Promise.withResolvers<void>();
  let stopping: Promise<void> | undefined;
  const stopAll = () => {
    stopping ??= Promise.all([...members.values()].map((member) => member.stop())).then(() => undefined);
    return stopping;
  };
  let finishing: Promise<void> | undefined;
  const finish = () => {
    finishing ??= (async () => {
      await stopAll();
      await door.close();
      forgetSocketPlace(paths.folder, controlSocket);
      lock.release();
      ending.resolve();
    })();
    return finishing;
  };
  const readyTimeoutMs = options.readyTimeoutMs ?? 30_000;
  const door = await serveSocket(chooseSocketPlace(paths.folder, controlSocket), (request) =>
    control(request, members, readyTimeoutMs, stopAll, finish),
  );
  const supervisor: Supervisor = {
    status: () => [...members.values()].map((member) => member.status()),
    start: (member) => known(members, member).start(readyTimeoutMs),
    stop: (member) => known(members, member).stop(),
    shutdown: finish,
    kill: () => {
      for (const member of members.values()) member.kill();
    },
    ended: ending.promise,
  };
  if (options.signal?.aborted) await finish();
  options.signal?.addEventListener("abort", () => void finish(), { once: true });
  await startAll(members, readyTimeoutMs, finish);
  return supervisor;
}

async function startAll(
  members: ReadonlyMap<string, SupervisedMember>,
  readyTimeoutMs: number,
  finish: () => Promise<void>,
): Promise<void> {
  const answers = await Promise.all([...members].map(async ([id, member]) => ({ id, problem: await member.start(readyTimeoutMs) })));
  const failed = answers.find(({ problem }) => problem !== undefined);
  if (failed?.problem === undefined) return;
  await finish();
  const { code, names } = failed.problem;
  const known = startCodes.find((startCode) => startCode === code) ?? "member-not-ready";
  throw new Cannot(known, `${failed.id}：${names.zh}`, `${failed.id}: ${names.en}`);
}

/** Codes by which a member process says why it cannot start. */
const startCodes = [
  "port-taken",
  "keys-readable-by-others",
  "keys-unusable",
  "tls-unusable",
  "storage-layout-newer",
  "data-too-old",
  "storage-unusable",
  "already-running",
  "config-invalid",
  "not-founded",
] as const;

async function control(
  raw: unknown,
  members: ReadonlyMap<string, SupervisedMember>,
  readyTimeoutMs: number,
  stopAll: () => Promise<void>,
  finish: () => Promise<void>,
): Promise<SocketAnswer> {
  const parsed = controlRequest.safeParse(raw);
  if (!parsed.success) return { ok: false, code: "bad-request", detail: "not a command of this socket" };
  const request = parsed.data;
  switch (request.command) {
    case "status":
      return { ok: true, value: [...members.values()].map((member) => member.status()) };
    case "shutdown":
      await stopAll();
      // After the answer has been handed to the socket, which closes with the door.
      setImmediate(() => void finish());
      return { ok: true, value: "ended" };
    case "stop":
    case "start": {
      const member = members.get(request.member);
      if (member === undefined) return { ok: false, code: "unknown-member", detail: `no member "${request.member}"` };
      if (request.command === "stop") await member.stop();
      else {
        const problem = await member.start(readyTimeoutMs);
        if (problem !== undefined) return { ok: false, code: problem.code, detail: problem.names.en };
      }
      return { ok: true, value: member.status() };
    }
  }
}

function known(members: ReadonlyMap<string, SupervisedMember>, member: string): SupervisedMember {
  const found = members.get(member);
  if (found === undefined) throw new Cannot("unknown-member", `没有成员“${member}”`, `no member "${member}"`);
  return found;
}

async function answersHealth(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/v1/health`, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

/** Asks the supervisor of `data`. Undefined: none runs. */
export function askSupervisor(data: string, request: ControlRequest, timeoutMs: number): Promise<SocketAnswer | undefined> {
  return askSocket(findSocketPlace(dataPaths(data).folder, controlSocket), request, timeoutMs);
}

/** What the supervisor of `data` says of its members. Undefined: none runs. */
export async function supervisedStatus(data: string): Promise<readonly MemberStatus[] | undefined> {
  const answer = await askSupervisor(data, { command: "status" }, statusTimeoutMs);
  return answer?.ok === true ? (answer.value as readonly MemberStatus[]) : undefined;
}

/** Waits until a supervisor that was told to shut down has let go of `data`. False after `timeoutMs`. */
export async function supervisorGone(data: string, timeoutMs: number): Promise<boolean> {
  const until = Date.now() + timeoutMs;
  do {
    const lock = takeLock(dataPaths(data).supervisorLock);
    lock?.release();
    if (lock !== undefined) return true;
    await sleep(50);
  } while (Date.now() < until);
  return false;
}
