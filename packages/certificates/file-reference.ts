import { fromBase64url, toBase64url } from "@vermilion/ledger";
import { hasBadCharacter } from "./characters.ts";
import { chunksOfSize, fileKeyBytes } from "./file-format.ts";
import { type Refusal, refusal } from "./refusal.ts";

/**
 * What a field of format `file` holds: which file it is, how it is opened, and what it is called. The field is encrypted like any other,
 * so the key of a file is given to whom the field is granted, and leaves its trace there.
 */
export interface FileReference {
  /** Root of the encrypted chunks, hex. */
  readonly file: string;
  /** Bytes of the encrypted file. */
  readonly size: number;
  /** `type/subtype` in lower case, without parameters (RFC 6838 section 4.2). */
  readonly mediaType: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** As it is to be saved: no path. */
  readonly name: string;
}

const label = "vermilion-file/1";
/** RFC 6838 section 4.2, in lower case: restricted names of at most 63 characters here. */
const mediaTypeForm = "[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}";
const MEDIA_TYPE = new RegExp(`^${mediaTypeForm}$`);
const REFERENCE = new RegExp(`^${label} ([0-9a-f]{64}) ([1-9][0-9]{0,9}) (${mediaTypeForm}) ([A-Za-z0-9_-]{43}) (.+)$`, "u");
const nameLengthMax = 200;
/** Longest text of a reference, in characters. */
export const fileReferenceLengthMax = 480;

export function isMediaType(text: string): boolean {
  return MEDIA_TYPE.test(text);
}

/** A name that means the same on every system: 1 to 200 characters, none of a path or a control, no blank at its ends. */
export function isFileName(name: string): boolean {
  if (name.length > 2 * nameLengthMax || [...name].length > nameLengthMax || hasBadCharacter(name)) return false;
  return name !== "" && name.trim() === name && !/[\\/\p{Cc}\u2028\u2029]/u.test(name) && name !== "." && name !== "..";
}

/** The one text of a reference: `vermilion-file/1 <root> <size> <media type> <key, base64url> <name>`. */
export function formatFileReference(reference: FileReference): string {
  const { file, size, mediaType, key, name } = reference;
  return `${label} ${file} ${size} ${mediaType} ${toBase64url(key)} ${name}`;
}

/** A value of a field of format `file`. */
export function parseFileReference(text: string): FileReference | Refusal<"bad-format"> {
  const bad = refusal(
    "bad-format",
    "应为文件引用（vermilion file put 给出）",
    "must be a reference to a file, as `vermilion file put` gives it",
  );
  if (text.length > 2 * fileReferenceLengthMax) return bad;
  const [, file = "", digits = "", mediaType = "", keyText = "", name = ""] = REFERENCE.exec(text) ?? [];
  const key = fromBase64url(keyText);
  const size = Number(digits);
  if (key?.length !== fileKeyBytes || chunksOfSize(size) === undefined || !isFileName(name)) return bad;
  return { file, size, mediaType, key, name };
}
