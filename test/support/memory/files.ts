import { blobOf, contentOf } from "@vermilion/aws/dynamodb/blob";
import { pack, queryAll, removeAll, unpack, writeAll } from "@vermilion/aws/dynamodb/items";
import { fileChunkBytes } from "@vermilion/certificates";
import type { FilePlan, FileState, Files } from "@vermilion/member/ports/index";
import { checkFilePlan, checkHash } from "@vermilion/member/ports/limits";
import { memoryTable } from "./table.ts";

interface Stored extends FilePlan {
  readonly complete: boolean;
}

/** Files over the table in memory, for tests of whole members: what it holds a member finds again that restarts over it. */
export function memoryFiles(table = memoryTable()): Files {
  const planKey = (file: string) => ({ partition: `file/${file}`, sort: "plan" });
  const uploadKey = (app: string, file: string) => ({ partition: `file-upload/${app}`, sort: file });
  const chunkKey = (file: string, index: number) => ({ partition: `file/${file}/${index}`, sort: "chunk" });
  const marks = (file: string) => `file-present/${file}`;

  async function stateOf(file: string): Promise<FileState | undefined> {
    checkHash(file);
    const item = await table.get(planKey(file));
    if (item === undefined) return undefined;
    const present = await queryAll(table, marks(file), {});
    return { ...unpack<Stored>(item), present: present.map(({ sort }) => Number(sort)) };
  }

  return {
    apiChunkBytesMax: fileChunkBytes,
    hasLinks: false,
    state: stateOf,

    async begin(plan) {
      checkFilePlan(plan);
      if ((await stateOf(plan.file)) !== undefined) return;
      await writeAll(table, [{ put: { ...uploadKey(plan.app, plan.file), bytes: pack(true) } }]);
      await writeAll(table, [{ put: { ...planKey(plan.file), bytes: pack({ ...plan, complete: false }) }, condition: "absent" }]);
    },

    openUploads: async (app) => (await queryAll(table, `file-upload/${app}`, {})).length,

    async writeChunk(file, index, bytes) {
      const state = await stateOf(file);
      if (state === undefined) return "unknown-upload";
      if (state.present.includes(index)) return "written";
      const { head, rest } = blobOf(chunkKey(file, index), "chunk", bytes);
      await writeAll(
        table,
        [...rest, head].map((put) => ({ put })),
      );
      await writeAll(table, [{ put: { partition: marks(file), sort: String(index).padStart(4, "0"), bytes: pack(true) } }]);
      return "written";
    },

    sendLinks: async () => undefined,

    async complete(file) {
      const state = await stateOf(file);
      if (state === undefined) return "unknown-upload";
      const missing = state.chunks.map((_, index) => index).filter((index) => !state.present.includes(index));
      if (missing.length > 0) return { missing };
      const { present: _present, ...plan } = state;
      await writeAll(table, [{ put: { ...planKey(file), bytes: pack({ ...plan, complete: true }) } }]);
      await writeAll(table, [{ remove: uploadKey(state.app, file) }]);
      return "complete";
    },

    async abandon(file) {
      const state = await stateOf(file);
      if (state === undefined) return;
      await writeAll(table, [{ remove: uploadKey(state.app, file) }, { remove: planKey(file) }]);
      await removeAll(table, marks(file));
      for (const index of state.chunks.keys()) await removeAll(table, chunkKey(file, index).partition);
    },

    async readChunk(file, index) {
      const state = await stateOf(file);
      const head = state?.complete === true ? await table.get(chunkKey(file, index)) : undefined;
      return head === undefined ? undefined : contentOf(table, head);
    },

    readLinks: async () => undefined,
  };
}
