import { type CertificateType, checkTypeChange, parseCertificateType } from "@vermilion/certificates";
import { isJsonObject, type Json, type JsonObject } from "@vermilion/ledger";
import * as z from "zod";
import { typeId } from "./operation/arguments.ts";
import { type MemberContext, operation } from "./operation/operation.ts";
import { type Refusal, refuse } from "./operation/refusals.ts";
import { stateKeys } from "./state/keys.ts";
import { membershipIn } from "./state/membership.ts";

/** The shape of a type is the certificates package's to judge; here it is only told from what is no object. */
const schema = z.strictObject({ type: z.custom<JsonObject>((value) => isJsonObject(value as Json)) });

/** A certificate type or its next version. Whoever defines the first version owns the type. */
const define = operation({
  contract: "types",
  operation: "define",
  version: 1,
  schema,
  authors: ["member"],
  subjects: ({ type }) => idOf(type).map((id) => ({ kind: "type", id })),
  counts: {},
  reads: ({ type }) => idOf(type).map(stateKeys.typeLatest),
  apply: (context, given) => {
    const type = parseCertificateType(given.type);
    if ("refused" in type) return refuse("malformed-type", problemsOf(type));
    return checkChange(context, type) ?? put(context, type);
  },
});

function idOf(type: JsonObject): readonly string[] {
  const id = typeId.safeParse(type["id"]);
  return id.success ? [id.data] : [];
}

/** What the latest version promised stands; who may not change the type is told that first. */
function checkChange({ view, author }: MemberContext, type: CertificateType): Refusal | undefined {
  const latest = view.get(stateKeys.typeLatest(type.id));
  const old = latest === undefined ? undefined : view.get(stateKeys.type(type.id, latest.version));
  if (old === undefined || old.owner !== author.id) return undefined;
  const problems = checkTypeChange(old, type);
  return problems.length === 0 ? undefined : refuse("type-change-breaks", problemsOf({ problems }));
}

function problemsOf({ problems }: { readonly problems: readonly { readonly path: string; readonly code: string }[] }): string {
  return problems.map(({ path, code }) => `${path} ${code}`).join(", ");
}

function put({ view, block, entry, author }: MemberContext, type: CertificateType): Refusal | undefined {
  const latestVersion = view.get(stateKeys.typeLatest(type.id))?.version ?? 0;
  if (latestVersion > 0) {
    const latest = view.get(stateKeys.type(type.id, latestVersion));
    if (latest?.owner !== author.id) return refuse("not-the-type-owner");
    if (latest.code !== type.code) return refuse("type-code-changed");
  }
  const coded = view.get(stateKeys.typeCode(type.code));
  if (coded !== undefined && coded.type !== type.id) return refuse("type-code-taken");
  if (type.version !== latestVersion + 1) return refuse("type-version-out-of-order", `the next version is ${latestVersion + 1}`);
  const members = new Set(membershipIn(view, block.height)?.members.map(({ id }) => id));
  if (namedMembers(type).some((id) => !members.has(id))) return refuse("unknown-member");

  view.put(stateKeys.type(type.id, type.version), { ...type, owner: author.id, transaction: entry.transactionHash, at: block.time });
  view.put(stateKeys.typeLatest(type.id), { version: type.version });
  view.put(stateKeys.typeCode(type.code), { type: type.id });
  return undefined;
}

function namedMembers(type: CertificateType): string[] {
  return [...type.issuers, ...type.parts.flatMap(({ completers }) => completers), ...type.policies.map(({ reader }) => reader)];
}

export const typeOperations = [define] as const;
