import { type CertificateRow, stateKeys } from "@vermilion/contracts";
import { attachmentsPerEntryMax, canonicalText, entryBytesMax, entryIdOf, type Json, type Operation, utf8 } from "@vermilion/ledger";
import type { Context } from "../context.ts";
import { memberSecret } from "../entries/member-secret.ts";
import { submit } from "../entries/submit.ts";
import { findEntry } from "../explorer/entries.ts";
import type { BulkLine, BulkResult, Caller, Refused, Submitted, WriteOptions } from "../services.ts";
import { readRow } from "../state/reader.ts";
import { identifierOf, latestType, type PreparedRecord, type Preparing, prepareComplete, prepareIssue } from "./certificates.ts";

/** Two attachments a record. */
const recordsPerEntryMax = Math.floor(attachmentsPerEntryMax / 2);
/** Bytes of operations and references that surely fit an entry: they stand in it in base64url, beside its signature. */
const operationBytesMax = Math.floor((entryBytesMax - 2_048) * 0.75);
const referenceBytes = 2 * 160;
/** A line that meets the same trouble again and again is answered with it. */
const triesMax = 5;

export interface LineWork {
  readonly linesPerGroup: number;
  run(lines: readonly BulkLine[]): Promise<readonly BulkResult[]>;
}

type Known = { readonly key: string; readonly callKey: string; readonly act: Exclude<BulkLine["act"], { readonly op: "unreadable" }> };

/** What is done with the lines of one call, a group at a time. */
export function createLineWork(context: Context, caller: Caller, options: Pick<WriteOptions, "waitMs">): LineWork {
  const slotsDrawn = new Set<string>();
  const secret = memberSecret(context, "bulk-lines");
  const preparing = (callKey: string): Preparing => ({ by: caller, callKey, slotsDrawn });

  const known = async ({ key, act }: BulkLine): Promise<Known | undefined> => {
    if (act.op === "unreadable") return undefined;
    const parts = ["line", caller.app, key, canonicalText(act as unknown as Json)];
    return { key, act, callKey: entryIdOf(await secret, parts.map(utf8), context.crypto) };
  };

  /** The serial comes from the key, so that the same line names the same certificate whenever it is sent. */
  const serialOf = async ({ key }: Known): Promise<string> =>
    entryIdOf(await secret, ["serial", caller.app, key].map(utf8), context.crypto).toUpperCase();

  const prepare = async (line: Known): Promise<PreparedRecord | Refused> =>
    line.act.op === "complete"
      ? prepareComplete(context, line.act.input.certificate, line.act.input, preparing(line.callKey), true)
      : prepareIssue(context, line.act.input, preparing(line.callKey), await serialOf(line));

  /** What an earlier sending did, or the record that this one will put on the ledger. */
  const begin = (line: Known): Promise<Work | Done | Refused> =>
    context.node.read.freshly(async () => {
      const done = await doneBefore(context, line, await serialOf(line));
      if (done !== undefined) return done;
      const record = await prepare(line);
      return "refused" in record ? record : { line, record };
    });

  /** One line by itself: what it did before, or what it does now. */
  const alone = async (line: Known, tryNumber: number): Promise<BulkResult> => {
    const begun = await begin(line);
    if (!("record" in begun)) return { key: line.key, ...begun };
    const [result] = await together([begun], tryNumber);
    return result ?? never();
  };

  const together = async (all: readonly Work[], tryNumber: number): Promise<readonly BulkResult[]> => {
    const left = [...all];
    const results = new Map<Known, BulkResult>();
    const refusals: { readonly line: Known; readonly refused: Refused; readonly wasTogether: boolean }[] = [];
    while (left.length > 0) {
      const draft = { operations: left.map(({ record }) => record.operation), attachments: left.flatMap(attachmentsOf) };
      const submitted = await submit(context, draft, "random", options);
      if ("refused" in submitted) {
        // Of an entry that is refused as a whole no line is guilty: each is tried alone.
        const guilty = submitted.operation === undefined ? left.splice(0) : left.splice(submitted.operation, 1);
        for (const { line } of guilty) refusals.push({ line, refused: submitted, wasTogether: guilty.length > 1 });
        continue;
      }
      if (submitted.outcome?.kind === "refused") {
        // It was judged right and came too late: one of them met another entry. Each goes its own way, so that none takes others with it.
        const refused = { refused: submitted.outcome.code, detail: "the entry was committed as refused" };
        for (const { line } of left) refusals.push({ line, refused, wasTogether: left.length > 1 });
      } else for (const { line, record } of left) results.set(line, { key: line.key, ...issuedAs(submitted, record) });
      break;
    }
    // After the others, so that of two lines that exclude each other the earlier one is done.
    for (const { line, refused, wasTogether } of refusals) results.set(line, await afterRefusal(line, refused, tryNumber, wasTogether));
    return all.map(({ line }) => results.get(line) ?? never());
  };

  /** A refusal is the line's answer, unless it was done before, or may be done by another try. */
  const afterRefusal = async (line: Known, refused: Refused, tryNumber: number, wasTogether: boolean): Promise<BulkResult> => {
    const mayBeDone = ["certificate-exists", "part-exists", "status-index-taken", "document-exists"].includes(refused.refused);
    return (wasTogether || mayBeDone) && tryNumber < triesMax ? alone(line, tryNumber + 1) : { key: line.key, ...refused };
  };

  return {
    linesPerGroup: recordsPerEntryMax,
    async run(lines) {
      const results = new Map<BulkLine, BulkResult>();
      const works = new Map<BulkLine, Work>();
      await Promise.all(
        lines.map(async (of) => {
          const line = await known(of);
          const begun = of.act.op === "unreadable" ? of.act.refused : line && (await begin(line));
          if (begun === undefined) throw new Error("bug: a line that can be read is known");
          if ("record" in begun) works.set(of, begun);
          else results.set(of, { key: of.key, ...begun });
        }),
      );
      const inOrder = lines.flatMap((of) => works.get(of) ?? []);
      const answers = new Map<Known, BulkResult>();
      for (const some of fitting(inOrder))
        for (const [place, answer] of (await together(some, 1)).entries()) answers.set((some[place] ?? never()).line, answer);
      return lines.map((of) => results.get(of) ?? answers.get((works.get(of) ?? never()).line) ?? never());
    },
  };
}

function never(): never {
  throw new Error("bug: every line has a result");
}

interface Work {
  readonly line: Known;
  readonly record: PreparedRecord;
}

/** The names of an entry's attachments are distinct. */
function attachmentsOf({ record }: Work, place: number): PreparedRecord["attachments"] {
  return record.attachments.map((attachment) => (place === 0 ? attachment : { ...attachment, name: `${attachment.name}-${place}` }));
}

function issuedAs(submitted: Submitted, { certificate, issuerSigned, sdJwt }: PreparedRecord) {
  return { ...submitted, certificate, issuerSignedSha256: issuerSigned, sdJwt };
}

/** Runs of records that fit one entry each. */
function fitting(works: readonly Work[]): readonly Work[][] {
  const groups: Work[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const work of works) {
    const size = canonicalText(work.record.operation as unknown as Json).length + referenceBytes;
    if (bytes + size > operationBytesMax || (groups.at(-1)?.length ?? 0) >= recordsPerEntryMax) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)?.push(work);
    bytes += size;
  }
  return groups;
}

type Done = Submitted & { readonly certificate: string; readonly issuerSignedSha256: string; readonly replayed: true };

/** What an earlier sending of the same line did; undefined where nothing was done. */
async function doneBefore(context: Context, line: Known, serialOfKey: string): Promise<Done | Refused | undefined> {
  const certificate = await certificateOf(context, line, serialOfKey);
  const row = certificate === undefined ? undefined : await readRow(context, stateKeys.certificate(certificate));
  const transaction = row === undefined ? undefined : transactionOf(row, line);
  const place = transaction === undefined ? undefined : await context.ledger.entryPlace(transaction);
  if (row === undefined || place === undefined) return undefined;
  const operation = await operationOf(context, place.transactionHash, row.certificate);
  if (operation?.arguments["callKey"] !== line.callKey) {
    // Where the serial is made of the key, the certificate is that of an earlier line with this key, which said something else.
    const isOfKey = line.act.op === "issue" && row.certificate.includes(`.${serialOfKey}.`);
    return isOfKey ? { refused: "idempotency-key-reused", detail: "an earlier line with this key said something else" } : undefined;
  }
  const { issuerSigned } = operation.arguments;
  if (typeof issuerSigned !== "string") throw new Error("bug: a stored operation names no document");
  return { ...(await context.node.read.submitted(place)), certificate: row.certificate, issuerSignedSha256: issuerSigned, replayed: true };
}

/** The certificate that a line is about; undefined where it cannot be one. */
async function certificateOf(context: Context, { act }: Known, serialOfKey: string): Promise<string | undefined> {
  if (act.op === "complete") return act.input.certificate;
  const type = await latestType(context, act.input.type);
  const certificate = type && (await identifierOf(context, type, act.input, serialOfKey));
  return typeof certificate === "string" ? certificate : undefined;
}

/** The entry that wrote what the line would write. */
function transactionOf(row: CertificateRow, { act }: Known): string | undefined {
  if (act.op === "issue") return row.transaction;
  return Object.hasOwn(row.parts, act.input.part) ? row.parts[act.input.part]?.transaction : undefined;
}

async function operationOf(context: Context, transaction: string, certificate: string): Promise<Operation | undefined> {
  const entry = await findEntry(context, transaction);
  return entry?.payload.operations.find(({ arguments: given }) => given["certificate"] === certificate);
}
