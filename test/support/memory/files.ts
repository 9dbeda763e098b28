import { blobOf, contentOf } from "@vermilion/aws/dynamodb/blob";
import { chainTable } from "@vermilion/aws/dynamodb/chain-table";
import { pack, queryAll, removeAll, unpack, writeAll } from "@vermilion/aws/dynamodb/items";
import type { Table } from "@vermilion/aws/dynamodb/table";
import { fileChunkBytes } from "@vermilion/certificates";
import { type FileRegistration, registrationWith, sameRegistration } from "@vermilion/member/ports/file-registration";
import type { FilePlan, FileState, Files } from "@vermilion/member/ports/index";
import { checkFilePlan } from "@vermilion/member/ports/limits";
import { checkHash } from "@vermilion/node/ports/limits";
import { memoryChain } from "./chain.ts";
import { memoryTable } from "./table.ts";

interface Stored extends FilePlan {
  readonly complete: boolean;
  readonly registration?: FileRegistration;
}

/** Files over the table in memory, for tests of whole members: what it holds a member finds again that restarts over it. */
export function memoryFiles(whole: Table = memoryTable(), chain = memoryChain): Files {
  const table = chainTable(whole, chain);
  const planKey = (file: string) => ({ partition: `file/${file}`, sort: "plan" });
  const uploadKey = (app: string, file: string) => ({ partition: `file-upload/${app}`, sort: file });
  const chunkKey = (file: string, index: number) => ({ partition: `file/${file}/${index}`, sort: "chunk" });
  const marks = (file: string) => `file-present/${file}`;

  /** Changes the plan as it stands now, however many change it at once; undefined where there is none, or `change` wants nothing. */
  async function changed(file: string, change: (stored: Stored) => Stored | undefined): Promise<Stored | undefined> {
    for (;;) {
      const item = await table.get(planKey(file));
      const next = item === undefined ? undefined : change(unpack<Stored>(item));
      if (item === undefined || next === undefined) return undefined;
      const put = { ...planKey(file), bytes: pack(next), number: (item.number ?? 0) + 1 };
      if ((await table.write({ put, condition: { is: item.number ?? 0 } })) === "done") return next;
    }
  }

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
      if ((await stateOf(plan.file)) !== undefined) return "known";
      await writeAll(table, [{ put: { ...uploadKey(plan.app, plan.file), bytes: pack(true) } }]);
      const put = { ...planKey(plan.file), bytes: pack({ ...plan, complete: false }), number: 0 };
      return (await table.write({ put, condition: "absent" })) === "done" ? "begun" : "known";
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
      if ((await changed(file, (stored) => ({ ...stored, complete: true }))) === undefined) return "unknown-upload";
      await writeAll(table, [{ remove: uploadKey(state.app, file) }]);
      return "complete";
    },

    register: async (file, entry) => {
      const noted = await changed(file, (stored) => ({ ...stored, registration: registrationWith(stored.registration, entry) }));
      return noted === undefined ? "unknown-upload" : "noted";
    },

    async abandon(file, registration) {
      const item = await table.get(planKey(file));
      if (item === undefined) return "abandoned";
      const stored = unpack<Stored>(item);
      if (!sameRegistration(stored.registration, registration)) return "registering";
      const removed = await table.write({ remove: planKey(file), condition: { is: item.number ?? 0 } });
      if (removed !== "done" && removed.unmet !== undefined) return "registering";
      await writeAll(table, [{ remove: uploadKey(stored.app, file) }]);
      await removeAll(table, marks(file));
      for (const index of stored.chunks.keys()) await removeAll(table, chunkKey(file, index).partition);
      return "abandoned";
    },

    async readChunk(file, index) {
      const state = await stateOf(file);
      const head = state?.complete === true ? await table.get(chunkKey(file, index)) : undefined;
      return head === undefined ? undefined : contentOf(table, head);
    },

    readLinks: async () => undefined,
  };
}
