import type { CertificateRow, PartRow } from "./rows.ts";

/** Own properties only: `constructor` has the form of a part's id. */
export function partOf(certificate: CertificateRow, part: string): PartRow | undefined {
  return Object.hasOwn(certificate.parts, part) ? certificate.parts[part] : undefined;
}
