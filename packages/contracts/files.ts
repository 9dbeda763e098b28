import { chunksOfSize, fileChunkBytes, fileChunksMax, fileSizeMax, isMediaType } from "@vermilion/certificates";
import * as z from "zod";
import { sha256Hex } from "./operation/arguments.ts";
import { operation } from "./operation/operation.ts";
import { refuse } from "./operation/refusals.ts";
import { stateKeys } from "./state/keys.ts";

const schema = z.strictObject({
  /** Form of this header; another form is another version of the operation. */
  version: z.literal(1),
  /** Root of the encrypted chunks (`vermilion-file/1`), hex. */
  file: sha256Hex,
  hashAlgorithm: z.literal("sha256"),
  dataType: z.string().refine(isMediaType),
  size: z.int().min(1).max(fileSizeMax),
  chunks: z.int().min(1).max(fileChunksMax),
  chunkBytes: z.literal(fileChunkBytes),
  /** SHA-256 of the file before its encryption: the registering member's word, for nobody else can look. */
  plain: sha256Hex,
});

/**
 * A member says that it has a file with this root (mission C6: header and integrity hash of a digital asset). Who may read it is no matter
 * of this contract: a certificate's field names the file and brings its key, and is granted like any field.
 */
const register = operation({
  contract: "files",
  operation: "register",
  version: 1,
  schema,
  authors: ["member"],
  subjects: ({ file }) => [{ kind: "file", id: file }],
  counts: {},
  reads: (given) => [stateKeys.file(given.file)],
  apply: ({ view, block, entry, author }, given) => {
    if (view.get(stateKeys.file(given.file)) !== undefined) return refuse("file-exists");
    if (chunksOfSize(given.size) !== given.chunks) return refuse("file-size-does-not-match");
    view.put(stateKeys.fileOfContent(given.plain, block.height, given.file), {});
    view.put(stateKeys.file(given.file), {
      ...given,
      owner: author.id,
      transaction: entry.transactionHash,
      height: block.height,
      at: block.time,
    });
    return undefined;
  },
});

export const fileOperations = [register] as const;
