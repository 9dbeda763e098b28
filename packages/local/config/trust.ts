import { existsSync, readFileSync } from "node:fs";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { readConsortium, readMemberConfig } from "./read.ts";

/** Makes this process believe the certificates that the members of `data` serve with, beside the system's: they are often self-signed. */
export function trustMembers(data: string, more: readonly string[] = []): void {
  const files = new Set(more);
  for (const { id } of readConsortium(data).members) {
    const { tls } = readMemberConfig(data, id);
    if (tls !== undefined) files.add(tls.certificate);
  }
  const readable = [...files].filter((file) => existsSync(file));
  if (readable.length === 0) return;
  setDefaultCACertificates([...getCACertificates("default"), ...readable.map((file) => readFileSync(file, "utf8"))]);
}
