import { type CertificateType, checkTypeChange, type Format, parseCertificateType } from "@vermilion/certificates";
import { isJsonObject, type Json, type JsonObject } from "@vermilion/ledger";
import * as z from "zod";
import { stateKeys } from "./keys.ts";
import { type MemberContext, memberOperation } from "./operation.ts";
import { type Refusal, refuse } from "./refusals.ts";

/** The shape of a type is the certificates package's to judge; here it is only told from what is no object. */
const defineArguments = z.strictObject({ type: z.custom<JsonObject>((value) => isJsonObject(value as Json)) });

export type DefineArguments = { readonly type: JsonObject };

/** A certificate type or its next version. Whoever defines the first version owns the type. */
function define(version: number, { formatsRefused, mayBreak }: { readonly formatsRefused: readonly Format[]; readonly mayBreak: boolean }) {
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
      if (later !== undefined) return refuse("malformed-type", `${later.name}: a format of later rules`);
      return (mayBreak ? undefined : checkChange(context, type)) ?? put(context, type);
    },
  });
}

/** What the latest version promised stands; who may not change the type is told that first. */
function checkChange({ view, member }: MemberContext, type: CertificateType): Refusal | undefined {
  const latest = view.get(stateKeys.typeLatest(type.id));
  const old = latest === undefined ? undefined : view.get(stateKeys.type(type.id, latest.version));
  if (old === undefined || old.owner !== member.id) return undefined;
  const problems = checkTypeChange(old, type);
  return problems.length === 0 ? undefined : refuse("type-change-breaks", problems.map(({ path, code }) => `${path} ${code}`).join(", "));
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

/** Version 2 takes fields of format `file`; version 3 refuses a change that would break what works with the version before. */
export const typeOperations = [
  define(1, { formatsRefused: ["file"], mayBreak: true }),
  define(2, { formatsRefused: [], mayBreak: true }),
  define(3, { formatsRefused: [], mayBreak: false }),
];
