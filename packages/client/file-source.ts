/** Where a file is read from, piece by piece: a `Blob` of a page, or whatever can give a range of bytes. `end` is exclusive. */
export type FileSource = Blob | { readonly size: number; read(start: number, end: number): Promise<Uint8Array> };

export async function readSource(source: FileSource, start: number, end: number): Promise<Uint8Array> {
  return "read" in source ? source.read(start, end) : new Uint8Array(await source.slice(start, end).arrayBuffer());
}

/** Runs `count` jobs, `width` at a time, in order of their start; the first failure is the answer, and no job is begun after it. */
export async function eachOf(count: number, width: number, job: (at: number) => Promise<void>): Promise<void> {
  let next = 0;
  let failed = false;
  const work = async (): Promise<void> => {
    while (next < count && !failed) {
      try {
        await job(next++);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, work));
}
