import type { FoundingNeeds } from "../context/needs.ts";
import type { DoorHandler } from "../doors/door.ts";
import { problem } from "../http/problems.ts";
import { openApiDocument } from "./document.ts";
import { docsPage, docsPolicy, docsStart } from "./page.ts";

const kept = "public, max-age=3600";
const scriptType = "text/javascript; charset=utf-8";

/** The page on which a developer reads the API and tries it. */
export const docs: DoorHandler<"docs"> = async ({ c }) =>
  c.body(docsPage, 200, { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": docsPolicy, "Cache-Control": kept });

export function docsFileOf({ docsFile }: Pick<FoundingNeeds, "docsFile">): DoorHandler<"docsFile"> {
  return async ({ c, call: { asset } }) => {
    if (asset === "start.js") return c.body(docsStart, 200, { "Content-Type": scriptType, "Cache-Control": kept });
    const bytes = await docsFile?.(asset);
    if (bytes === undefined) return problem(c, { refused: "no-docs" });
    const type = asset.endsWith(".css") ? "text/css; charset=utf-8" : scriptType;
    return c.body(Uint8Array.from(bytes), 200, { "Content-Type": type, "Cache-Control": kept });
  };
}

/** The document is made once: the routes do not change while the member runs. */
export function openApiOf({ baseUrl, member }: Pick<FoundingNeeds, "baseUrl" | "member">): DoorHandler<"openapi"> {
  let text: string | undefined;
  return async ({ c }) => {
    text ??= JSON.stringify(openApiDocument({ baseUrl, member }));
    return c.body(text, 200, { "Content-Type": "application/json", "Cache-Control": "public, max-age=300" });
  };
}
