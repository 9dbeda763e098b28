import { timingSafeEqual } from "node:crypto";
import { fileChunkBytes } from "@vermilion/certificates";
import { stateKeys } from "@vermilion/contracts";
import { fromBase64url, toBase64url, utf8 } from "@vermilion/ledger";
import { onChain } from "@vermilion/protocol";
import type { Context } from "../context.ts";
import { memberSecret } from "../entries/member-secret.ts";
import type { FileState } from "../ports/index.ts";
import type { FileChunks, FileLink, Refused } from "../services.ts";
import { readRow } from "../state/reader.ts";

/** How long a link gives its chunk, ms. Longer than a slow line takes for those of one answer; who is slower asks again. */
export const fileLinkLifeMs = 15 * 60_000;
/** Links of one answer. */
export const fileLinksMax = 32;

const tokenForm = /^([0-9a-f]{64})\.(0|[1-9][0-9]{0,3})\.([1-9][0-9]{0,15})\.([A-Za-z0-9_-]{43})$/;

/** Hashes and links of a complete file that is kept here. */
export async function fileChunks(context: Context, root: string, from: number): Promise<FileChunks | Refused> {
  const state = await context.files.state(root);
  if (state?.complete !== true) return { refused: "file-not-here", detail: "the chunks of this file are not here" };
  if (from >= state.chunks.length) return { refused: "unknown-chunk", detail: `the file has ${state.chunks.length} chunks` };
  const links = await readLinks(context, state, from);
  return { file: root, size: state.size, chunkBytes: fileChunkBytes, hashes: state.chunks, links };
}

/** Links to up to `fileLinksMax` chunks of a complete file, from chunk `from` on: the platform's own, or capabilities of this member's API. */
async function readLinks(context: Context, { file, chunks }: FileState, from: number): Promise<readonly FileLink[]> {
  const until = context.clock.now() + fileLinkLifeMs;
  const last = Math.min(chunks.length, from + fileLinksMax);
  const numbers = Array.from({ length: last - from }, (_, at) => from + at);
  const given = await context.files.readLinks(file, numbers, until);
  const links: FileLink[] = [];
  for (const [at, chunk] of numbers.entries())
    links.push({ chunk, until, ...(given?.[at] ?? { url: await capability(context, file, chunk, until), headers: {} }) });
  return links;
}

/**
 * Whether a reader may be sent to `url` by an owner at `ownerUrl`: who is reached over TLS names no address that is reached without. A
 * reader's computer stands where the owner does not, and plain HTTP is what answers there to whoever asks.
 */
export function isLinkOf(ownerUrl: string, url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, username, password } = new URL(url);
  if (username !== "" || password !== "") return false;
  return protocol === "https:" || (protocol === "http:" && ownerUrl.startsWith("http:"));
}

async function capability(context: Context, file: string, chunk: number, until: number): Promise<string> {
  const self = await readRow(context, stateKeys.member(context.member));
  if (self === undefined) throw new Error("bug: this member has no row");
  const token = [file, chunk, until, toBase64url(await macOf(context, file, chunk, until))].join(".");
  return `${self.url}${onChain(`/v1/file-chunks/${token}`, context.chain)}`;
}

/** Which chunk a token of this member gives now; undefined for a foreign, altered or old one, and nothing says which of them it was. */
export async function openToken(context: Context, token: string): Promise<{ readonly file: string; readonly chunk: number } | undefined> {
  const [, file = "", chunkText = "", untilText = "", macText = ""] = tokenForm.exec(token) ?? [];
  const mac = fromBase64url(macText);
  const [chunk, until] = [Number(chunkText), Number(untilText)];
  if (mac?.length !== 32 || !timingSafeEqual(mac, await macOf(context, file, chunk, until))) return undefined;
  return until >= context.clock.now() ? { file, chunk } : undefined;
}

async function macOf(context: Context, file: string, chunk: number, until: number): Promise<Uint8Array> {
  const secret = await memberSecret(context, "file-links");
  return context.crypto.hmacSha256(secret, utf8(`vermilion-file-link/v1\n${file}\n${chunk}\n${until}`));
}
