import { isJsonObject, type JsonObject, type Operation } from "@vermilion/ledger";
import { evidenceId, requestId } from "./keys.ts";

export type SubjectKind = "consortium" | "member" | "rules" | "type" | "certificate" | "request" | "account" | "file" | "evidence";

/** What an operation changed: a kind of thing and its name. */
export type Subject = { readonly kind: SubjectKind; readonly id: string };

type Find = (given: JsonObject, place: { readonly transaction: string; readonly operation: number }) => readonly Subject[];

const named =
  (kind: SubjectKind, ...names: readonly string[]): Find =>
  (given) =>
    names.flatMap((name) => {
      const id = given[name];
      return typeof id === "string" ? [{ kind, id }] : [];
    });

const nowhere = { transaction: "", operation: 0 };

/** One row an operation, of all its versions. */
const finders: Readonly<Record<string, Find>> = {
  "consortium.found": named("consortium", "name"),
  "consortium.activate": named("rules", "contract"),
  "consortium.rejoin": named("member", "member"),
  "types.define": ({ type }) => (type !== undefined && isJsonObject(type) ? named("type", "id")(type, nowhere) : []),
  "certificates.issue": named("certificate", "certificate"),
  "certificates.complete": named("certificate", "certificate"),
  "certificates.renew": named("certificate", "certificate", "replaces"),
  "certificates.correct": named("certificate", "certificate"),
  "certificates.suspend": named("certificate", "certificate"),
  "certificates.resume": named("certificate", "certificate"),
  "certificates.revoke": named("certificate", "certificate"),
  "certificates.receive": named("certificate", "certificate"),
  "requests.open": (given, { transaction, operation }) => [
    { kind: "request", id: requestId(transaction, operation) },
    ...named("certificate", "certificate")(given, nowhere),
  ],
  "requests.decide": named("request", "request"),
  "grants.give": (given) => [...named("request", "request")(given, nowhere), ...named("certificate", "certificate")(given, nowhere)],
  "accounts.register": () => [],
  "verifications.record": named("certificate", "certificate"),
  "files.register": named("file", "file"),
  "evidence.deposit": (_given, { transaction, operation }) => [{ kind: "evidence", id: evidenceId(transaction, operation) }],
};

/** What the operations of an applied entry changed, each thing once; a refused entry changed nothing. */
export function subjectsOf(transaction: string, operations: readonly Operation[]): readonly Subject[] {
  const all = operations.flatMap(({ contract, operation, arguments: given }, place) => {
    const find = Object.hasOwn(finders, `${contract}.${operation}`) ? finders[`${contract}.${operation}`] : undefined;
    return find?.(given, { transaction, operation: place }) ?? [];
  });
  return [...new Map(all.map((subject) => [`${subject.kind} ${subject.id}`, subject])).values()];
}
