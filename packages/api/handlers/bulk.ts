import { isJsonObject, type Json, jsonDepthMax, parseStrict, utf8 } from "@vermilion/ledger";
import type { BulkLine, BulkResult, Refused, Services } from "@vermilion/member/services";
import { problemTable, type Result, reachOf, type Scope } from "@vermilion/protocol";
import { bulkLine, bulkLinesMax } from "@vermilion/protocol/certificates";
import type * as z from "zod";
import type { ApiContext } from "../context/http.ts";
import type { Access, ApiNeeds } from "../context/needs.ts";
import { typeOfCertificate } from "../doors/about.ts";
import { callerOf, type MemberHandler } from "../doors/door.ts";
import { parseJsonBody, readBody, refuseContentType } from "../http/body.ts";
import { knownCode, type Language, languageOf, problem, schemaProblems } from "../http/problems.ts";
import { type LineReader, readLines } from "./line-reader.ts";

const arrayBytesMax = 4 * 1024 * 1024;
const lineBytesMax = 256 * 1024;
/** A sender that says nothing for so long has gone. */
const idleMs = 60_000;
/** Each line waits for its own commit. */
const waitMs = 10_000;

type Answers = Result<"bulkCertificates">;
type AnswerLine = Answers["items"][number];

/** What the lines of one call are worked on with. */
interface Needs extends Pick<ApiNeeds, "clock" | "answerWithinMs"> {
  readonly services: Services;
}

/** Many certificates in one call: as an array, or line by line for as long as the caller sends lines. */
export function bulkHandler({ clock, answerWithinMs }: Pick<ApiNeeds, "clock" | "answerWithinMs">): MemberHandler<"bulkCertificates"> {
  return async ({ c, access, services }) => {
    const needs = { clock, services, ...(answerWithinMs === undefined ? {} : { answerWithinMs }) };
    const language = languageOf(c.req.header("accept-language"));
    const isArray = refuseContentType(c, "json") === undefined;
    if (isArray) return answerArray(c, access, language, needs);
    const wrongType = refuseContentType(c, "lines");
    return wrongType === undefined ? answerStream(c, access, language, needs) : problem(c, wrongType);
  };
}

async function answerArray(c: ApiContext, access: Access, language: Language, needs: Needs): Promise<Response> {
  const bytes = await readBody(c, arrayBytesMax);
  if ("refused" in bytes) return problem(c, bytes);
  const json = parseJsonBody(bytes.value, arrayBytesMax);
  if ("refused" in json) return problem(c, json);
  if (!Array.isArray(json.value) || json.value.length === 0 || json.value.length > bulkLinesMax)
    return problem(c, { refused: "malformed-body", detail: `an array of 1 to ${bulkLinesMax} lines` });
  const lines: readonly Json[] = json.value;
  async function* all(): AsyncGenerator<Json> {
    yield* lines;
  }
  const items: AnswerLine[] = [];
  for await (const item of answersTo(all(), access, language, needs)) items.push(item);
  const count = (status: AnswerLine["status"]) => items.filter((item) => item.status === status).length;
  const sums = { committed: count("committed"), pending: count("pending"), refused: count("refused"), notTaken: count("not-taken") };
  c.header("Cache-Control", "no-store");
  return c.json({ items, counts: sums } satisfies Answers);
}

function answerStream(c: ApiContext, access: Access, language: Language, needs: Needs): Response {
  const reader = readLines(c.req.raw.body, { lineBytesMax, idleMs, clock: needs.clock });
  const texts = textsOf(answersTo(parsedLines(reader), access, language, needs), reader, language);
  const stream = new ReadableStream<Uint8Array>({
    // Asked only when the caller has room: whoever reads slowly is answered slowly, and nobody else.
    async pull(controller) {
      const next = await texts.next();
      if (next.done === true) controller.close();
      else controller.enqueue(utf8(`${next.value}\n`));
    },
    async cancel() {
      await texts.return(undefined);
    },
  });
  return c.body(stream, 200, { "Content-Type": "application/x-ndjson", "Cache-Control": "no-store" });
}

/** A line's JSON, or nothing that has a form. */
async function* parsedLines({ lines }: LineReader): AsyncGenerator<Json | undefined> {
  for await (const line of lines) {
    const parsed = parseStrict(line, { bytesMax: lineBytesMax, depthMax: jsonDepthMax });
    yield "refused" in parsed ? undefined : parsed.value;
  }
}

async function* textsOf(items: AsyncGenerator<AnswerLine>, reader: LineReader, language: Language): AsyncGenerator<string> {
  for await (const item of items) yield JSON.stringify(item);
  if (reader.ended === undefined) return;
  yield JSON.stringify({ status: "ended", code: reader.ended, title: problemTable[reader.ended][language] });
}

/** Parses each line, asks the member, and gives the answers in order, numbered from 1. */
async function* answersTo(
  lines: AsyncGenerator<Json | undefined>,
  access: Access,
  language: Language,
  { services, clock, answerWithinMs }: Needs,
): AsyncGenerator<AnswerLine> {
  const stopAt = answerWithinMs === undefined ? Number.POSITIVE_INFINITY : clock.now() + answerWithinMs;
  const left: { key: string }[] = [];
  async function* taken(): AsyncGenerator<BulkLine> {
    for await (const line of lines) {
      if (clock.now() >= stopAt) left.push({ key: keyOf(line) });
      else yield await readLine(line, access, services);
    }
  }
  let number = 0;
  for await (const result of services.bulkCertificates(taken(), callerOf(access), { waitMs })) {
    number += 1;
    yield answerOf(result, number, language);
  }
  for (const { key } of left) {
    number += 1;
    yield { line: number, key, status: "not-taken" };
  }
}

async function readLine(json: Json | undefined, access: Access, services: Services): Promise<BulkLine> {
  const unreadable = (refused: Refused): BulkLine => ({ key: keyOf(json), act: { op: "unreadable", refused } });
  const parsed = bulkLine.safeParse(json);
  if (!parsed.success) return unreadable({ refused: "malformed-line", detail: "", problems: schemaProblems(parsed.error) });
  const line = parsed.data;
  if (!(await mayDo(line, access, services))) return unreadable({ refused: "scope-too-narrow", detail: "" });
  if (line.op === "issue") {
    const { op: _op, key, ...input } = line;
    return { key, act: { op: "issue", input } };
  }
  const { key, certificate, part, fields } = line;
  return { key, act: { op: "complete", input: { certificate, part, fields } } };
}

/** Tokens may be narrowed to types, and then every line is judged by its own. */
async function mayDo(line: z.output<typeof bulkLine>, { scopes }: Access, services: Services): Promise<boolean> {
  const scope: Scope = line.op === "issue" ? "certificates:issue" : "certificates:complete";
  const reach = reachOf(scopes, [scope]);
  if (typeof reach === "string") return reach === "all";
  if (line.op === "issue") return reach.has(line.type);
  return reach.has((await typeOfCertificate(line.certificate, services)) ?? "");
}

function keyOf(line: Json | undefined): string {
  const given = line !== undefined && isJsonObject(line) ? line["key"] : undefined;
  return typeof given === "string" ? given.slice(0, 128) : "";
}

function answerOf(result: BulkResult, line: number, language: Language): AnswerLine {
  if ("refused" in result) return refusal(line, result.key, result, language);
  const { key, outcome, ...facts } = result;
  if (outcome?.kind === "refused")
    return {
      ...refusal(line, key, { refused: outcome.code, detail: "" }, language),
      transactionHash: facts.transactionHash,
    };
  const { status, certificate, issuerSignedSha256, sdJwt, transactionHash, blockNumber, replayed } = facts;
  return {
    line,
    key,
    status,
    certificate,
    issuerSignedSha256,
    ...(sdJwt === undefined ? {} : { sdJwt }),
    transactionHash,
    ...(blockNumber === undefined ? {} : { blockNumber }),
    ...(replayed === undefined ? {} : { replayed }),
  };
}

function refusal(line: number, key: string, { refused, detail, problems }: Refused, language: Language): AnswerLine {
  return {
    line,
    key,
    status: "refused",
    code: refused,
    title: problemTable[knownCode(refused)][language],
    ...(detail === "" ? {} : { detail }),
    ...(problems === undefined ? {} : { problems: problems.map((each) => ({ ...each, detail: each.detail[language] })) }),
  };
}
