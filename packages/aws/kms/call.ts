import { KMSServiceException } from "@aws-sdk/client-kms";
import { Fault } from "@vermilion/node/fault";

/** What KMS answers when it was given other bytes, another context or another key than it encrypted with. */
const doesNotOpen: ReadonlySet<string> = new Set(["InvalidCiphertextException", "IncorrectKeyException"]);

/**
 * Runs a call to KMS that the SDK has already repeated where that helps. Throws `Fault` `key-unwrap-failed` for what does not open, else
 * `keys-unavailable`. The error of the SDK is no cause of it: one about an answer that cannot be read holds the answer, secrets included.
 */
export async function kmsCall<Answer>(what: string, call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call();
  } catch (error) {
    const said = describe(error);
    if (error instanceof KMSServiceException && doesNotOpen.has(error.name)) throw new Fault("key-unwrap-failed", `KMS ${what}: ${said}`);
    throw new Fault("keys-unavailable", `KMS ${what}: ${said}`);
  }
}

/** The answer's bytes; a KMS that answers without them is no KMS. */
export function bytesOf(what: string, bytes: Uint8Array | undefined, length?: number): Uint8Array {
  if (bytes === undefined || (length !== undefined && bytes.length !== length))
    throw new Fault("keys-unavailable", `KMS ${what}: the answer does not hold what was asked for`);
  // A plain array of its own memory, whatever the SDK handed out.
  return Uint8Array.from(bytes);
}

/** Only what KMS itself has said is quoted: which action is not granted, which key is disabled. */
function describe(error: unknown): string {
  if (error instanceof KMSServiceException) return `${error.name}: ${error.message} (request ${error.$metadata.requestId ?? "unknown"})`;
  return error instanceof Error ? error.name : "unknown error";
}
