import type { Crypto, Json, ParsedEntry } from "@vermilion/ledger";
import type * as z from "zod";
import { type Place, stateKeys } from "./keys.ts";
import { type Refusal, refuse } from "./refusals.ts";
import type { KeyRow, MemberRow } from "./rows.ts";
import type { StateView } from "./view.ts";

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

/** The block, and the entry's place in it (0 for the first); list and trace keys hold the place. */
export interface EntryContext extends BlockContext {
  readonly index: number;
}

export interface OperationContext {
  readonly view: StateView;
  readonly block: EntryContext;
  readonly entry: ParsedEntry;
  /** Place of the operation in the entry. */
  readonly operation: number;
  readonly crypto: Crypto;
}

/** For the operations that only a member may author. */
export interface MemberContext extends OperationContext {
  readonly member: MemberRow;
}

interface OperationRow<Schema extends z.ZodType, Context> {
  readonly contract: string;
  readonly operation: string;
  /** The contract's version that brought this row; it is in force until a higher one of the same name is. */
  readonly version: number;
  readonly arguments: Schema;
  /** Keys that a run will surely read, the author's excepted. A hint for the loader, never needed for the right answer. */
  readonly reads: (given: z.output<Schema>) => readonly string[];
  readonly apply: (context: Context, given: z.output<Schema>) => Refusal | undefined;
}

/** A row of the registry, the type of its arguments closed inside. */
export interface Operation {
  readonly contract: string;
  readonly operation: string;
  readonly version: number;
  readonly arguments: z.ZodType;
  /** Checks the arguments; answers what can then be done with them. */
  readonly prepare: (given: Json) => PreparedOperation | Refusal;
}

export interface PreparedOperation {
  readonly reads: () => readonly string[];
  readonly apply: (context: OperationContext) => Refusal | undefined;
}

/** An operation that judges its authors itself. */
export function operation<Schema extends z.ZodType>(row: OperationRow<Schema, OperationContext>): Operation {
  // Arguments are asked about when their reads are loaded and again in each run; nobody changes them in between.
  const known = new WeakMap<object, PreparedOperation | Refusal>();
  function prepare(given: Json): PreparedOperation | Refusal {
    const parsed = row.arguments.safeParse(given);
    if (!parsed.success) return refuse("malformed-arguments", problemOf(parsed.error));
    return { reads: () => row.reads(parsed.data), apply: (context) => row.apply(context, parsed.data) };
  }
  return {
    contract: row.contract,
    operation: row.operation,
    version: row.version,
    arguments: row.arguments,
    prepare: (given) => {
      if (typeof given !== "object" || given === null) return prepare(given);
      const prepared = known.get(given) ?? prepare(given);
      known.set(given, prepared);
      return prepared;
    },
  };
}

/** An operation authored by a member; further signers are allowed and mean nothing. */
export function memberOperation<Schema extends z.ZodType>(row: OperationRow<Schema, MemberContext>): Operation {
  return operation({
    ...row,
    apply: (context, given) => {
      const member = memberOf(context, context.entry.payload.signers[0]);
      return member === undefined ? refuse("not-a-member") : row.apply({ ...context, member }, given);
    },
  });
}

/** An operation signed by more than half of the consortium's members. */
export function majorityOperation<Schema extends z.ZodType>(row: OperationRow<Schema, MemberContext>): Operation {
  return memberOperation({
    ...row,
    apply: (context, given) => {
      const signed = new Set<string>();
      for (const signer of context.entry.payload.signers) {
        const member = memberOf(context, signer);
        if (member !== undefined) signed.add(member.id);
      }
      const members = context.view.get(stateKeys.consortium())?.members.length ?? 0;
      return signed.size * 2 > members
        ? row.apply(context, given)
        : refuse("not-a-majority", `${signed.size} of ${members} members signed`);
    },
  });
}

export function placeOf(context: OperationContext): Place {
  return { height: context.block.height, index: context.block.index, operation: context.operation };
}

/** The active member whose key `signer` is. */
function memberOf(context: OperationContext, signer: string | undefined): MemberRow | undefined {
  if (signer === undefined) return undefined;
  const key: KeyRow | undefined = context.view.get(stateKeys.key(signer));
  if (key?.owner.kind !== "member") return undefined;
  const member = context.view.get(stateKeys.member(key.owner.id));
  return member?.status === "active" ? member : undefined;
}

/** Where and what, without the refused value: details may reach logs. */
function problemOf(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue === undefined ? "malformed" : `${issue.path.join(".")}: ${issue.code}`;
}
