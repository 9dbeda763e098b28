import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, parse } from "node:path";
import { isJsonObject, type Json, type JsonObject, parseStrict, textOrUndefined } from "@vermilion/client/reading";
import { Failure } from "./output.ts";

/** Reads a whole file, or standard input for `-`. Failure with exit code 2 where it cannot be read or is over `bytesMax`. */
export async function readBytes(file: string, bytesMax: number): Promise<Uint8Array> {
  try {
    return file === "-" ? await collect(process.stdin, bytesMax, "standard input") : await readBounded(file, bytesMax);
  } catch (error) {
    throw error instanceof Failure ? error : unreadable(file, error);
  }
}

/** At most `bytesMax` bytes are ever read, whatever the file says of its size: pipes and devices say 0. */
async function readBounded(file: string, bytesMax: number): Promise<Uint8Array> {
  const handle = await open(file, "r");
  try {
    return await collect(handle.createReadStream({ end: bytesMax, autoClose: false }), bytesMax, file);
  } finally {
    await handle.close();
  }
}

async function collect(stream: AsyncIterable<Uint8Array>, bytesMax: number, name: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > bytesMax)
      throw new Failure("too-large", { zh: `${name} 超过 ${bytesMax} 字节`, en: `${name} is larger than ${bytesMax} bytes` }, 2);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

export function unreadable(file: string, cause: unknown): Failure {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const why: Readonly<Record<string, { zh: string; en: string }>> = {
    ENOENT: { zh: "不存在", en: "does not exist" },
    EISDIR: { zh: "是文件夹", en: "is a folder" },
    EACCES: { zh: "无权读取", en: "may not be read" },
  };
  const { zh, en } = why[code] ?? { zh: "无法读取", en: "cannot be read" };
  return new Failure("unreadable-file", { zh: `${file} ${zh}`, en: `${file} ${en}` }, 2, cause);
}

export async function readText(file: string, bytesMax: number): Promise<string> {
  const text = textOrUndefined(await readBytes(file, bytesMax));
  if (text === undefined) throw new Failure("invalid-utf8", { zh: `${file} 不是UTF-8文本`, en: `${file} is not UTF-8 text` }, 2);
  return text;
}

/** JSON as the ledger takes it: no duplicate keys, no floats, bounded depth. */
export async function readJson(file: string, bytesMax: number): Promise<Json> {
  const parsed = parseStrict(await readBytes(file, bytesMax), { bytesMax, depthMax: 16 });
  if (!("refused" in parsed)) return parsed.value;
  throw new Failure(
    parsed.refused,
    { zh: `${file} 不是可用的JSON：${parsed.detail}`, en: `${file} is no usable JSON: ${parsed.detail}` },
    2,
  );
}

/** SHA-256 (hex) of a regular file of any size. */
export async function hashFile(file: string): Promise<string> {
  try {
    const handle = await open(file, "r");
    try {
      if (!(await handle.stat()).isFile())
        throw new Failure("unreadable-file", { zh: `${file} 不是普通文件`, en: `${file} is no regular file` }, 2);
    } finally {
      await handle.close();
    }
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array);
    return hash.digest("hex");
  } catch (error) {
    throw error instanceof Failure ? error : unreadable(file, error);
  }
}

/** Writes a file whole or not at all. `secret` files are for their owner alone. */
export async function save(file: string, text: string, secret = false): Promise<void> {
  const folder = dirname(file);
  // A name that nobody can guess, and no file that is there already: in a folder of many, another one's file would take the secret.
  const beside = join(folder, `.${basename(file)}.${randomUUID()}`);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(beside, text, { mode: secret ? 0o600 : 0o644, flag: "wx" });
    await rename(beside, file);
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => undefined);
    throw new Failure("unwritable-file", { zh: `${file} 无法写入`, en: `${file} cannot be written` }, 2, cause);
  }
}

const fieldsBytesMax = 1024 * 1024;

/** The fields of a certificate or part: a JSON object in a file. */
export async function readFields(file: string): Promise<JsonObject> {
  const value = await readJson(file, fieldsBytesMax);
  if (isJsonObject(value)) return value;
  throw new Failure("not-an-object", { zh: `${file} 应为JSON对象`, en: `${file} must hold a JSON object` }, 2);
}

/** Where the entry of a receipt is kept: beside it, under the same name. */
export function entryBeside(receipt: string): string {
  const { dir, name } = parse(receipt);
  return join(dir, `${name}.entry.json`);
}

/** As `readBytes`; undefined where there is no such file. */
export async function readIfThere(file: string, bytesMax: number): Promise<Uint8Array | undefined> {
  try {
    await stat(file);
  } catch {
    return undefined;
  }
  return readBytes(file, bytesMax);
}

/** Whether a file is a regular one of at most `bytesMax`. */
export async function isSmall(file: string, bytesMax: number): Promise<boolean> {
  try {
    const facts = await stat(file);
    return facts.isFile() && facts.size <= bytesMax;
  } catch (error) {
    throw unreadable(file, error);
  }
}
