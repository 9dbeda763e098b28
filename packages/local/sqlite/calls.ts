import type { Calls, StoredAnswer } from "@vermilion/member/ports/index";
import { answerText } from "@vermilion/member/ports/limits";
import { checkHeight, checkValue } from "@vermilion/node/ports/limits";
import type { MemberDatabase } from "./database.ts";
import { jsonOf, numberOf, type Row, textOf } from "./rows.ts";

/** Rows whose time is over are deleted a few at a time while new ones come, so that no call waits long and the tables stay small. */
const forgottenPerCall = 32;

/** Memory of calls that must not happen twice; the contract is that of the port. Every `begin` forgets some rows of the past. */
export function sqliteCalls(database: MemberDatabase): Calls {
  const insertClaim = database.prepare("INSERT INTO claims (key, until) VALUES (?, ?) ON CONFLICT (key) DO NOTHING");
  const selectCall = database.prepare("SELECT fingerprint, begun_at, until, answer FROM calls WHERE key = ?");
  const putCall = database.prepare(
    `INSERT INTO calls (key, fingerprint, begun_at, until, answer) VALUES (?, ?, ?, ?, NULL)
     ON CONFLICT (key) DO UPDATE SET fingerprint = excluded.fingerprint, begun_at = excluded.begun_at, until = excluded.until, answer = NULL`,
  );
  const putAnswer = database.prepare("UPDATE calls SET answer = ? WHERE key = ? AND answer IS NULL");
  const deleteUnfinished = database.prepare("DELETE FROM calls WHERE key = ? AND answer IS NULL");
  const forgetClaims = database.prepare("DELETE FROM claims WHERE key IN (SELECT key FROM claims WHERE until < ? LIMIT ?)");
  const forgetCalls = database.prepare("DELETE FROM calls WHERE key IN (SELECT key FROM calls WHERE until < ? LIMIT ?)");

  return {
    async claim(key, until) {
      checkValue("key", key);
      checkHeight("until", until);
      return await database.write(() => insertClaim.run(key, until).changes > 0);
    },

    async begin(key, fingerprint, { now, staleAfter, until }) {
      checkValue("key", key + fingerprint);
      return await database.write(() => {
        forgetClaims.run(now, forgottenPerCall);
        forgetCalls.run(now, forgottenPerCall);
        const row = selectCall.get(key);
        const known = row === undefined ? undefined : answerToKnown(row, fingerprint, now, staleAfter);
        if (known !== undefined) return known;
        putCall.run(key, fingerprint, now, until);
        return "begun" as const;
      });
    },

    async finish(key, answer) {
      const text = answerText(key, answer);
      await database.write(() => putAnswer.run(text, key));
    },

    async abandon(key) {
      await database.write(() => deleteUnfinished.run(key));
    },
  };
}

/** Undefined where the call may begin: its time is over, or whoever began it has not come back. */
function answerToKnown(
  row: Row,
  fingerprint: string,
  now: number,
  staleAfter: number,
): "running" | "other-body" | StoredAnswer | undefined {
  if (numberOf(row, "until") < now) return undefined;
  if (textOf(row, "fingerprint") !== fingerprint) return "other-body";
  if (row["answer"] !== null) return jsonOf<StoredAnswer>(row, "answer");
  return now - numberOf(row, "begun_at") < staleAfter ? "running" : undefined;
}
