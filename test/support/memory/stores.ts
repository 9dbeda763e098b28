import type { App, Apps, Calls, RecordKeys, RecordName, StoredAnswer } from "@vermilion/member/ports/index";
import { answerText, appText, checkHeight, checkRecordName, checkValue } from "@vermilion/member/ports/limits";
import { pack, queryAll, unpack, writeEach } from "./items.ts";
import { type Condition, type MemoryTable, memoryTable } from "./table.ts";

export function memoryRecordKeys(table: MemoryTable = memoryTable()): RecordKeys {
  return {
    async saveFirst(name, wrapped) {
      checkRecordName(name);
      checkValue("a wrapped key", wrapped);
      await table.transact([{ put: { ...recordKey(name), bytes: wrapped }, condition: "absent" }]);
    },

    async read(name) {
      const item = await table.get(recordKey(name));
      return item === undefined ? undefined : Uint8Array.from(item.bytes);
    },
  };
}

function recordKey({ certificate, version, part, document }: RecordName) {
  return { partition: `record-key/${certificate}`, sort: `${version}/${part}/${document}` };
}

interface Call {
  readonly fingerprint: string;
  readonly until: number;
  readonly answer?: string;
}

/** A finished call has this number; an unfinished one has the time when it began, which every change is conditional on. */
const finished = -1;

export function memoryCalls(table: MemoryTable = memoryTable()): Calls {
  const keyOf = (key: string) => ({ partition: `call/${key}`, sort: "call" });
  return {
    async claim(key, until) {
      checkValue("key", key);
      checkHeight("until", until);
      const put = { partition: `claim/${key}`, sort: "claim", bytes: pack(until) };
      return (await table.transact([{ put, condition: "absent" }])) === "done";
    },

    async begin(key, fingerprint, { now, staleAfter, until }) {
      checkValue("key", key + fingerprint);
      for (;;) {
        const item = await table.get(keyOf(key));
        const call = item === undefined ? undefined : unpack<Call>(item);
        if (call !== undefined && call.until >= now) {
          if (call.fingerprint !== fingerprint) return "other-body";
          if (call.answer !== undefined) return JSON.parse(call.answer) as StoredAnswer;
          if (now - (item?.number ?? 0) < staleAfter) return "running";
        }
        const fresh: Call = { fingerprint, until };
        const condition: Condition = item === undefined ? "absent" : { is: item.number ?? finished };
        if ((await table.transact([{ put: { ...keyOf(key), bytes: pack(fresh), number: now }, condition }])) === "done") return "begun";
      }
    },

    async finish(key, answer) {
      const text = answerText(key, answer);
      for (;;) {
        const item = await table.get(keyOf(key));
        if (item === undefined || item.number === finished) return;
        const bytes = pack({ ...unpack<Call>(item), answer: text });
        const condition = { is: item.number ?? finished };
        if ((await table.transact([{ put: { ...keyOf(key), bytes, number: finished }, condition }])) === "done") return;
      }
    },

    async abandon(key) {
      const item = await table.get(keyOf(key));
      if (item === undefined || item.number === finished) return;
      await writeEach(table, [{ remove: keyOf(key), condition: { is: item.number ?? finished } }]);
    },
  };
}

export function memoryApps(table: MemoryTable = memoryTable()): Apps {
  return {
    async get(id) {
      const item = await table.get({ partition: "app", sort: id });
      return item === undefined ? undefined : (JSON.parse(unpack<string>(item)) as App);
    },

    async list() {
      return (await queryAll(table, "app", {})).map((item) => JSON.parse(unpack<string>(item)) as App);
    },

    async put(app) {
      await writeEach(table, [{ put: { partition: "app", sort: app.id, bytes: pack(appText(app)) } }]);
    },
  };
}
