import { type AccountRow, addressOf, operationCall, stateKeys } from "@vermilion/contracts";
import { thumbprint } from "@vermilion/ledger";
import type { Call } from "@vermilion/protocol";
import type { Context } from "../context.ts";
import { idSource } from "../entries/id-source.ts";
import { parseSignedObject } from "../entries/signed-object.ts";
import { submit } from "../entries/submit.ts";
import type { Caller, Refused, Submitted, WriteOptions } from "../services.ts";
import { readRow } from "../state/reader.ts";

/** C4 register: account name → address. The key pair was made on the user's device; only its public half comes here, with a proof. */
export async function registerAccount(
  context: Context,
  input: Call<"registerAccount">,
  caller: Caller,
  options: WriteOptions,
): Promise<(Submitted & { readonly address: string }) | Refused> {
  const proof = parseSignedObject(input.proof);
  if (proof === undefined) return { refused: "bad-proof", detail: "the proof is not a signed object in JSON" };
  const operation = operationCall("accounts.register", { kind: input.kind, name: input.name, jwk: input.jwk, proof });
  const submitted = await submit(context, { operations: [operation] }, idSource(caller, options), options);
  if ("refused" in submitted) return submitted;
  return { ...submitted, address: addressOf(thumbprint(input.jwk, context.crypto), context.crypto) };
}

/** C4 public key by address. */
export async function account(context: Context, address: string): Promise<AccountRow | Refused> {
  return (await readRow(context, stateKeys.account(address))) ?? { refused: "unknown-account", detail: address };
}
