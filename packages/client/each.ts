import { type CallInput, type Result, type Route, type Routes, routes } from "@vermilion/protocol";
import type { Calls } from "./calls.ts";
import type { CallOptions } from "./options.ts";

/** Routes that answer page by page. */
type PagedName = { [Name in keyof Calls]: Routes[Name] extends { readonly items: unknown } ? Name : never }[keyof Calls];
type Item<Name extends PagedName> = Result<Name> extends { readonly items: readonly (infer Each)[] } ? Each : never;

/** All items of a list, page after page; a page is asked for when its first item is wanted. */
export type Each = {
  readonly [Name in PagedName]: (
    call?: Omit<CallInput<Name>, "cursor">,
    options?: CallOptions,
  ) => AsyncGenerator<Item<Name>, void, undefined>;
};

interface Page {
  readonly items: readonly unknown[];
  readonly next?: string;
}
type AskPage = (call: Readonly<Record<string, unknown>>, options: CallOptions) => Promise<Page>;

export function eachOf(calls: Calls): Each {
  const paged = Object.entries(routes).flatMap(([name, route]: [string, Route]) => (route.items === undefined ? [] : [name as PagedName]));
  return Object.fromEntries(paged.map((name) => [name, pagesOf(calls[name] as AskPage)])) as Each;
}

function pagesOf(ask: AskPage) {
  return async function* (
    call: Readonly<Record<string, unknown>> = {},
    options: CallOptions = {},
  ): AsyncGenerator<unknown, void, undefined> {
    for (let cursor: string | undefined, more = true; more; ) {
      const page = await ask({ ...call, cursor }, options);
      yield* page.items;
      cursor = page.next;
      more = cursor !== undefined;
    }
  };
}
