import type { Calls, StoredAnswer } from "@vermilion/member/ports/index";
import { answerText } from "@vermilion/member/ports/limits";
import { checkHeight, checkValue } from "@vermilion/node/ports/limits";
import { pack, unpack } from "./items.ts";
import type { Condition, Item, Table } from "./table.ts";

interface Call {
  readonly fingerprint: string;
  readonly until: number;
  /** JSON of the answer; absent while the call runs. */
  readonly answer?: string;
}

/** A finished call has this number; an unfinished one has the time when it began, which every change is conditional on. */
const finished = -1;
/** Rows go only after their time, whatever DynamoDB's clock says. */
const spareSeconds = 3_600;

/**
 * Items `claim/<key>`, `claim` and `call/<key>`, `call`, both removed by DynamoDB some time after `until`. A row that is still there then is
 * told by its own `until`, and a claim that is still there is still taken: its key is never used twice.
 */
export function dynamoCalls(table: Table): Calls {
  const keyOf = (key: string) => ({ partition: `call/${key}`, sort: "call" });

  async function callAt(key: string): Promise<{ readonly item: Item; readonly call: Call } | undefined> {
    const item = await table.get(keyOf(key));
    return item === undefined ? undefined : { item, call: unpack<Call>(item) };
  }

  return {
    async claim(key, until) {
      checkValue("key", key);
      checkHeight("until", until);
      const put = { partition: `claim/${key}`, sort: "claim", bytes: pack(until), expires: expiryOf(until) };
      return (await table.write({ put, condition: "absent" })) === "done";
    },

    async begin(key, fingerprint, { now, staleAfter, until }) {
      checkValue("key", key + fingerprint);
      for (;;) {
        const found = await callAt(key);
        if (found !== undefined && found.call.until >= now) {
          if (found.call.fingerprint !== fingerprint) return "other-body";
          if (found.call.answer !== undefined) return JSON.parse(found.call.answer) as StoredAnswer;
          if (now - numberOf(found.item) < staleAfter) return "running";
        }
        const fresh: Call = { fingerprint, until };
        const condition: Condition = found === undefined ? "absent" : { is: numberOf(found.item) };
        const put = { ...keyOf(key), bytes: pack(fresh), number: now, expires: expiryOf(until) };
        if ((await table.write({ put, condition })) === "done") return "begun";
      }
    },

    async finish(key, answer) {
      const text = answerText(key, answer);
      for (;;) {
        const found = await callAt(key);
        if (found === undefined || numberOf(found.item) === finished) return;
        const put = { ...found.item, bytes: pack({ ...found.call, answer: text }), number: finished };
        if ((await table.write({ put, condition: { is: numberOf(found.item) } })) === "done") return;
      }
    },

    async abandon(key) {
      const item = await table.get(keyOf(key));
      if (item === undefined || numberOf(item) === finished) return;
      await table.write({ remove: keyOf(key), condition: { is: numberOf(item) } });
    },
  };
}

function numberOf(item: Item): number {
  return item.number ?? finished;
}

function expiryOf(until: number): number {
  return Math.ceil(until / 1_000) + spareSeconds;
}
