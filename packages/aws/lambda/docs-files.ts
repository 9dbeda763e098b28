import { readFile } from "node:fs/promises";
import type { DocsFile } from "@vermilion/api";

/** The deployment lays the files of the API's page beside the code of the function that shows it. */
export async function bundledDocsFile(name: DocsFile): Promise<Uint8Array | undefined> {
  try {
    return await readFile(new URL(`docs/${name}`, import.meta.url));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
