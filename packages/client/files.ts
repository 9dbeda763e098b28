import { type OpenedFile, openFile, type ReadFileOptions, readReference } from "./file-download.ts";
import type { FileSource } from "./file-source.ts";
import { type FileCalls, type PutFileOptions, putFile, type StoredFile } from "./file-upload.ts";

/** Whole files: encrypted before they leave this computer, checked and decrypted after they come back. Each throws `ClientProblem`. */
export function files(calls: FileCalls) {
  return {
    /** Sends a file of up to 5 GiB to the app's member and puts it on the ledger; `value` of the answer goes into a field of format `file`. */
    putFile: (source: FileSource, options: PutFileOptions): Promise<StoredFile> => putFile(calls, source, options),

    /** The file that a field of a granted request names. */
    async readFile(request: string, field: string, options: ReadFileOptions = {}): Promise<OpenedFile> {
      const ask = (from: number) => calls.grantedFile(request, field, from, signalOf(options));
      const first = await ask(0);
      return openFile(calls, first.reference, ask, first, options);
    },

    /** A file of the app's own member, by the value of its field. */
    async readOwnFile(value: string, options: ReadFileOptions = {}): Promise<OpenedFile> {
      const { file } = readReference(value);
      const ask = (from: number) => calls.ownFile(file, from, signalOf(options));
      return openFile(calls, value, ask, await ask(0), options);
    },
  };
}

function signalOf({ signal }: ReadFileOptions): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
