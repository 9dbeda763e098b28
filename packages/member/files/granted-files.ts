import { chunksOfSize, fileChunkBytes, fileRoot, parseFileReference } from "@vermilion/certificates";
import { stateKeys } from "@vermilion/contracts";
import type { Context } from "../context.ts";
import { encodeFileCall, parseFileAnswer } from "../peers/wire.ts";
import { readGranted } from "../requests/fields.ts";
import type { Caller, FileChunks, Refused } from "../services.ts";
import { readRow } from "../state/reader.ts";
import { checkReference } from "./file-fields.ts";
import { isLinkOf } from "./file-links.ts";

const askTimeoutMs = 10_000;

/**
 * The reader's side of a granted file. The field is opened here as any other; its owner is asked for hashes and links, and what he
 * answers is handed on only where the hashes give the root that stands on the ledger. The chunks themselves go from the owner to the app.
 */
export async function grantedFile(
  context: Context,
  id: string,
  field: string,
  from: number,
  caller: Caller,
  options: { readonly waitMs: number },
): Promise<(FileChunks & { readonly reference: string }) | Refused> {
  const row = await readRow(context, stateKeys.request(id));
  if (row === undefined) return { refused: "unknown-request", detail: id };
  if (!row.fields.includes(field)) return { refused: "field-not-granted", detail: "the request does not have this field" };
  const disclosed = await readGranted(context, id, caller, options);
  if ("refused" in disclosed) return disclosed;
  const value = disclosed.fields[field];
  const reference = typeof value === "string" ? parseFileReference(value) : undefined;
  if (typeof value !== "string" || reference === undefined || "refused" in reference)
    return { refused: "not-a-file-field", detail: "the field holds no file" };
  const wrong = await checkReference(context, reference, row.owner);
  if (wrong !== undefined) return wrong;
  if (from >= (chunksOfSize(reference.size) ?? 0)) return { refused: "unknown-chunk", detail: "the file has fewer chunks" };
  const answer = parseFileAnswer(await context.peers.call(row.owner, "file", encodeFileCall({ request: id, field, from }), askTimeoutMs));
  if (answer.hashes.length !== chunksOfSize(reference.size) || fileRoot(answer.hashes, context.crypto) !== reference.file)
    return { refused: "file-answer-wrong", detail: "the owner's hashes do not give the root that stands on the ledger" };
  const owner = await readRow(context, stateKeys.member(row.owner));
  if (answer.links.some(({ chunk, url }, at) => chunk !== from + at || !isLinkOf(owner?.url ?? "", url)))
    return { refused: "file-answer-wrong", detail: "the owner's links are not to the chunks that were asked for" };
  context.log.info("file-read", { request: id, field, file: reference.file, from, ...caller });
  return { file: reference.file, size: reference.size, chunkBytes: fileChunkBytes, ...answer, reference: value };
}
