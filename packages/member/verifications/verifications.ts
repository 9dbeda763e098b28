import { inflateSync } from "node:zlib";
import { issuerSignedHash, parseSdJwt, typeUrn, verifyCertificate } from "@vermilion/certificates";
import { type CertificateRow, type DigestRow, operationCall, stateKeys, type Verdicts } from "@vermilion/contracts";
import type { Call } from "@vermilion/protocol";
import type { Context } from "../context.ts";
import { byOf } from "../entries/by.ts";
import { idSource } from "../entries/id-source.ts";
import { submit } from "../entries/submit.ts";
import type { Caller, Refused, Submitted, WriteOptions } from "../services.ts";
import { readRow } from "../state/reader.ts";

/** C4 verify: the presented SD-JWT is checked here, and that it was checked, by whom and with what result, is itself an entry. */
export async function verify(
  context: Context,
  input: Call<"verifyCertificate">,
  caller: Caller,
  options: WriteOptions,
): Promise<(Submitted & { readonly verdicts: Verdicts }) | Refused> {
  const sdJwt = parseSdJwt(input.sdJwt);
  if ("refused" in sdJwt) return { refused: sdJwt.refused, detail: sdJwt.detail.en };
  const issuerSigned = issuerSignedHash(sdJwt.jws, context.crypto);
  const document = await readRow(context, stateKeys.digest(issuerSigned));
  if (document === undefined) return { refused: "unknown-document", detail: "nothing with this issuer-signed part is on the ledger" };
  const certificate = await readRow(context, stateKeys.certificate(document.certificate));
  const owner = certificate?.parts[document.part]?.owner;
  const issuer = owner === undefined ? undefined : await readRow(context, stateKeys.member(owner));
  if (certificate === undefined || issuer === undefined) throw new Error("bug: a digest row without its certificate or member");
  const checked = verifyCertificate({
    sdJwt: input.sdJwt,
    issuerKey: issuer.keys.sign,
    issuerName: `${context.consortium}/${issuer.id}`,
    now: context.clock.now(),
    crypto: context.crypto,
    inflate,
  });
  const isOfRow =
    checked.claims?.jti === certificate.certificate &&
    checked.claims.part === document.part &&
    checked.claims.vct === typeUrn(certificate.type, certificate.parts[document.part]?.typeVersion ?? 0);
  const verdicts: Verdicts = {
    integrity: checked.integrity.verdict === "holds" && !isOfRow ? "fails" : checked.integrity.verdict,
    // The ledger's own, at the height that this member has published; the document itself says when it expires.
    status: statusNow(certificate, document, checked.status.verdict === "expired"),
    issuer: checked.issuer.verdict === "unknown" ? "not-checked" : checked.issuer.verdict,
  };
  const given = {
    issuerSigned,
    certificate: document.certificate,
    verifier: input.verifier ?? null,
    issuerCode: input.issuerCode,
    verdicts,
    by: byOf(caller),
  };
  const operation = operationCall("verifications.record", given);
  const submitted = await submit(context, { operations: [operation] }, idSource(caller, options), options);
  return "refused" in submitted ? submitted : { ...submitted, verdicts };
}

/** What the register says now; a document that was corrected is told apart from the certificate, which stands. */
function statusNow(certificate: CertificateRow, document: DigestRow, isExpired: boolean): Verdicts["status"] {
  if (certificate.status === "revoked" || certificate.status === "replaced") return certificate.status;
  if (document.correctedBy !== undefined) return "corrected";
  return isExpired ? "expired" : certificate.status;
}

function inflate(bytes: Uint8Array, bytesMax: number): Uint8Array | undefined {
  try {
    return inflateSync(bytes, { maxOutputLength: bytesMax });
  } catch {
    return undefined;
  }
}
