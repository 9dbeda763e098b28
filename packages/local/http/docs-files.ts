import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { type DocsFile, docsFiles } from "@vermilion/api";

const require = createRequire(import.meta.url);

/** The files of Swagger UI, from its package. */
export function packagedDocsFile(name: DocsFile): Promise<Uint8Array> {
  return readFile(require.resolve(`swagger-ui-dist/${docsFiles[name]}`));
}
