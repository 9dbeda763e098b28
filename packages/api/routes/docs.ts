import { z } from "@hono/zod-openapi";
import { docsFiles, docsPage, docsPolicy, docsStart } from "../docs-page.ts";
import type { Doors } from "../doors.ts";
import { problem } from "../problems.ts";

const names = ["start.js", ...Object.keys(docsFiles)] as ("start.js" | keyof typeof docsFiles)[];
const kept = "public, max-age=3600";
const scriptType = "text/javascript; charset=utf-8";

/** The page on which a developer reads the API and tries it. */
export function docsRoutes({ publicly, needs: { docsFile } }: Doors): void {
  publicly(
    {
      method: "get",
      path: "/docs",
      topic: "consortium",
      summary: { zh: "接口说明与试用", en: "The API, to read and to try" },
      answers: { 200: { description: "网页 · a page", content: { "text/html": z.string() } } },
    },
    async ({ c }) =>
      c.body(docsPage, 200, {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": docsPolicy,
        "Cache-Control": kept,
      }),
  );
  publicly(
    {
      method: "get",
      path: "/docs/{asset}",
      topic: "consortium",
      summary: { zh: "该网页的脚本与样式", en: "Scripts and styles of that page" },
      params: z.object({ asset: z.enum(names) }),
      answers: { 200: { description: "文件 · a file", content: { "text/javascript": z.string(), "text/css": z.string() } } },
      problems: ["no-docs"],
    },
    async ({ c, params: { asset } }) => {
      if (asset === "start.js") return c.body(docsStart, 200, { "Content-Type": scriptType, "Cache-Control": kept });
      const bytes = await docsFile?.(asset);
      if (bytes === undefined) return problem(c, { refused: "no-docs" });
      const type = asset.endsWith(".css") ? "text/css; charset=utf-8" : scriptType;
      return c.body(bytes as Uint8Array<ArrayBuffer>, 200, { "Content-Type": type, "Cache-Control": kept });
    },
  );
}
