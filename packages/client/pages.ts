import type { Page } from "./answers.ts";
import type { CallOptions } from "./transport.ts";

export interface PageOptions extends CallOptions {
  /** `next` of the page before. */
  readonly cursor?: string;
  /** Items a page. */
  readonly limit?: number;
}

/** All items, page after page; a page is asked for when its first item is wanted. */
export async function* each<T>(ask: (cursor: { readonly cursor?: string }) => Promise<Page<T>>): AsyncGenerator<T, void, undefined> {
  let cursor: { readonly cursor?: string } = {};
  for (;;) {
    const page = await ask(cursor);
    yield* page.items;
    if (page.next === undefined) return;
    cursor = { cursor: page.next };
  }
}
