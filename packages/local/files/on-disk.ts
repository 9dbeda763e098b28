import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { chunkPlace, fileChunkBytes } from "@vermilion/certificates";
import { type FileRegistration, registrationWith, sameRegistration } from "@vermilion/member/ports/file-registration";
import type { FilePlan, FileState, Files } from "@vermilion/member/ports/index";
import { checkAppId, checkFilePlan } from "@vermilion/member/ports/limits";
import { Fault } from "@vermilion/node/fault";
import { checkHash } from "@vermilion/node/ports/limits";

/** The calls by which the adapter changes a disk, so that a test can make them fail. */
export interface Disk {
  readonly open: typeof open;
  readonly rename: typeof rename;
  readonly mkdir: typeof mkdir;
  readonly rm: typeof rm;
}

const chunkName = /^([0-9]{4})\.chunk$/;

/**
 * `Files` in a folder of the member for one chain, owner-only: `<ab>/<root>/` holds `plan.json`, a file a chunk (`0000.chunk` …) and, once all
 * are there, the empty file `complete`, and `registration.json` from when it may come onto the ledger; `uploads/<app>/<root>` marks an open
 * upload. Each is written beside its place, synced and moved there, so that what has its name is whole. All chunks come and go through the
 * member's API.
 */
export function diskFiles(folder: string, disk: Disk = { open, rename, mkdir, rm }): Files {
  const at = new FileFolder(folder, disk);
  return guarded({ apiChunkBytesMax: fileChunkBytes, hasLinks: false, state: (file) => at.state(file), ...uploads(at), ...chunks(at) });
}

class FileFolder {
  readonly folder: string;
  readonly disk: Disk;
  readonly inTurn = oneAfterAnother();

  constructor(folder: string, disk: Disk) {
    this.folder = folder;
    this.disk = disk;
  }

  home(file: string): string {
    return join(this.folder, file.slice(0, 2), file);
  }

  plan(file: string): string {
    return join(this.home(file), "plan.json");
  }

  complete(file: string): string {
    return join(this.home(file), "complete");
  }

  registration(file: string): string {
    return join(this.home(file), "registration.json");
  }

  chunk(file: string, index: number): string {
    return join(this.home(file), `${String(index).padStart(4, "0")}.chunk`);
  }

  marks(app: string): string {
    return join(this.folder, "uploads", app);
  }

  mark(app: string, file: string): string {
    return join(this.marks(app), file);
  }

  async state(file: string): Promise<FileState | undefined> {
    checkHash(file);
    const text = await readIfThere(this.plan(file));
    if (text === undefined) return undefined;
    const plan = JSON.parse(text.toString("utf8")) as FilePlan;
    const names = await readdir(this.home(file));
    const noted = names.includes("registration.json") ? await readIfThere(this.registration(file)) : undefined;
    const about = noted === undefined ? plan : { ...plan, registration: JSON.parse(noted.toString("utf8")) as FileRegistration };
    if (names.includes("complete")) return { ...about, complete: true, present: plan.chunks.map((_, index) => index) };
    const numbers = names.flatMap((name) => chunkName.exec(name)?.[1] ?? []).map(Number);
    const sizes = await Promise.all(numbers.map(async (index) => (await stat(this.chunk(file, index))).size));
    const present = numbers.filter((index, n) => sizes[n] === chunkPlace(plan.size, index).length);
    return { ...about, complete: false, present: present.sort((one, other) => one - other) };
  }
}

function uploads(at: FileFolder): Pick<Files, "begin" | "openUploads" | "complete" | "register" | "abandon"> {
  const { disk, inTurn } = at;
  return {
    begin: (plan) =>
      inTurn(async () => {
        checkFilePlan(plan);
        if ((await at.state(plan.file)) !== undefined) return "known";
        // The mark first: an upload that is not counted must not exist.
        await writeWhole(disk, at.mark(plan.app, plan.file), new Uint8Array());
        await writeWhole(disk, at.plan(plan.file), Buffer.from(JSON.stringify(plan)));
        return "begun";
      }),

    async openUploads(app) {
      checkAppId(app);
      // A mark outlives its upload where a process died between the two; then it counts for nothing.
      const states = await Promise.all((await namesIn(at.marks(app))).map((file) => at.state(file)));
      return states.filter((state) => state?.complete === false).length;
    },

    async complete(file) {
      const state = await at.state(file);
      if (state === undefined) return "unknown-upload";
      const present = new Set(state.present);
      const missing = state.chunks.map((_, index) => index).filter((index) => !present.has(index));
      if (missing.length > 0) return { missing };
      // Written again where it is there: then the folder is synced again too, and what was acknowledged is durable.
      await writeWhole(disk, at.complete(file), new Uint8Array());
      await disk.rm(at.mark(state.app, file), { force: true });
      return "complete";
    },

    register: (file, entry) =>
      inTurn(async () => {
        const state = await at.state(file);
        if (state === undefined) return "unknown-upload";
        await writeWhole(disk, at.registration(file), Buffer.from(JSON.stringify(registrationWith(state.registration, entry))));
        return "noted";
      }),

    abandon: (file, registration) =>
      inTurn(async () => {
        const state = await at.state(file);
        if (state === undefined) return "abandoned";
        if (!sameRegistration(state.registration, registration)) return "registering";
        await disk.rm(at.mark(state.app, file), { force: true });
        // First: cut off after it, this is an upload with chunks missing, and never a whole file without them.
        await disk.rm(at.complete(file), { force: true });
        await disk.rm(at.home(file), { recursive: true, force: true });
        return "abandoned";
      }),
  };
}

function chunks(at: FileFolder): Pick<Files, "writeChunk" | "readChunk" | "sendLinks" | "readLinks"> {
  return {
    async writeChunk(file, index, bytes) {
      const state = await at.state(file);
      if (state === undefined) return "unknown-upload";
      if (!state.present.includes(index)) await writeWhole(at.disk, at.chunk(file, index), bytes);
      return "written";
    },

    async readChunk(file, index) {
      const state = await at.state(file);
      return state?.complete === true && index < state.chunks.length ? readIfThere(at.chunk(file, index)) : undefined;
    },

    sendLinks: async () => undefined,
    readLinks: async () => undefined,
  };
}

/** Runs what is given in its order, each when the one before has ended: a folder has one member, and a member one process. */
function oneAfterAnother(): <Answer>(work: () => Promise<Answer>) => Promise<Answer> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const answer = last.then(work);
    last = answer.catch(() => undefined);
    return answer;
  };
}

/** Writes a whole file or nothing, durable on return. */
async function writeWhole(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const place = dirname(path);
  await disk.mkdir(place, { recursive: true, mode: 0o700 });
  const beside = join(place, `.${randomUUID()}.part`);
  try {
    const file = await disk.open(beside, "wx", 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await disk.rename(beside, path);
  } catch (cause) {
    await disk.rm(beside, { force: true }).catch(() => undefined);
    throw cause;
  }
  // The names of the file and of the folders that may be new above it.
  for (const each of [place, dirname(place), dirname(dirname(place))]) await syncFolder(disk, each);
}

async function syncFolder(disk: Disk, path: string): Promise<void> {
  const folder = await disk.open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (cause) {
    if (codeOf(cause) === "ENOENT") return undefined;
    throw cause;
  }
}

async function namesIn(path: string): Promise<readonly string[]> {
  try {
    return (await readdir(path)).filter((name) => !name.startsWith("."));
  } catch (cause) {
    if (codeOf(cause) === "ENOENT") return [];
    throw cause;
  }
}

function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
}

const fullCodes: readonly string[] = ["ENOSPC", "EDQUOT", "EFBIG"];
const readOnlyCodes: readonly string[] = ["EROFS", "EACCES", "EPERM"];

/** What the system says of a failed call, as a `Fault`; a bug of ours as it is. */
function asFault(cause: unknown): unknown {
  const code = codeOf(cause);
  if (code === undefined || cause instanceof Fault) return cause;
  if (fullCodes.includes(code)) return new Fault("storage-full", `files: ${code}`, cause);
  if (readOnlyCodes.includes(code)) return new Fault("storage-read-only", `files: ${code}`, cause);
  return new Fault("storage-failed", `files: ${code}`, cause);
}

function guarded(files: Files): Files {
  const guard =
    <Given extends unknown[], Answer>(call: (...given: Given) => Promise<Answer>) =>
    async (...given: Given): Promise<Answer> => {
      try {
        return await call(...given);
      } catch (cause) {
        throw asFault(cause);
      }
    };
  return {
    apiChunkBytesMax: files.apiChunkBytesMax,
    hasLinks: files.hasLinks,
    state: guard(files.state),
    begin: guard(files.begin),
    openUploads: guard(files.openUploads),
    writeChunk: guard(files.writeChunk),
    sendLinks: guard(files.sendLinks),
    complete: guard(files.complete),
    register: guard(files.register),
    abandon: guard(files.abandon),
    readChunk: guard(files.readChunk),
    readLinks: guard(files.readLinks),
  };
}
