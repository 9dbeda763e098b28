import { type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Json } from "@vermilion/ledger";
import type { Caller, Refused, Submitted, WriteOptions } from "@vermilion/member/services";
import type { Access, ApiContext, ApiEnv, ApiNeeds, PublicNeeds } from "./context.ts";
import { answerWrite } from "./idempotency.ts";
import { preferredWaitMs } from "./prefer.ts";
import { type ProblemInput, problem, refusedProblem, schemaProblems } from "./problems.ts";
import { createRateLimit, defaultQuotas, type RateLimit } from "./rate-limit.ts";
import { type DoorRow, declare, type RouteRow } from "./route.ts";
import { receiptLinks, submittedShape } from "./schemas.ts";
import { reachOf, type Scope } from "./scopes.ts";
import { checkToken } from "./sign-in.ts";
import { createWaits, type Waits } from "./waits.ts";
import { appBodyBytesMax, parseJsonBody, type Read, readBody, readQuery, refuseContentType } from "./wall.ts";

/** What a handler gets: everything that crossed the wall, parsed and typed. */
export interface Call<Params, Query, Body> {
  readonly c: ApiContext;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
}

export interface AppCall<Params, Query, Body> extends Call<Params, Query, Body> {
  readonly access: Access;
}

interface AppPart<Params, Query, Body> {
  /** One of them is enough. */
  readonly scopes: readonly Scope[];
  /**
   * The certificate type that the call is about, asked only for tokens that are narrowed to types; `any` where the call is about none in
   * particular. Without it, or where it answers undefined, the route needs a scope for all types.
   */
  readonly typeOf?:
    | "any"
    | ((call: { readonly params: Params; readonly query: Query; readonly body: Body }) => Promise<string | undefined>);
}

export interface ReadRow<Params, Query, Body> extends RouteRow<Params, Query, Body>, AppPart<Params, Query, Body> {
  /** True where fields are read: the person behind the app must be named. */
  readonly operator?: boolean;
}

export interface WriteRow<Params, Body, Extras extends z.ZodRawShape>
  extends Omit<RouteRow<Params, unknown, Body>, "answers">,
    AppPart<Params, unknown, Body> {
  /** Members of the answer beside those of every write. */
  readonly result: Extras;
  /** Those of them that a replayed answer does not have. */
  readonly secret?: readonly (keyof Extras & string)[];
  /** Path at which the thing written can be read. */
  readonly location: (answer: Submitted & ResultOf<Extras>, call: { readonly params: Params }) => string;
  readonly run: (
    call: { readonly params: Params; readonly body: Body; readonly caller: Caller },
    options: WriteOptions,
  ) => Promise<(Submitted & ResultOf<Extras>) | Refused>;
}

/** The output of an object schema; zod gives an empty one an index signature that nothing would fit. */
export type ResultOf<Extras extends z.ZodRawShape> = {
  readonly [Key in keyof z.output<z.ZodObject<Extras>> as string extends Key ? never : Key]: DeepReadonly<
    z.output<z.ZodObject<Extras>>[Key]
  >;
};

export type DeepReadonly<Value> = Value extends object ? { readonly [Key in keyof Value]: DeepReadonly<Value[Key]> } : Value;

/** The three ways to mount a route. Each declares it and puts its checks before the handler, in one order, so that no route can forget one. */
export interface Doors {
  readonly needs: PublicNeeds;
  /** Counted apart, so that strangers who wait for receipts take no place from apps. */
  readonly waits: { readonly anonymous: Waits; readonly apps: Waits };
  publicly<P, Q>(row: RouteRow<P, Q>, handler: (call: Call<P, Q, undefined>) => Promise<Response>): void;
  reading<P, Q, B>(row: ReadRow<P, Q, B>, handler: (call: AppCall<P, Q, B>) => Promise<Response>): void;
  writing<P, B, E extends z.ZodRawShape>(row: WriteRow<P, B, E>): void;
}

const waitingMax = 256;

export function createDoors(app: OpenAPIHono<ApiEnv>, needs: ApiNeeds): Doors {
  return {
    ...createPublicDoors(app, needs, { signs: true, limit: publicLimit(needs) }),
    reading(row, handler) {
      const door = readingDoor(row);
      mount(app, door, async (c) => {
        const call = await enter(c, row, door, needs);
        return "refused" in call ? problem(c, call) : handler({ c, ...call.value });
      });
    },
    writing(row) {
      const door = writingDoor(row);
      mount(app, door, async (c) => {
        const call = await enter(c, row, door, needs);
        return "refused" in call ? problem(c, call) : write(c, row, call.value, needs);
      });
    },
  };
}

export function publicLimit({ quotas = defaultQuotas, clock }: Pick<ApiNeeds, "quotas" | "clock">): RateLimit {
  return createRateLimit("public", quotas.public, clock);
}

/** Doors of which only the public ones open: the others are declared, and nothing stands behind them. `signs`: there is a sign key here. */
export function createPublicDoors<Needs extends object>(
  app: OpenAPIHono<ApiEnv>,
  needs: Needs,
  { signs, limit }: { readonly signs: boolean; readonly limit: RateLimit },
): Omit<Doors, "needs"> & { readonly needs: Needs } {
  return {
    needs,
    waits: { anonymous: createWaits(waitingMax), apps: createWaits(waitingMax) },
    publicly(row, handler) {
      const door: DoorRow = { ...row, audience: "public", scopes: [], operator: false, write: false };
      if (row.signs === true && !signs) {
        declare(app, door);
        return;
      }
      mount(app, door, async (c) => {
        const limited = limit.take(c);
        if (limited !== undefined) return limited;
        const call = parseAddress(c, row);
        return "refused" in call ? problem(c, call) : handler({ c, ...call.value, body: undefined });
      });
    },
    reading: (row) => declare(app, readingDoor(row)),
    writing: (row) => declare(app, writingDoor(row)),
  };
}

function readingDoor<P, Q, B>(row: ReadRow<P, Q, B>): DoorRow {
  return { ...row, audience: "app", operator: row.operator ?? false, write: false };
}

function writingDoor<P, B, E extends z.ZodRawShape>(row: WriteRow<P, B, E>): DoorRow {
  const shape = z.object({ ...submittedShape, ...receiptLinks, ...row.result });
  const answers = {
    201: { description: writtenText(row.secret), content: { "application/json": shape } },
    202: {
      description: "已受理，尚未上链 · accepted, not yet committed; `submission` tells how it ends",
      content: { "application/json": shape },
    },
  };
  return { ...row, answers, audience: "app", operator: true, write: true };
}

function writtenText(secret: readonly string[] | undefined): string {
  const note =
    secret === undefined || secret.length === 0
      ? ""
      : `. \`${secret.join("`, `")}\`: 仅首次应答含有 · in the first answer only, absent when replayed`;
  return `已上链 · committed and applied${note}`;
}

function mount(app: OpenAPIHono<ApiEnv>, row: DoorRow, handler: (c: ApiContext) => Promise<Response>): void {
  declare(app, row);
  app.on([row.method], [row.pattern ?? row.path.replaceAll(/\{(\w+)\}/g, ":$1")], async (c) => {
    c.set("route", row.path);
    return handler(c);
  });
}

type Entered<P, Q, B> = { readonly params: P; readonly query: Q; readonly body: B; readonly bytes: Uint8Array; readonly access: Access };

/** Token, operator, address, body, reach, in this order: who may not enter learns nothing of what he sent. */
async function enter<P, Q, B>(
  c: ApiContext,
  row: Omit<RouteRow<P, Q, B>, "answers"> & AppPart<P, Q, B>,
  door: DoorRow,
  needs: ApiNeeds,
): Promise<Read<Entered<P, Q, B>>> {
  const signed = await checkToken(c.req.header("authorization"), needs);
  if ("refused" in signed) return challenge(c, signed, row.scopes);
  c.set("app", signed.app);
  const reach = reachOf(signed.scopes, row.scopes);
  if (reach === "none") return challenge(c, { refused: "scope-too-narrow" }, row.scopes);
  const operator = readOperator(c.req.header("vermilion-operator"), door.operator);
  if (typeof operator !== "string") return operator;
  const address = parseAddress(c, row);
  if ("refused" in address) return address;
  const body = await parseBody(c, row);
  if ("refused" in body) return body;
  const entered = { ...address.value, ...body.value };
  if (reach !== "all" && row.typeOf !== "any") {
    const type = await row.typeOf?.(entered);
    if (type === undefined || !reach.has(type)) return challenge(c, { refused: "scope-too-narrow" }, row.scopes);
  }
  return { value: { ...entered, access: { app: signed.app, operator, scopes: signed.scopes } } };
}

/** RFC 6750 section 3. */
function challenge(c: ApiContext, refusal: ProblemInput, scopes: readonly Scope[]): ProblemInput {
  const narrow = refusal.refused === "scope-too-narrow";
  const error = refusal.refused === "token-missing" ? "" : `, error="${narrow ? "insufficient_scope" : "invalid_token"}"`;
  c.header("WWW-Authenticate", `Bearer realm="vermilion"${error}${narrow ? `, scope="${scopes.join(" ")}"` : ""}`);
  return refusal;
}

/** Letters outside ASCII are percent-encoded UTF-8, as header fields carry ASCII only. */
function readOperator(header: string | undefined, required: boolean): string | ProblemInput {
  if (header === undefined || header === "") return required ? { refused: "operator-missing" } : "";
  const malformed: ProblemInput = { refused: "operator-malformed" };
  if (!/^[ -~]{1,1024}$/.test(header)) return malformed;
  let operator: string;
  try {
    operator = decodeURIComponent(header).normalize("NFC");
  } catch {
    return malformed;
  }
  // Visible: nothing of Unicode's "other" categories (controls, direction marks, private use), no separator but the plain space inside.
  return /^[^\p{C}\p{Z}](?:[^\p{C}\p{Z} ]| (?! )){0,63}$/u.test(operator) && operator.length <= 64 && !operator.endsWith(" ")
    ? operator
    : malformed;
}

function parseAddress<P, Q>(c: ApiContext, row: Pick<RouteRow<P, Q>, "params" | "query">): Read<{ readonly params: P; readonly query: Q }> {
  const params = (row.params ?? z.unknown()).safeParse(c.req.param());
  if (!params.success) return { refused: "malformed-path", problems: schemaProblems(params.error) };
  const given = readQuery(c);
  if ("refused" in given) return given;
  const query = (row.query ?? z.strictObject({})).safeParse(given.value);
  if (!query.success) return { refused: "malformed-query", problems: schemaProblems(query.error) };
  return { value: { params: params.data as P, query: query.data as Q } };
}

async function parseBody<B>(
  c: ApiContext,
  row: { readonly body?: z.ZodType<B> | undefined },
): Promise<Read<{ readonly body: B; readonly bytes: Uint8Array }>> {
  if (row.body === undefined) return { value: { body: undefined as B, bytes: new Uint8Array() } };
  const wrongType = refuseContentType(c, "json");
  if (wrongType !== undefined) return wrongType;
  const bytes = await readBody(c, appBodyBytesMax);
  if ("refused" in bytes) return bytes;
  const json = parseJsonBody(bytes.value);
  if ("refused" in json) return json;
  const body = row.body.safeParse(json.value);
  if (!body.success) return { refused: "malformed-body", problems: schemaProblems(body.error) };
  return { value: { body: body.data, bytes: bytes.value } };
}

function write<P, B, E extends z.ZodRawShape>(
  c: ApiContext,
  row: WriteRow<P, B, E>,
  call: Entered<P, unknown, B>,
  needs: ApiNeeds,
): Promise<Response> {
  const { params, body, bytes, access } = call;
  const waitMs = preferredWaitMs(c);
  return answerWrite(c, { ...access, body: bytes, secret: row.secret ?? [] }, needs, async (idempotencyKey) => {
    const answer = await row.run({ params, body, caller: { app: access.app, operator: access.operator } }, { waitMs, idempotencyKey });
    if (isRefused(answer)) return answer;
    const extras = Object.fromEntries(
      Object.keys(row.result).flatMap((name) => (name in answer ? [[name, answer[name as keyof typeof answer] as Json]] : [])),
    );
    const { status, transactionHash, outcome, blockNumber, leafIndex, time } = answer;
    const facts = Object.entries({ outcome, blockNumber, leafIndex, time }).filter(([, value]) => value !== undefined);
    const submitted = { status, transactionHash, ...Object.fromEntries(facts) };
    return { submitted, extras, location: row.location(answer, { params }) };
  });
}

/** A value or a use case's refusal, as an answer. */
export function answer<S extends z.ZodType>(c: ApiContext, _schema: S, value: DeepReadonly<z.input<S>> | Refused): Response {
  if (isRefused(value)) return refusedProblem(c, value);
  return c.json(value as Json);
}

function isRefused<T>(value: T | Refused): value is Refused {
  return typeof value === "object" && value !== null && "refused" in value;
}
