import type { Files } from "@vermilion/member/ports/index";

const absent = (): Promise<never> => Promise.reject(new Error("bug: this function was not given files"));

/** For functions that hold no files. Chunks go by links of S3 on this platform, so that the API's own route gives none. */
export const noFiles: Files = {
  apiChunkBytesMax: 0,
  hasLinks: true,
  state: absent,
  begin: absent,
  openUploads: absent,
  writeChunk: absent,
  sendLinks: absent,
  complete: absent,
  register: absent,
  abandon: absent,
  readChunk: absent,
  readLinks: absent,
};
