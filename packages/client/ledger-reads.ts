import { utf8 } from "@vermilion/ledger";
import type {
  ActFigure,
  Block,
  BlocksFigure,
  Consortium,
  Dimension,
  Entry,
  EntryFilter,
  EntryHit,
  Health,
  InclusionProof,
  Lookup,
  Member,
  Page,
  Receipt,
  Statistics,
  Submitted,
} from "./answers.ts";
import { getters, pageQuery, part, signalOf } from "./getters.ts";
import { checkedLookup } from "./lookup.ts";
import { each, type PageOptions } from "./pages.ts";
import type { CallOptions, Transport } from "./transport.ts";
import type { ReceiptJudge } from "./trust.ts";

type Items<T> = { readonly items: readonly T[] };

/** ms since 1970. */
interface TimeRange {
  readonly from?: number;
  readonly to?: number;
}

export interface FigureQuery extends TimeRange {
  readonly by?: readonly Dimension[];
}

function figureQuery({ by, ...range }: FigureQuery = {}) {
  return { ...range, by: by?.join(",") };
}

/**
 * What can be read of the consortium, its ledger and its proofs; most of it by anybody. Each throws `ClientProblem`. `readsEntries`: whether
 * the app may read entries.
 */
export function ledgerReads(transport: Transport, judge: ReceiptJudge, readsEntries: boolean) {
  const { open, openBody, own, ownBody } = getters(transport);
  const entryOf = (transactionHash: string, options?: CallOptions) => own<Entry>(`/v1/entries/${part(transactionHash)}`, {}, options);
  const openReceipt = (transactionHash: string, waitS: number, options?: CallOptions) =>
    open<Receipt>(`/v1/receipts/${part(transactionHash)}`, { wait: waitS }, options);
  /**
   * Waits up to `waitS` seconds for the quorum of cosignatures; `final` says whether they were there. A final receipt is checked before it is
   * handed on, by the client's `trust`. Without an app that has the scope `ledger:read` it is known to be a genuine receipt of the ledger, but
   * not of which transaction: that needs the entry.
   */
  async function receipt(transactionHash: string, waitS = 5, options?: CallOptions): Promise<Receipt> {
    const given = await openReceipt(transactionHash, waitS, options);
    const bytesOfEntry = async () => utf8((await entryOf(transactionHash, options)).entry);
    await (readsEntries ? judge.judgeEntry(transactionHash, bytesOfEntry, given, options) : judge.judge(given, options));
    return given;
  }
  return {
    health: (options?: CallOptions) => open<Health>("/v1/health", {}, options),
    /** Throws `ClientProblem` `not-ready` where the member cannot do what is asked of it. */
    ready: (options?: CallOptions) => open<{ readonly ready: true }>("/v1/ready", {}, options),
    /** Of the member's process, in the text that Prometheus reads; in the cloud there are none. */
    metrics: (options?: CallOptions) => ownBody("/metrics", options).then(({ text }) => text),
    consortium: (options?: CallOptions) => open<Consortium>("/v1/consortium", {}, options),
    members: async (options?: CallOptions) => (await open<{ readonly items: readonly Member[] }>("/v1/members", {}, options)).items,

    block: (height: number, options?: CallOptions) => own<Block>(`/v1/blocks/${height}`, {}, options),
    blockByHash: (hash: string, options?: CallOptions) => own<Block>(`/v1/blocks/by-hash/${part(hash)}`, {}, options),
    /** Newest first. */
    entries: (filter?: EntryFilter, page?: PageOptions) => own<Page<EntryHit>>("/v1/entries", { ...filter, ...pageQuery(page) }, page),
    eachEntry: (filter?: EntryFilter, page?: PageOptions) =>
      each((cursor) => own<Page<EntryHit>>("/v1/entries", { ...filter, ...pageQuery({ ...page, ...cursor }) }, page)),
    statistics: (options?: CallOptions) => own<Statistics>("/v1/statistics", {}, options),
    /** By day (UTC+8) or hour; the last thirty days, by hour seven, where no range is given. Empty ones are left out. */
    blockFigures: (query?: TimeRange & { readonly by?: "hour" | "day" }, options?: CallOptions) =>
      own<Items<BlocksFigure>>("/v1/statistics/blocks", { ...query }, options).then(({ items }) => items),
    contributions: (query?: FigureQuery, options?: CallOptions) =>
      own<Items<ActFigure>>("/v1/statistics/contributions", figureQuery(query), options).then(({ items }) => items),
    uses: (query?: FigureQuery, options?: CallOptions) =>
      own<Items<ActFigure>>("/v1/statistics/uses", figureQuery(query), options).then(({ items }) => items),
    /** Newest first. */
    blocks: (page?: PageOptions) => own<Page<Block>>("/v1/blocks", pageQuery(page), page),
    eachBlock: (page?: PageOptions) => each((cursor) => own<Page<Block>>("/v1/blocks", pageQuery({ ...page, ...cursor }), page)),
    /** The stored bytes of a header, a JSON text. */
    header: async (height: number, options?: CallOptions) => (await ownBody(`/v1/blocks/${height}/header`, options)).text,
    entriesOfBlock: async (height: number, options?: CallOptions) =>
      (await own<{ readonly items: readonly Entry[] }>(`/v1/blocks/${height}/entries`, {}, options)).items,
    entry: entryOf,
    /** Bytes that stand beside an entry, so far as this member holds them: by their SHA-256. */
    attachment: async (sha256: string, options?: CallOptions) => (await ownBody(`/v1/attachments/${part(sha256)}`, options)).bytes,
    submission: (transactionHash: string, options?: CallOptions) => own<Submitted>(`/v1/submissions/${part(transactionHash)}`, {}, options),

    checkpoint: (options?: CallOptions) => openBody("/v1/checkpoint", options).then(({ text }) => text),
    cosignatures: (options?: CallOptions) =>
      open<{ readonly size: number; readonly lines: Readonly<Record<string, string>> }>("/v1/cosignatures", {}, options),
    /** A hash tile or a bundle of leaf records, by its C2SP path (`0/000.p/5`, `entries/x001/067`). */
    tile: async (path: string, options?: CallOptions) =>
      (await openBody(`/v1/log/tile/${path.split("/").map(part).join("/")}`, options)).bytes,
    /** A status list of an issuer, a compact JWT; `time` in seconds for one of the past. */
    statusList: (issuer: string, list: number, time?: number, options?: CallOptions) =>
      transport
        .send({ method: "GET", path: `/v1/status-lists/${part(issuer)}/${list}`, query: { time }, access: "public", ...signalOf(options) })
        .then(({ text }) => text),
    /** The member's own signed statement (a general JWS): who it is, without any chain. */
    statement: (options?: CallOptions) => openBody("/v1/statement", options).then(({ text }) => text),
    policy: (options?: CallOptions) => openBody("/v1/policy", options).then(({ text }) => text),
    inclusionProof: (index: number, size: number, options?: CallOptions) =>
      open<InclusionProof>("/v1/proofs/inclusion", { index, size }, options),
    consistencyProof: (oldSize: number, size: number, options?: CallOptions) =>
      open<{ readonly proof: readonly string[] }>("/v1/proofs/consistency", { old: oldSize, size }, options),
    receipt,
    /** The entry with its receipt; where that is final, the one proves the other. */
    proof: async (transactionHash: string, waitS = 5, options?: CallOptions) => {
      const entry = await entryOf(transactionHash, options);
      const given = await openReceipt(transactionHash, waitS, options);
      await judge.judgeEntry(transactionHash, async () => utf8(entry.entry), given, options);
      return { ...given, entry };
    },
    /** What the ledger knows of any SHA-256. Of a deposited document the path to the root is checked; its receipt is `evidenceReceipt`'s. */
    lookup: async (hash: string, options?: CallOptions) => checkedLookup(hash, await open<Lookup>(`/v1/lookup/${part(hash)}`, {}, options)),
  };
}
