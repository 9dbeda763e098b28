import type { Crypto, Json, ParsedEntry } from "@vermilion/ledger";
import type * as z from "zod";
import type { Position } from "../state/position.ts";
import type { StateView } from "../state/view.ts";
import { type AuthorOf, type AuthorRule, type Authors, judgeAuthor, type MemberAuthor } from "./authors.ts";
import { type Count, countAct } from "./counts.ts";
import { type Refusal, refuse } from "./refusals.ts";
import type { NamedAt, Subject } from "./subjects.ts";

/** What contracts know of the block; nothing else of the world reaches them. */
export interface BlockContext {
  /** Chain id, hex. */
  readonly chain: string;
  readonly height: number;
  /** Header time, ms since 1970: contracts' now. */
  readonly time: number;
  /** Member id. */
  readonly proposer: string;
}

/** The block, and the index of the entry in it; list and trace keys hold both. */
export interface EntryContext extends BlockContext {
  readonly index: number;
}

export interface OperationContext {
  readonly view: StateView;
  readonly block: EntryContext;
  readonly entry: ParsedEntry;
  /** Index of the operation in the entry. */
  readonly operation: number;
  readonly crypto: Crypto;
}

export interface AuthoredContext<Author> extends OperationContext {
  readonly author: Author;
}

/** For what a member alone may do. */
export type MemberContext = AuthoredContext<MemberAuthor>;

/** All that is to know of one operation of a contract. */
interface OperationRow<Contract extends string, Name extends string, Schema extends z.ZodType, Rule extends AuthorRule> {
  readonly contract: Contract;
  readonly operation: Name;
  /** The contract's version that brought this row; it is in force until a higher one of the same name is. */
  readonly version: number;
  /** Of the arguments. */
  readonly schema: Schema;
  readonly authors: Authors<Rule>;
  /** What it changes, for who looks at the entry later. */
  readonly subjects: (given: z.output<Schema>, at: NamedAt) => readonly Subject[];
  /** The acts as which it is counted, by name; none: `{}`. */
  readonly counts: Readonly<Record<string, Count<AuthoredContext<AuthorOf<Rule>>, z.output<Schema>>>>;
  /** How many of each act one operation is; absent: one. */
  readonly times?: (given: z.output<Schema>) => number;
  /** Keys that a run will surely read, the author's excepted. A hint for the loader, never needed for the right answer. */
  readonly reads: (given: z.output<Schema>) => readonly string[];
  readonly apply: (context: AuthoredContext<AuthorOf<Rule>>, given: z.output<Schema>) => Refusal | undefined;
}

/** An act that is counted, without how. */
export interface Act {
  readonly act: string;
  readonly of: "author" | "reader";
  readonly way?: "details" | "verify";
}

/** A row of the registry, what its arguments are closed inside. */
export interface Operation<Contract extends string = string, Name extends string = string, Schema extends z.ZodType = z.ZodType> {
  readonly contract: Contract;
  readonly operation: Name;
  readonly version: number;
  readonly schema: Schema;
  readonly authors: readonly AuthorRule[];
  readonly acts: readonly Act[];
  /** The arguments of a call, undefined where they are not in form. */
  readonly read: (given: Json) => z.output<Schema> | undefined;
  /** Checks the arguments; answers what can then be done with them. */
  readonly prepare: (given: Json) => PreparedOperation | Refusal;
}

export interface PreparedOperation {
  readonly reads: () => readonly string[];
  readonly subjects: (at: NamedAt) => readonly Subject[];
  /** How many of each of its acts it is. */
  readonly times: () => number;
  /** Judges the author, applies and counts. */
  readonly apply: (context: OperationContext) => Refusal | undefined;
}

export function operation<
  const Contract extends string,
  const Name extends string,
  Schema extends z.ZodType,
  const Rule extends AuthorRule,
>(row: OperationRow<Contract, Name, Schema, Rule>): Operation<Contract, Name, Schema> {
  // Arguments are asked about when their reads are loaded and again in each run; nobody changes them in between.
  const known = new WeakMap<object, PreparedOperation | Refusal>();
  const { contract, operation: name, version, schema, authors } = row;
  const acts = Object.entries<Count<never, never>>(row.counts).map(([act, { of, way }]) => ({
    act,
    of,
    ...(way === undefined ? {} : { way }),
  }));
  return {
    contract,
    operation: name,
    version,
    schema,
    authors,
    acts,
    read: (given) => schema.safeParse(given).data,
    prepare: (given) => {
      if (typeof given !== "object" || given === null) return prepare(row, given);
      const prepared = known.get(given) ?? prepare(row, given);
      known.set(given, prepared);
      return prepared;
    },
  };
}

function prepare<Schema extends z.ZodType, Rule extends AuthorRule>(
  row: OperationRow<string, string, Schema, Rule>,
  json: Json,
): PreparedOperation | Refusal {
  const parsed = row.schema.safeParse(json);
  if (!parsed.success) return refuse("malformed-arguments", problemOf(parsed.error));
  const given = parsed.data;
  const times = () => row.times?.(given) ?? 1;
  return {
    reads: () => row.reads(given),
    subjects: (at) => row.subjects(given, at),
    times,
    apply: (context) => {
      const judged = judgeAuthor(row.authors, context);
      if (!("author" in judged)) return judged;
      const authored = { ...context, author: judged.author };
      const refusal = row.apply(authored, given);
      if (refusal !== undefined) return refusal;
      for (const [act, { counted }] of Object.entries(row.counts)) {
        const of = counted(authored, given);
        if (of !== undefined) countAct(context.view, context.block.time, act, times(), of);
      }
      return undefined;
    },
  };
}

export function positionOf(context: OperationContext): Position {
  return { height: context.block.height, index: context.block.index, operation: context.operation };
}

/** Where and what, without the refused value: details may reach logs. */
function problemOf(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue === undefined ? "malformed" : `${issue.path.join(".")}: ${issue.code}`;
}
