import type { FileChunks, FileLink, FilePlan, FileRow, FileUpload } from "./file-answers.ts";
import { getters, part } from "./getters.ts";
import type { CallOptions, Transport } from "./transport.ts";

/** The calls about files one by one; `putFile` and `readFile` are made of them. Each throws `ClientProblem`. */
export function fileCalls(transport: Transport) {
  const { own } = getters(transport);
  const at = (file: string) => `/v1/files/${part(file)}`;
  return {
    /** Opens an upload, or says how it stands. */
    beginFile: (file: string, plan: FilePlan, options?: CallOptions) =>
      transport.json<FileUpload>({ method: "PUT", path: at(file), body: plan, access: "app", ...options }),
    /** One encrypted chunk through the member's API. */
    sendChunk: (file: string, chunk: number, bytes: Uint8Array, options?: CallOptions) =>
      transport.json<{ readonly file: string; readonly chunk: number }>({
        method: "PUT",
        path: `${at(file)}/chunks/${chunk}`,
        bytes,
        access: "app",
        ...options,
      }),
    /** One encrypted chunk by a link of `beginFile`. */
    sendByLink: (link: FileLink, bytes: Uint8Array, options?: CallOptions) => transport.link({ ...link, bytes }, 65_536, options),
    /** One encrypted chunk by a link of `ownFile` or `grantedFile`; not checked yet. At most `bytesMax` bytes are taken. */
    fetchByLink: (link: FileLink, bytesMax: number, options?: CallOptions) => transport.link(link, bytesMax, options),
    abandonFile: (file: string, options?: CallOptions) =>
      transport.json<{ readonly file: string }>({ method: "DELETE", path: at(file), access: "app", ...options }),
    file: (file: string, options?: CallOptions) => own<FileRow>(at(file), {}, options),
    /** Hashes and links of a file of the app's own member, from chunk `from` on. */
    ownFile: (file: string, from: number, options?: CallOptions) => own<FileChunks>(`${at(file)}/chunks`, { from }, options),
    /** Hashes and links of the file that a granted field names. */
    grantedFile: (request: string, field: string, from: number, options?: CallOptions) =>
      own<FileChunks & { readonly reference: string }>(`/v1/requests/${part(request)}/files/${part(field)}`, { from }, options),
  };
}
