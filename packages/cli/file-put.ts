import { open, rm } from "node:fs/promises";
import { basename, extname } from "node:path";
import type { Client, FileSource, StoredFile, UploadState } from "@vermilion/client";
import { isJsonObject } from "@vermilion/client/reading";
import { readIfThere, readJson, save, unreadable } from "./files.ts";
import { Failure, type Io } from "./output.ts";

const stateBytesMax = 256 * 1024;

/** Endings that agencies' files have; everything else is told by `--media-type`, or is bytes. */
const mediaTypes: Readonly<Record<string, string>> = {
  ".csv": "text/csv",
  ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".json": "application/json",
  ".ofd": "application/ofd",
  ".pdf": "application/pdf",
  ".png": "image/png",
  ".tif": "image/tiff",
  ".tiff": "image/tiff",
  ".txt": "text/plain",
  ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  ".xml": "application/xml",
  ".zip": "application/zip",
};

/** Where an upload's state is kept: beside the file, so that it is found again. It holds the file's key. */
export function stateBeside(path: string): string {
  return `${path}.vermilion-upload`;
}

/** Sends a file, or goes on with it where an earlier call was cut off. Failure with exit code 2 where the file cannot be read. */
export async function putFileOf(
  client: Client,
  path: string,
  options: { readonly name?: string; readonly mediaType?: string },
  io: Io,
): Promise<StoredFile> {
  const beside = stateBeside(path);
  const { source, close } = await openSource(path);
  const progress = io.progress("encrypting · 正在加密");
  try {
    const resume = await readState(beside);
    if (resume !== undefined) io.note(`going on with ${beside} · 继续上次的上传`);
    const words = { hashing: "encrypting · 正在加密", sending: "sending · 正在上传" };
    const stored = await client.putFile(source, {
      name: options.name ?? basename(path),
      mediaType: options.mediaType ?? mediaTypes[extname(path).toLowerCase()] ?? "application/octet-stream",
      ...(resume === undefined ? {} : { resume }),
      onState: (state) => save(beside, `${JSON.stringify(state)}\n`, true),
      onProgress: ({ phase, done, chunks }) => progress.update(`${words[phase]} ${done}/${chunks}`),
    });
    await rm(beside, { force: true });
    return stored;
  } finally {
    progress.done();
    await close();
  }
}

async function openSource(path: string): Promise<{ readonly source: FileSource; close(): Promise<void> }> {
  const handle = await open(path, "r").catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  const facts = await handle.stat();
  if (!facts.isFile()) {
    await handle.close();
    throw new Failure("unreadable-file", { zh: `${path} 不是普通文件`, en: `${path} is no regular file` }, 2);
  }
  const source = {
    size: facts.size,
    async read(start: number, end: number): Promise<Uint8Array> {
      const bytes = new Uint8Array(end - start);
      let length = 0;
      while (length < bytes.length) {
        const { bytesRead } = await handle.read(bytes, length, bytes.length - length, start + length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      return bytes.subarray(0, length);
    },
  };
  return { source, close: () => handle.close() };
}

/** The state of an upload that was cut off; Failure with exit code 2 where the file there is none of ours. */
async function readState(path: string): Promise<UploadState | undefined> {
  if ((await readIfThere(path, stateBytesMax)) === undefined) return undefined;
  const value = await readJson(path, stateBytesMax);
  const texts = ["name", "mediaType", "key", "file", "plain"];
  if (
    isJsonObject(value) &&
    value["version"] === 1 &&
    Array.isArray(value["chunks"]) &&
    texts.every((name) => typeof value[name] === "string")
  )
    return value as unknown as UploadState;
  throw new Failure(
    "malformed-upload-state",
    { zh: `${path} 不是上传状态；删除后可重新上传`, en: `${path} is no state of an upload; remove it to begin anew` },
    2,
  );
}
