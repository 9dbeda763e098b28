import type { FileChunks, FileLink } from "./answers.ts";
import type { Calls } from "./calls.ts";
import { type OpenedFile, openFile, type ReadFileOptions, readReference } from "./file-download.ts";
import type { FileSource } from "./file-source.ts";
import { type PutFileOptions, putFile, type StoredFile } from "./file-upload.ts";
import type { CallOptions } from "./options.ts";
import type { Transport } from "./transport.ts";

/** Chunks that go past the member's API, by links of its answers; an answer longer than asked for is none. */
export function linkCalls(transport: Transport) {
  return {
    /** One encrypted chunk by a link of `beginFile`. */
    sendByLink: (link: FileLink, bytes: Uint8Array, options?: CallOptions) => transport.link({ ...link, bytes }, 65_536, options),
    /** One encrypted chunk by a link of `ownFile` or `grantedFile`; not checked yet. At most `bytesMax` bytes are taken. */
    fetchByLink: (link: FileLink, bytesMax: number, options?: CallOptions) => transport.link(link, bytesMax, options),
  };
}

/** Whole files: encrypted before they leave this computer, checked and decrypted after they come back. Each throws `ClientProblem`. */
export function files(calls: Calls & ReturnType<typeof linkCalls>) {
  return {
    /** Sends a file of up to 5 GiB to the app's member and puts it on the ledger; `value` of the answer goes into a field of format `file`. */
    putFile: (source: FileSource, options: PutFileOptions): Promise<StoredFile> => putFile(calls, source, options),

    /** The file that a field of a granted request names. */
    async readFile(call: { readonly request: string; readonly field: string }, options: ReadFileOptions = {}): Promise<OpenedFile> {
      const ask = (from: number) => calls.grantedFile({ ...call, from }, signalOf(options));
      const first = await ask(0);
      return openFile(calls, first.reference, ask, first, options);
    },

    /** A file of the app's own member, by the value of its field. */
    async readOwnFile(value: string, options: ReadFileOptions = {}): Promise<OpenedFile> {
      const { file } = readReference(value);
      const ask = (from: number): Promise<FileChunks> => calls.ownFile({ file, from }, signalOf(options));
      return openFile(calls, value, ask, await ask(0), options);
    },
  };
}

function signalOf({ signal }: ReadFileOptions): CallOptions {
  return signal === undefined ? {} : { signal };
}
