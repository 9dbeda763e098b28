import { type Crypto, canonical, concat, type Json, toHex, utf8 } from "@vermilion/ledger";
import { registeredClaims } from "./disclosure.ts";
import { type FieldSchema, patternCostOf, readFieldSchema } from "./field-schema.ts";
import type { Names } from "./refusal.ts";
import { type TypeProblem, TypeReader } from "./type-reader.ts";
import { checkUscc } from "./uscc.ts";

/** `public` may be shown to anyone who may see the certificate, `internal` to agencies, `sensitive` is masked by default (ID numbers …). */
export type Sensitivity = "public" | "internal" | "sensitive";

/** The part that the issuer fills; every other part (录入) has an id of its own and is added by a completer. */
export const mainPart = "main";

export type TypeField = {
  /** Claim name; unique within its part. */
  readonly name: string;
  readonly names: Names;
  readonly part: string;
  readonly schema: FieldSchema;
  readonly sensitivity: Sensitivity;
  readonly required: boolean;
  /** Position on forms and prints, ascending within the part. */
  readonly order: number;
  /** The label on the detail page of a record, where it is another than on the form. */
  readonly detailNames?: Names;
  /** The USCC field that this organisation code is read from: nobody types it in, the issuer's member fills it. */
  readonly derivedFrom?: string;
};

/** A main field that the form of a later part shows already filled. */
export type PrefilledField = {
  readonly field: string;
  /** The label on that form, where it is another than on the form of the main part. */
  readonly names?: Names;
};

export type TypePart = {
  readonly id: string;
  readonly names: Names;
  /** Members that may add this part. */
  readonly completers: readonly string[];
  /** In the order of the form. A completer reads them by a grant, as any reader does. */
  readonly prefilled?: readonly PrefilledField[];
};

/** A standing policy (常设授权): the reader gets these fields for these purposes without being asked again. */
export type StandingPolicy = {
  readonly reader: string;
  readonly part: string;
  readonly fields: readonly string[];
  readonly purposes: readonly string[];
};

/** A certificate type (证照类型): data, never code. */
export type CertificateType = {
  readonly id: string;
  readonly version: number;
  readonly names: Names;
  /** 21 characters (GB/T 36904): USCC of the defining authority and a three-digit order number. */
  readonly code: string;
  readonly fields: readonly TypeField[];
  readonly parts: readonly TypePart[];
  readonly issuers: readonly string[];
  readonly policies: readonly StandingPolicy[];
  /** Which main field is the certificate number (证照编号), and whether it may stand in the public identifier. */
  readonly number?: { readonly field: string; readonly public: boolean };
  readonly validityDays?: number;
};

export interface InvalidType {
  readonly refused: "invalid-type";
  readonly problems: readonly TypeProblem[];
}

export const typeBytesMax = 48 * 1024;
export const fieldsPerTypeMax = 200;
/**
 * Steps that the patterns of all fields may take together, for the longest values: a fraction of a second. One request may bring every field
 * at its full length, and the member answers nobody else while it is checked.
 */
export const patternCostMax = 2_000_000;
const partsMax = 16;
const membersMax = 64;
const policiesMax = 100;
const purposesMax = 32;

const TYPE_ID = /^[a-z][a-z0-9-]{0,63}$/;
const FIELD_NAME = /^[A-Za-z][A-Za-z0-9]{0,63}$/;
const MEMBER_ID = /^[a-z][a-z0-9-]{0,31}$/;
const PURPOSE = /^[a-z][a-z0-9-]{0,63}$/;
const TYPE_CODE = /^[0-9A-HJ-NPQRTUWXY]{18}[0-9]{3}$/;
const SENSITIVITY = /^(?:public|internal|sensitive)$/;

/** Parses a type, or explains everything that is wrong with it. Input is JSON as `parseStrict` or `parseCanonical` gives it. */
export function parseCertificateType(json: Json): CertificateType | InvalidType {
  const reader = new TypeReader();
  const top = reader.object(json, "", [
    "id",
    "version",
    "names",
    "code",
    "fields",
    "parts",
    "issuers",
    "policies",
    "number",
    "validityDays",
  ]);
  const parts = readParts(top.parts, reader);
  const type: CertificateType = {
    id: reader.text(top.id, "/id", TYPE_ID),
    version: reader.integer(top.version, "/version", 1, 999),
    names: reader.names(top.names, "/names"),
    code: readCode(top.code, reader),
    fields: readFields(top.fields, parts, reader),
    parts,
    issuers: reader.texts(top.issuers, "/issuers", MEMBER_ID, 1, membersMax),
    policies: reader.list(top.policies, "/policies", policiesMax).map((each, at) => readPolicy(each, `/policies/${at}`, reader)),
    ...(top.number === undefined ? {} : { number: readNumber(top.number, reader) }),
    ...(top.validityDays === undefined ? {} : { validityDays: reader.integer(top.validityDays, "/validityDays", 1, 36_500) }),
  };
  checkReferences(type, reader);
  if (reader.problems.length === 0 && canonical(json).length > typeBytesMax) {
    reader.note("", "too-large", "证照类型超过48 KB", "the type is larger than 48 KB in canonical form");
  }
  return reader.problems.length === 0 ? type : { refused: "invalid-type", problems: reader.problems };
}

function readCode(value: Json | undefined, reader: TypeReader): string {
  const code = reader.text(value, "/code", TYPE_CODE);
  const bad = code === "" ? undefined : checkUscc(code.slice(0, 18));
  if (bad !== undefined) reader.note("/code", bad.refused, bad.detail.zh, bad.detail.en);
  return code;
}

function readParts(value: Json | undefined, reader: TypeReader): TypePart[] {
  const parts = reader.list(value, "/parts", partsMax).map((each, at) => {
    const path = `/parts/${at}`;
    const { id, names, completers, prefilled } = reader.object(each, path, ["id", "names", "completers", "prefilled"]);
    return {
      id: reader.text(id, `${path}/id`, MEMBER_ID),
      names: reader.names(names, `${path}/names`),
      completers: reader.texts(completers, `${path}/completers`, MEMBER_ID, 1, membersMax),
      ...(prefilled === undefined ? {} : { prefilled: readPrefilled(prefilled, `${path}/prefilled`, reader) }),
    };
  });
  reader.unique([mainPart, ...parts.map(({ id }) => id)], (at) => `/parts/${at - 1}/id`);
  return parts;
}

function readPrefilled(value: Json, path: string, reader: TypeReader): PrefilledField[] {
  const rows = reader.list(value, path, fieldsPerTypeMax).map((each, at): PrefilledField => {
    const { field, names } = reader.object(each, `${path}/${at}`, ["field", "names"]);
    const name = reader.text(field, `${path}/${at}/field`, FIELD_NAME);
    return names === undefined ? { field: name } : { field: name, names: reader.names(names, `${path}/${at}/names`) };
  });
  reader.unique(
    rows.map(({ field }) => field),
    (at) => `${path}/${at}/field`,
  );
  return rows;
}

const fieldKeys = ["name", "names", "part", "schema", "sensitivity", "required", "order", "detailNames", "derivedFrom"];

function readFields(value: Json | undefined, parts: readonly TypePart[], reader: TypeReader): TypeField[] {
  const known = [mainPart, ...parts.map(({ id }) => id)];
  const fields = reader.list(value, "/fields", fieldsPerTypeMax).map((each, at): TypeField => {
    const path = `/fields/${at}`;
    const row = reader.object(each, path, fieldKeys);
    const name = reader.text(row.name, `${path}/name`, FIELD_NAME);
    if (registeredClaims.includes(name))
      reader.note(`${path}/name`, "reserved-name", "该名称为保留声明名", "is the name of a registered claim");
    const part = reader.text(row.part, `${path}/part`, MEMBER_ID);
    if (part !== "" && !known.includes(part)) reader.note(`${path}/part`, "unknown-part", "没有该部分", "no such part");
    return {
      name,
      names: reader.names(row.names, `${path}/names`),
      part,
      schema: readFieldSchema(row.schema, `${path}/schema`, reader),
      sensitivity: readSensitivity(row.sensitivity, `${path}/sensitivity`, reader),
      required: reader.boolean(row.required, `${path}/required`),
      order: reader.integer(row.order, `${path}/order`, 0, 9_999),
      ...(row.detailNames === undefined ? {} : { detailNames: reader.names(row.detailNames, `${path}/detailNames`) }),
      ...(row.derivedFrom === undefined ? {} : { derivedFrom: reader.text(row.derivedFrom, `${path}/derivedFrom`, FIELD_NAME) }),
    };
  });
  reader.unique(
    fields.map(({ part, name }) => (name === "" ? "" : `${part}/${name}`)),
    (at) => `/fields/${at}/name`,
  );
  if (fields.reduce((sum, { schema }) => sum + patternCostOf(schema), 0) > patternCostMax) {
    reader.note(
      "/fields",
      "pattern-too-costly",
      "各字段的正则表达式合计过于耗时：请缩短maxLength或简化",
      "the patterns of the fields together take too long: lower maxLength or make them simpler",
    );
  }
  for (const part of known) {
    if (!fields.some((field) => field.part === part)) reader.note("/fields", "empty", `部分${part}没有字段`, `part ${part} has no field`);
  }
  return fields;
}

function readSensitivity(value: Json | undefined, path: string, reader: TypeReader): Sensitivity {
  const text = reader.text(value, path, SENSITIVITY);
  return text === "public" || text === "internal" ? text : "sensitive";
}

function readPolicy(value: Json, path: string, reader: TypeReader): StandingPolicy {
  const row = reader.object(value, path, ["reader", "part", "fields", "purposes"]);
  return {
    reader: reader.text(row.reader, `${path}/reader`, MEMBER_ID),
    part: reader.text(row.part, `${path}/part`, MEMBER_ID),
    fields: reader.texts(row.fields, `${path}/fields`, FIELD_NAME, 1, fieldsPerTypeMax),
    purposes: reader.texts(row.purposes, `${path}/purposes`, PURPOSE, 1, purposesMax),
  };
}

function readNumber(value: Json, reader: TypeReader): { readonly field: string; readonly public: boolean } {
  const row = reader.object(value, "/number", ["field", "public"]);
  return { field: reader.text(row.field, "/number/field", FIELD_NAME), public: reader.boolean(row.public, "/number/public") };
}

/** Names in policies, forms and `number` must exist. */
function checkReferences(type: CertificateType, reader: TypeReader): void {
  type.fields.forEach((field, at) => {
    checkDerived(type, field, `/fields/${at}/derivedFrom`, reader);
  });
  type.parts.forEach(({ prefilled }, part) => {
    prefilled?.forEach(({ field }, at) => {
      if (field === "" || fieldOf(type, mainPart, field) !== undefined) return;
      reader.note(`/parts/${part}/prefilled/${at}/field`, "unknown-field", "主体部分没有此字段", "no such field in the main part");
    });
  });
  type.policies.forEach((policy, at) => {
    if (policy.part !== mainPart && !type.parts.some(({ id }) => id === policy.part)) {
      reader.note(`/policies/${at}/part`, "unknown-part", "没有该部分", "no such part");
      return;
    }
    policy.fields.forEach((name, place) => {
      if (name !== "" && fieldOf(type, policy.part, name) === undefined) {
        reader.note(`/policies/${at}/fields/${place}`, "unknown-field", "该部分没有此字段", "no such field in this part");
      }
    });
  });
  if (type.number === undefined || type.number.field === "") return;
  const field = fieldOf(type, mainPart, type.number.field);
  if (field === undefined) {
    reader.note("/number/field", "unknown-field", "主体部分没有此字段", "no such field in the main part");
  } else if (!field.required || field.schema.type !== "string") {
    reader.note("/number/field", "contradiction", "证照编号应为必填的字符串字段", "the certificate number must be a required string field");
  }
}

/** GB 32100-2015: the organisation code is what stands at positions 9 to 17 of a credit code; nothing else can be derived. */
function checkDerived(type: CertificateType, field: TypeField, path: string, reader: TypeReader): void {
  if (field.derivedFrom === undefined || field.derivedFrom === "") return;
  const source = fieldOf(type, field.part, field.derivedFrom);
  if (source === undefined) reader.note(path, "unknown-field", "该部分没有此字段", "no such field in this part");
  else if (!source.required || formatOf(source) !== "uscc" || field.required || formatOf(field) !== "organisation-code")
    reader.note(
      path,
      "contradiction",
      "只有选填的组织机构代码可由必填的统一社会信用代码得出",
      "only an optional organisation code can be derived, from a required USCC",
    );
}

function formatOf({ schema }: TypeField) {
  return schema.type === "string" ? schema.format : undefined;
}

export function fieldOf(type: CertificateType, part: string, name: string): TypeField | undefined {
  return type.fields.find((field) => field.part === part && field.name === name);
}

/** The fields of a part in the order of its forms. */
export function fieldsOf(type: CertificateType, part: string): TypeField[] {
  return type.fields.filter((field) => field.part === part).sort((a, b) => a.order - b.order);
}

/**
 * SHA-256 (hex) of what decides the meaning of a part's fields: type id, version, part and its field rows. Part of the associated data of
 * every encrypted field, so a ciphertext cannot be read under another definition.
 */
export function schemaHash(type: CertificateType, part: string, crypto: Crypto): string {
  const fields = fieldsOf(type, part).map(({ name, names, schema, sensitivity, required, order, detailNames, derivedFrom }) => ({
    name,
    names: { zh: names.zh, en: names.en },
    schema: schema,
    sensitivity,
    required,
    order,
    ...(detailNames === undefined ? {} : { detailNames: { zh: detailNames.zh, en: detailNames.en } }),
    ...(derivedFrom === undefined ? {} : { derivedFrom }),
  }));
  const value = { fields, id: type.id, part, version: type.version };
  return toHex(crypto.sha256(concat(utf8("vermilion-schema/v1\n"), canonical(value))));
}

/** Whether the standing policies give `reader` each of these fields for this purpose. No fields are never allowed. */
export function policyAllows(type: CertificateType, reader: string, part: string, fields: readonly string[], purpose: string): boolean {
  const applicable = type.policies.filter(
    (policy) => policy.reader === reader && policy.part === part && policy.purposes.includes(purpose),
  );
  return fields.length > 0 && fields.every((name) => applicable.some((policy) => policy.fields.includes(name)));
}
