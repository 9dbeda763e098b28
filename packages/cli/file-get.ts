import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { OpenedFile } from "@vermilion/client";
import { Failure, type Io } from "./output.ts";

export interface SavedFile {
  readonly out: string;
  readonly file: string;
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: number;
  /** Of the file itself. */
  readonly sha256: string;
}

/** Writes chunk after chunk, each checked before it comes here, beside its place; only a whole file is moved there (0600). */
export async function getFile(opened: OpenedFile, out: string, io: Io): Promise<SavedFile> {
  const folder = dirname(out);
  const beside = join(folder, `.${basename(out)}.${randomUUID()}.part`);
  const progress = io.progress("fetching · 正在下载");
  try {
    const digest = createHash("sha256");
    let done = 0;
    await writing(out, () => mkdir(folder, { recursive: true }));
    const handle = await writing(out, () => open(beside, "wx", 0o600));
    try {
      for await (const chunk of opened) {
        digest.update(chunk);
        await writing(out, () => handle.writeFile(chunk));
        progress.update(`fetching · 正在下载 ${++done}/${opened.chunks}`);
      }
    } finally {
      await handle.close();
    }
    await writing(out, () => rename(beside, out));
    const { file, name, mediaType, bytes } = opened;
    return { out, file, name, mediaType, bytes, sha256: digest.digest("hex") };
  } finally {
    progress.done();
    await rm(beside, { force: true });
  }
}

async function writing<T>(out: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new Failure("unwritable-file", { zh: `${out} 无法写入`, en: `${out} cannot be written` }, 2, cause);
  }
}
