import type { Names } from "@vermilion/certificates";
import type { ArgumentsOf } from "@vermilion/contracts";
import type { JsonObject } from "@vermilion/ledger";
import * as z from "zod";
import { pageOf, pageQuery, submitted, waitQuery } from "./forms.ts";
import type { ProblemCode } from "./problems/index.ts";
import type { Scope } from "./scopes.ts";
import type { Topic } from "./topics.ts";

export type Shape = Readonly<Record<string, z.ZodType>>;

/**
 * All that is to know of one route of the API stands in one row. From the rows come the routes themselves, the OpenAPI document, the types of
 * the member's use cases and the client. The names of `params`, `query` and `body` are distinct: together they are the call.
 */
export interface Route {
  readonly method: "get" | "post" | "put" | "delete";
  /** As OpenAPI writes it: `/v1/types/{type}`. */
  readonly path: string;
  readonly topic: Topic;
  readonly names: Names;
  readonly description?: string;
  /** An app needs one of these. Absent: anybody may call, without an account. */
  readonly scopes?: readonly Scope[];
  /**
   * The member of the call by which its certificate type is known, for tokens that are narrowed to types; `any`: the call is about none in
   * particular. Absent: a scope for all types is needed.
   */
  readonly about?: "any" | "type" | "certificate" | "request";
  /** The use case must know who asks: the app alone, or also the person behind it, who must then be named. */
  readonly caller?: "app" | "operator";
  /** The operation that the call puts on the ledger: then it is a write, with a caller and an Idempotency-Key, and answers as every write. */
  readonly makes?: keyof ArgumentsOf;
  /** What a write answers beside that. */
  readonly adds?: Shape;
  readonly params?: Shape;
  /** The parameter that holds the rest of the path, slashes and all. */
  readonly tail?: string;
  readonly query?: Shape;
  readonly body?: Shape;
  /** `application/json` where absent. */
  readonly bodyMedia?: string;
  /** Instead of `body`: one member, which is the body as a whole. */
  readonly wholeBody?: Shape;
  /** Instead of `body`: the call carries `bytes`. */
  readonly upload?: true;
  /** Instead of `body`: a JSON array of these, or one a line (NDJSON), read as they come. */
  readonly lines?: z.ZodType;
  /** The use case may wait for something to happen, by default so many seconds. */
  readonly waits?: number;
  /** What is answered when all is well. */
  readonly result?: z.ZodType;
  /** Instead of `result`: a list of these, page by page. */
  readonly items?: z.ZodType;
  /** Media types of the result, the first by default; JSON where absent. */
  readonly media?: readonly [string, ...string[]];
  /** Those of `adds` that are in the first answer only, and not in a replayed one. */
  readonly secret?: readonly string[];
  /** Where what was written can be read; `{…}` are members of the call or of the result. */
  readonly location?: string;
  readonly cache?: string;
  /** Answers beside the result that are no problems, by status. */
  readonly otherAnswers?: Readonly<Record<number, string>>;
  /** Refusals of these statuses have another form than a problem's. */
  readonly errors?: { readonly description: string; readonly statuses: readonly number[]; readonly schema: z.ZodType };
  /** Public, and yet answered with the member's sign key: a process that holds none does not serve it. */
  readonly signs?: true;
  /** Refusals of the use case; those of the doors, and of every write, follow from what the row says. */
  readonly refusals?: readonly ProblemCode[];
}

/** For values, which are never changed by whom they are handed to. JSON of any form is read-only already. */
export type DeepReadonly<Value> = [JsonObject] extends [Value]
  ? Value
  : Value extends Uint8Array
    ? Value
    : Value extends object
      ? { readonly [Key in keyof Value]: DeepReadonly<Value[Key]> }
      : Value;

type Simple<Type> = { [Key in keyof Type]: Type[Key] };
type Output<S> = S extends Shape ? z.output<z.ZodObject<S>> : unknown;
type Input<S> = S extends Shape ? z.input<z.ZodObject<S>> : unknown;
type Of<Row, Key extends string> = Row extends { readonly [K in Key]: infer Value } ? Value : undefined;

/** What a use case is asked: everything that crossed the wall, parsed, defaults filled in. */
export type CallOf<Row> = DeepReadonly<
  Simple<
    Output<Of<Row, "params">> &
      Output<Of<Row, "query">> &
      Output<Of<Row, "body">> &
      Output<Of<Row, "wholeBody">> &
      (Row extends { readonly items: z.ZodType } ? Output<typeof pageQuery> : unknown) &
      (Row extends { readonly upload: true } ? { bytes: Uint8Array } : unknown)
  >
>;

/** What a caller gives; what may be absent may be undefined as well. */
export type CallInputOf<Row> = DeepReadonly<
  OrUndefined<
    Simple<
      Input<Of<Row, "params">> &
        Input<Of<Row, "query">> &
        Input<Of<Row, "body">> &
        Input<Of<Row, "wholeBody">> &
        (Row extends { readonly items: z.ZodType } ? Input<typeof pageQuery> : unknown) &
        (Row extends { readonly waits: number } ? { wait?: number } : unknown) &
        (Row extends { readonly upload: true } ? { bytes: Uint8Array } : unknown)
    >
  >
>;
type OrUndefined<Type> = { [Key in keyof Type]: object extends Pick<Type, Key> ? Type[Key] | undefined : Type[Key] };

/** What a write adds to what every write answers. */
export type ExtrasOf<Row> = DeepReadonly<Simple<Output<Of<Row, "adds">>>>;

/** What is answered. */
export type ResultOf<Row> = Row extends { readonly makes: string }
  ? Simple<DeepReadonly<z.output<typeof submitted>> & ExtrasOf<Row>>
  : DeepReadonly<
      Row extends { readonly items: infer Item extends z.ZodType }
        ? z.output<ReturnType<typeof pageOf<Item>>>
        : Row extends { readonly result: infer Result extends z.ZodType }
          ? z.output<Result>
          : undefined
    >;

/** Codes with which the use case may refuse. */
export type RefusalOf<Row> = Row extends { readonly refusals: readonly (infer Code)[] } ? Code : never;

export type Audience = "public" | "app" | "peer";

export function audienceOf(route: Route): Audience {
  if (route.topic === "peers") return "peer";
  return route.scopes === undefined ? "public" : "app";
}

export function isWrite(route: Route): boolean {
  return route.makes !== undefined;
}

export function needsOperator(route: Route): boolean {
  return isWrite(route) || route.caller === "operator";
}

/** The whole question behind `?`. */
export function queryShapeOf({ query, items, waits }: Route): Shape {
  return { ...query, ...(items === undefined ? {} : pageQuery), ...(waits === undefined ? {} : waitQuery(waits)) };
}

export function resultSchemaOf({ makes, adds, items, result }: Route): z.ZodType {
  if (makes !== undefined) return submitted.extend({ ...adds });
  return items === undefined ? (result ?? z.undefined()) : pageOf(items);
}
