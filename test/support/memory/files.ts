import { chunkPlace, fileChunkBytes } from "@vermilion/certificates";
import type { FilePlan, FileState, Files } from "@vermilion/member/ports/index";
import { checkFilePlan, checkHash } from "@vermilion/member/ports/limits";
import { chunked, joined, pack, queryAll, removeAll, unpack, writeEach } from "./items.ts";
import { type MemoryTable, memoryTable } from "./table.ts";

interface Stored extends FilePlan {
  readonly complete: boolean;
}

/** Items of a chunk: 24 for a whole one, and the bytes of a part of it are never taken for it, because the mark is written last. */
export function memoryFiles(table: MemoryTable = memoryTable()): Files {
  const partition = (file: string) => `file/${file}`;
  const planKey = (file: string) => ({ partition: partition(file), sort: "plan" });
  const uploadKey = (app: string, file: string) => ({ partition: `file-upload/${app}`, sort: file });

  async function stateOf(file: string): Promise<FileState | undefined> {
    checkHash(file);
    const item = await table.get(planKey(file));
    if (item === undefined) return undefined;
    const stored = unpack<Stored>(item);
    const marks = await queryAll(table, `${partition(file)}/present`, {});
    return { ...stored, present: marks.map(({ sort }) => Number(sort)) };
  }

  return {
    apiChunkBytesMax: fileChunkBytes,
    state: stateOf,

    async begin(plan) {
      checkFilePlan(plan);
      if ((await stateOf(plan.file)) !== undefined) return;
      await table.transact([
        { put: { ...planKey(plan.file), bytes: pack({ ...plan, complete: false }) }, condition: "absent" },
        { put: { ...uploadKey(plan.app, plan.file), bytes: new Uint8Array() } },
      ]);
    },

    openUploads: async (app) => (await queryAll(table, `file-upload/${app}`, {})).length,

    async writeChunk(file, index, bytes) {
      const state = await stateOf(file);
      if (state === undefined) return "unknown-upload";
      if (state.complete) return "written";
      const puts = chunked(`${partition(file)}/${index}`, "chunk", bytes).map((put) => ({ put }));
      const mark = { put: { partition: `${partition(file)}/present`, sort: String(index).padStart(4, "0"), bytes: pack(puts.length) } };
      await writeEach(table, puts);
      await writeEach(table, [mark]);
      return "written";
    },

    sendLink: async () => undefined,

    async complete(file) {
      const state = await stateOf(file);
      if (state === undefined) return "unknown-upload";
      const missing = state.chunks.map((_, index) => index).filter((index) => !state.present.includes(index));
      if (missing.length > 0) return { missing };
      const { present: _present, ...plan } = state;
      await table.transact([
        { put: { ...planKey(file), bytes: pack({ ...plan, complete: true }) } },
        { remove: uploadKey(state.app, file) },
      ]);
      return "complete";
    },

    async abandon(file) {
      const state = await stateOf(file);
      if (state === undefined) return;
      await writeEach(table, [{ remove: planKey(file) }, { remove: uploadKey(state.app, file) }]);
      await removeAll(table, `${partition(file)}/present`);
      for (const index of state.chunks.keys()) await removeAll(table, `${partition(file)}/${index}`);
    },

    async readChunk(file, index) {
      const state = await stateOf(file);
      if (state?.complete !== true || !state.present.includes(index)) return undefined;
      const count = Math.ceil(chunkPlace(state.size, index).length / (350 * 1024));
      return joined(table, `${partition(file)}/${index}`, "chunk", count);
    },

    readLink: async () => undefined,
  };
}
