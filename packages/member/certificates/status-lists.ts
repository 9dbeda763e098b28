import { deflateSync } from "node:zlib";
import { issuerSignedJws, newStatusList, type StatusList, setStatus, statusListInput, statusListLength } from "@vermilion/certificates";
import { stateKeys, statePrefixes } from "@vermilion/contracts";
import { lowS } from "@vermilion/ledger";
import type { Context } from "../context.ts";
import type { Refused, StatusListToken } from "../services.ts";
import { readRange, readRow } from "../state/reader.ts";
import { statusListUri } from "./status-slots.ts";

/** Copies may be kept for five minutes; a token that nobody renews says nothing after a day. */
const ttlSeconds = 300;
const lifeSeconds = 86_400;
const perReading = 500;
/** Lists whose contents are kept in memory, 256 KB each. */
const listsKept = 8;

/** What is known of one list: its statuses up to a key, and the token that was made of them. */
interface Kept {
  list: StatusList;
  readTo: string | undefined;
  token?: { readonly text: string; readonly at: number };
}

export interface StatusLists {
  token(issuer: string, list: number, time: number | undefined): Promise<StatusListToken | Refused>;
}

/**
 * Status lists of this member (Token Status List), made of the changes on the ledger and signed when they are asked for: at most once in
 * `ttlSeconds` while nothing changes, and one at a time for each list, so that strangers cannot make this member sign without end.
 */
export function createStatusLists(context: Context): StatusLists {
  const kept = new Map<number, Kept>();
  const running = new Map<number, Promise<StatusListToken>>();

  const current = async (list: number): Promise<StatusListToken> => {
    const known = kept.get(list) ?? { list: newStatusList(2, statusListLength), readTo: undefined };
    const changed = await readOn(context, list, known);
    const now = context.clock.now();
    if (changed || known.token === undefined || now - known.token.at >= ttlSeconds * 1000)
      known.token = { text: await sign(context, list, known.list, now), at: now };
    kept.delete(list);
    kept.set(list, known);
    for (const oldest of kept.keys()) if (kept.size > listsKept) kept.delete(oldest);
    return { token: known.token.text, ttl: ttlSeconds };
  };

  return {
    async token(issuer, list, time) {
      const { members } = await context.node.read.membershipAt();
      if (!members.has(issuer)) return { refused: "unknown-issuer", detail: issuer };
      const newest = await readRow(context, stateKeys.statusList(issuer));
      if (newest === undefined || list > newest.list) return { refused: "unknown-status-list", detail: `${issuer} has no list ${list}` };
      if (issuer !== context.member) return { refused: "status-list-elsewhere", detail: await statusListUri(context, issuer, list) };
      if (time !== undefined) return past(context, list, time);
      const under = running.get(list);
      if (under !== undefined) return under;
      const making = current(list).finally(() => running.delete(list));
      running.set(list, making);
      return making;
    },
  };
}

/** Takes in what the ledger says beyond `known.readTo`; true where a status changed. */
async function readOn(context: Context, list: number, known: Kept): Promise<boolean> {
  const prefix = statePrefixes.statusChanges(context.member, list);
  let changed = false;
  for (let more = true; more; ) {
    const page = await readRange(context, prefix, { from: known.readTo, limit: perReading });
    for (const { key, value } of page.rows) {
      setStatus(known.list, value.index, value.value);
      known.readTo = key;
      changed = true;
    }
    more = page.next !== undefined;
  }
  return changed;
}

/** Historical resolution (section 8.4): the statuses as they stood at `time`, ms since 1970. */
async function past(context: Context, list: number, time: number): Promise<StatusListToken | Refused> {
  if (time > context.clock.now()) return { refused: "as-of-in-the-future", detail: "nobody knows yet" };
  const statuses = newStatusList(2, statusListLength);
  const prefix = statePrefixes.statusChanges(context.member, list);
  for (let from: string | undefined, more = true; more; ) {
    const page = await readRange(context, prefix, { from, limit: perReading });
    for (const { value } of page.rows) if (value.at <= time) setStatus(statuses, value.index, value.value);
    from = page.next;
    more = from !== undefined && (page.rows.at(-1)?.value.at ?? 0) <= time;
  }
  return { token: await sign(context, list, statuses, time), ttl: lifeSeconds };
}

async function sign(context: Context, list: number, statuses: StatusList, at: number): Promise<string> {
  const iat = Math.floor(at / 1000);
  const claims = { sub: await statusListUri(context, context.member, list), iat, exp: iat + lifeSeconds, ttl: ttlSeconds };
  const input = statusListInput(claims, statuses, { alg: "ES256", kid: context.signThumbprint }, (bytes) =>
    deflateSync(bytes, { level: 9 }),
  );
  return issuerSignedJws(input, lowS(await context.keys.sign(input)));
}
