import { fileChunksMax } from "@vermilion/certificates";
import { toBase64url } from "@vermilion/ledger";
import { bytes, count, encodeJson, hex, parseJson } from "@vermilion/node/peers/wire";
import * as z from "zod";
import type { FileChunks } from "../services.ts";

/** What agencies ask each other for beside the chain: key files of grants, and files that a granted field names. */

const attachmentCall = z.strictObject({ sha256: hex, grant: z.string().max(128) });
const attachmentAnswer = z.strictObject({ bytes });
const chunkNumber = z.int().min(0).max(fileChunksMax);
const fileCall = z.strictObject({
  request: z.string().max(128),
  field: z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,63}$/),
  from: chunkNumber,
});
/** A header that a link asks for: what S3 signs, and nothing that a browser or a proxy would act on. */
const linkHeaders = z.record(
  z.string().regex(/^(?:range|x-amz-[a-z0-9-]{1,64})$/),
  z
    .string()
    .max(1_024)
    .regex(/^[ -~]*$/),
);
const fileLink = z.strictObject({
  chunk: chunkNumber,
  url: z
    .string()
    .max(8_192)
    .regex(/^https?:\/\/[!-~]+$/),
  headers: linkHeaders.refine((headers) => Object.keys(headers).length <= 8),
  until: count,
});
const fileAnswer = z.strictObject({ hashes: z.array(hex).min(1).max(fileChunksMax), links: z.array(fileLink).min(1).max(64) });

/** `grant`: the request whose committed grant names the attachment. */
export const encodeAttachmentCall = (sha256: string, grant: string): Uint8Array => encodeJson({ sha256, grant });
export const parseAttachmentCall = (given: Uint8Array): { readonly sha256: string; readonly grant: string } =>
  parseJson(given, attachmentCall);
export const encodeAttachmentAnswer = (given: Uint8Array): Uint8Array => encodeJson({ bytes: toBase64url(given) });
export const parseAttachmentAnswer = (given: Uint8Array): Uint8Array => parseJson(given, attachmentAnswer).bytes;
/** `field` of the record that the granted request names; links from chunk `from` on. */
export const encodeFileCall = (call: z.output<typeof fileCall>): Uint8Array => encodeJson(call);
export const parseFileCall = (given: Uint8Array): z.output<typeof fileCall> => parseJson(given, fileCall);
export const encodeFileAnswer = ({ hashes, links }: Pick<FileChunks, "hashes" | "links">): Uint8Array => encodeJson({ hashes, links });
export const parseFileAnswer = (given: Uint8Array): z.output<typeof fileAnswer> => parseJson(given, fileAnswer);
