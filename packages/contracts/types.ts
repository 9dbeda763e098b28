import { type CertificateType, type Format, parseCertificateType } from "@vermilion/certificates";
import { isJsonObject, type Json, type JsonObject } from "@vermilion/ledger";
import * as z from "zod";
import { stateKeys } from "./keys.ts";
import { type MemberContext, memberOperation } from "./operation.ts";
import { type Refusal, refuse } from "./refusals.ts";

/** The shape of a type is the certificates package's to judge; here it is only told from what is no object. */
const defineArguments = z.strictObject({ type: z.custom<JsonObject>((value) => isJsonObject(value as Json)) });

export type DefineArguments = { readonly type: JsonObject };

/** A certificate type or its next version. Whoever defines the first version owns the type. */
function define(version: number, formatsRefused: readonly Format[]) {
  return memberOperation({
    contract: "types",
    operation: "define",
    version,
    arguments: defineArguments,
    reads: ({ type }) =>
      typeof type["id"] === "string" && /^[a-z][a-z0-9-]{0,63}$/.test(type["id"]) ? [stateKeys.typeLatest(type["id"])] : [],
    apply: (context, given) => {
      const type = parseCertificateType(given.type);
      if ("refused" in type) return refuse("malformed-type", type.problems.map(({ path, code }) => `${path} ${code}`).join(", "));
      const later = type.fields.find(({ schema }) => schema.type === "string" && schema.format && formatsRefused.includes(schema.format));
      return later === undefined ? put(context, type) : refuse("malformed-type", `${later.name}: a format of later rules`);
    },
  });
}

function put({ view, block, entry, member }: MemberContext, type: CertificateType): Refusal | undefined {
  const latestVersion = view.get(stateKeys.typeLatest(type.id))?.version ?? 0;
  if (latestVersion > 0) {
    const latest = view.get(stateKeys.type(type.id, latestVersion));
    if (latest?.owner !== member.id) return refuse("not-the-type-owner");
    if (latest.code !== type.code) return refuse("type-code-changed");
  }
  const coded = view.get(stateKeys.typeCode(type.code));
  if (coded !== undefined && coded.type !== type.id) return refuse("type-code-taken");
  if (type.version !== latestVersion + 1) return refuse("type-version-out-of-order", `the next version is ${latestVersion + 1}`);
  const members = new Set(view.get(stateKeys.consortium())?.members);
  if (namedMembers(type).some((id) => !members.has(id))) return refuse("unknown-member");

  view.put(stateKeys.type(type.id, type.version), { ...type, owner: member.id, transaction: entry.transactionHash, at: block.time });
  view.put(stateKeys.typeLatest(type.id), { version: type.version });
  view.put(stateKeys.typeCode(type.code), { type: type.id });
  return undefined;
}

function namedMembers(type: CertificateType): string[] {
  return [...type.issuers, ...type.parts.flatMap(({ completers }) => completers), ...type.policies.map(({ reader }) => reader)];
}

/** Version 2 takes fields of format `file`; nothing else differs. */
export const typeOperations = [define(1, ["file"]), define(2, [])];
