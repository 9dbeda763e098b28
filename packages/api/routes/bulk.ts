import { z } from "@hono/zod-openapi";
import { isJsonObject, type Json, jsonDepthMax, parseStrict, utf8 } from "@vermilion/ledger";
import type { BulkLine, BulkResult, Refused, Services } from "@vermilion/member/services";
import { issued } from "../certificate-schemas.ts";
import type { Access, ApiContext } from "../context.ts";
import type { Doors } from "../doors.ts";
import { type LineReader, readLines } from "../line-reader.ts";
import { problemTable } from "../problem-table.ts";
import { knownCode, type Language, languageOf, problem, schemaProblems } from "../problems.ts";
import { address, certificateId, fieldValues, optional, partId, sha256Hex, time, typeId } from "../schemas.ts";
import { reachOf, type Scope } from "../scopes.ts";
import { parseJsonBody, readBody, refuseContentType } from "../wall.ts";

const linesMax = 1_000;
const arrayBytesMax = 4 * 1024 * 1024;
const lineBytesMax = 256 * 1024;
/** A sender that says nothing for so long has gone. */
const idleMs = 60_000;
/** Each line waits for its own commit. */
const waitMs = 10_000;

const key = z
  .string()
  .regex(/^[!-~]{1,128}$/)
  .openapi({
    description:
      "1至128个可见字符：同一行以同一键再次发送，答以首次的结果 · the same line sent again under its key is answered by what it did",
  });
const issueLine = z.strictObject({
  op: z.literal("issue"),
  key,
  type: typeId,
  fields: fieldValues,
  holder: optional(address),
  expiresAt: optional(time),
});
const completeLine = z.strictObject({ op: z.literal("complete"), key, certificate: certificateId, part: partId, fields: fieldValues });
const bulkLine = z.discriminatedUnion("op", [issueLine, completeLine]).openapi("BulkLine");

const answerLine = z
  .object({
    line: z.int(),
    key: z.string(),
    status: z.enum(["committed", "pending", "refused", "not-taken"]),
    certificate: optional(certificateId),
    issuerSignedSha256: optional(sha256Hex),
    sdJwt: issued.sdJwt,
    transactionHash: optional(sha256Hex),
    blockNumber: optional(z.int()),
    replayed: optional(z.boolean()),
    code: optional(z.string()),
    title: optional(z.string()),
    detail: optional(z.string()),
    problems: optional(z.array(z.object({ field: z.string(), code: z.string(), detail: z.string() }))),
  })
  .openapi("BulkAnswer");
type AnswerLine = z.output<typeof answerLine>;
const counts = z.object({ committed: z.int(), pending: z.int(), refused: z.int(), notTaken: z.int() });
const answers = z.object({ items: z.array(answerLine), counts });

/** Many certificates in one call: as an array, or line by line for as long as the caller sends lines. */
export function bulkRoute({ reading, needs }: Doors): void {
  reading(
    {
      method: "post",
      path: "/v1/certificates/bulk",
      topic: "certificates",
      summary: { zh: "批量签发与补录", en: "Issue and complete many" },
      description:
        `JSON 数组（最多${linesMax}行）或 NDJSON 流。逐行按序作答；被拒的行说明原因，不影响其他行。未取的行（not-taken）请再次发送。` +
        `A JSON array of at most ${linesMax} lines, or NDJSON. Each line is answered in order; one that is refused says why and stops no other. ` +
        "Lines that were not taken in time are sent again.",
      scopes: ["certificates:issue", "certificates:complete"],
      typeOf: "any",
      operator: true,
      lines: bulkLine,
      answers: {
        200: { description: "逐行结果 · a result a line", content: { "application/json": answers, "application/x-ndjson": z.string() } },
      },
    },
    async ({ c, access }) => {
      const language = languageOf(c.req.header("accept-language"));
      const isArray = refuseContentType(c, "json") === undefined;
      if (isArray) return answerArray(c, access, language, needs);
      const wrongType = refuseContentType(c, "lines");
      return wrongType === undefined ? answerStream(c, access, language, needs) : problem(c, wrongType);
    },
  );
}

type Needs = Doors["needs"];

async function answerArray(c: ApiContext, access: Access, language: Language, needs: Needs): Promise<Response> {
  const bytes = await readBody(c, arrayBytesMax);
  if ("refused" in bytes) return problem(c, bytes);
  const json = parseJsonBody(bytes.value, arrayBytesMax);
  if ("refused" in json) return problem(c, json);
  if (!Array.isArray(json.value) || json.value.length === 0 || json.value.length > linesMax)
    return problem(c, { refused: "malformed-body", detail: `an array of 1 to ${linesMax} lines` });
  const lines: readonly Json[] = json.value;
  async function* all(): AsyncGenerator<Json> {
    yield* lines;
  }
  const items: AnswerLine[] = [];
  for await (const item of answersTo(all(), access, language, needs)) items.push(item);
  const count = (status: AnswerLine["status"]) => items.filter((item) => item.status === status).length;
  const sums = { committed: count("committed"), pending: count("pending"), refused: count("refused"), notTaken: count("not-taken") };
  c.header("Cache-Control", "no-store");
  return c.json({ items, counts: sums } satisfies z.output<typeof answers>);
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
  for await (const result of services.bulk(taken(), { app: access.app, operator: access.operator }, { waitMs })) {
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
  return { key, act: { op: "complete", certificate, input: { part, fields } } };
}

/** Tokens may be narrowed to types, and then every line is judged by its own. */
async function mayDo(line: z.output<typeof bulkLine>, { scopes }: Access, services: Services): Promise<boolean> {
  const scope: Scope = line.op === "issue" ? "certificates:issue" : "certificates:complete";
  const reach = reachOf(scopes, [scope]);
  if (typeof reach === "string") return reach === "all";
  if (line.op === "issue") return reach.has(line.type);
  const row = await services.certificate(line.certificate);
  return !("refused" in row) && reach.has(row.type);
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
