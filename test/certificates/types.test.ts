import {
  type CertificateType,
  checkFields,
  compilePattern,
  fieldOf,
  fieldsOf,
  matchesPattern,
  parseCertificateType,
  policyAllows,
  schemaHash,
  withDerived,
} from "@vermilion/certificates";
import type { Json } from "@vermilion/ledger";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crypto, filingJson, filingType, sample } from "./fixtures.ts";

type Editable = { [key: string]: unknown };

/** The shipped type with one thing changed. */
function altered(change: (type: Editable) => void): ReturnType<typeof parseCertificateType> {
  const copy = structuredClone(filingJson) as Editable;
  change(copy);
  return parseCertificateType(copy as Json);
}

function problemsOf(result: ReturnType<typeof parseCertificateType>): string[] {
  return "refused" in result ? result.problems.map(({ path, code }) => `${path} ${code}`) : [];
}

describe("the shipped type moc-filing", () => {
  const type = filingType();

  const form = fieldsOf(type, "main").filter(({ derivedFrom }) => derivedFrom === undefined);

  test("has the 28 fields of document 000 figure 3-4 in their order", () => {
    expect(form.map(({ names }) => names.zh)).toEqual(
      (
        "登记编码 企业中文名称 经营者类型 经营场所中文 联系电话 邮政编码 工商登记日期 企业法人代表 注册资金 企业法人代表2 注册资金2 备注 打印日期 审批日期 " +
        "进出口企业代码 企业英文名称 住所 经营场所英文 传真 电子邮箱 工商注册号 有效证件号 折美元 有效证件号2 折美元2 统一社会信用代码 主管机关 海关编码"
      ).split(" "),
    );
  });

  test("each of the 28 fields and of the eight of figure 3-5 is required", () => {
    const eight = fieldsOf(type, "inspection");
    expect(eight.map(({ names }) => names.zh)).toEqual(
      "唯一-id 业务唯一-id 登记备案机关 创建时间 读取状态 经营者类型编码 备注 检验检疫是否审核通过".split(" "),
    );
    for (const [part, fields, values] of [
      ["main", form, sample.main],
      ["inspection", eight, sample.inspection],
    ] as const)
      for (const { name } of fields) {
        const { [name]: _left, ...rest } = values;
        expect(checkFields(type, part, rest)?.problems, name).toMatchObject([{ field: name, code: "missing-field" }]);
      }
    expect(form.length + eight.length).toBe(36);
    expect(checkFields(type, "main", { ...sample.main, remarks: "" })?.problems).toMatchObject([
      { field: "remarks", code: "value-too-short" },
    ]);
  });

  test("figure 3-5 shows 17 fields already filled, which its completer may read", () => {
    const [part] = type.parts;
    const prefilled = part?.prefilled ?? [];
    expect(prefilled.map(({ field, names }) => (names ?? fieldOf(type, "main", field)?.names)?.zh)).toEqual(
      (
        "经营者中文名称 经营者英文名称 工商登记注册号 工商登记注册日期 企业法定代表人姓名 有效证件号 联系电话 联系传真 电子邮箱 邮政编码 " +
        "经营场所（中文） 经营场所（英文） 经营者类型 注册资金（折美元） 组织机构代码 社会信用代码 住所"
      ).split(" "),
    );
    const names = prefilled.map(({ field }) => field);
    for (const completer of part?.completers ?? [])
      expect(policyAllows(type, completer, "main", names, "filing-completion"), completer).toBe(true);
  });

  test("the detail page of figure 3-6 has labels of its own, and the organisation code", () => {
    const details = fieldsOf(type, "main").map(({ names, detailNames }) => (detailNames ?? names).zh);
    for (const label of ["登记备案代码", "审核日期", "组织机构代码"]) expect(details).toContain(label);
    for (const label of ["登记编码", "审批日期"]) expect(details).not.toContain(label);
  });

  test("the organisation code is read from the credit code; another one is refused", () => {
    expect(withDerived(type, "main", sample.main)).toEqual({ ...sample.main, organisationCode: "MA2XQ7K09" });
    const given = (organisationCode: string, creditCode = sample.main["creditCode"] ?? "") =>
      checkFields(type, "main", { ...sample.main, organisationCode, creditCode })?.problems.map(({ field, code }) => `${field} ${code}`);
    expect(given("MA2XQ7K09")).toBeUndefined();
    expect(given("123456788")).toEqual(["organisationCode not-as-derived"]);
    expect(given("568955624")).toEqual(["organisationCode wrong-check-digit"]);
    expect(given("MA2XQ7K09", "91350200MA2XQ7K096")).toEqual(["creditCode wrong-check-digit"]);
  });

  test("its sample fits, both parts", () => {
    expect(checkFields(type, "main", sample.main)).toBeUndefined();
    expect(checkFields(type, "inspection", sample.inspection)).toBeUndefined();
    expect(Object.keys(sample.main)).toHaveLength(28);
    expect(Object.keys(sample.inspection)).toHaveLength(8);
  });

  test("customs may read exactly three fields for one purpose", () => {
    const three = ["enterpriseNameZh", "creditCode", "customsCode"];
    expect(policyAllows(type, "customs", "main", three, "customs-clearance")).toBe(true);
    expect(policyAllows(type, "customs", "main", ["creditCode"], "customs-clearance")).toBe(true);
    for (const { name } of fieldsOf(type, "main")) {
      expect(policyAllows(type, "customs", "main", [name], "customs-clearance")).toBe(three.includes(name));
    }
    expect(policyAllows(type, "customs", "main", [...three, "idNumber"], "customs-clearance")).toBe(false);
    expect(policyAllows(type, "customs", "main", three, "filing-completion")).toBe(false);
    expect(policyAllows(type, "customs", "inspection", ["remarks"], "customs-clearance")).toBe(false);
    expect(policyAllows(type, "tax", "main", three, "customs-clearance")).toBe(false);
    expect(policyAllows(type, "customs", "main", [], "customs-clearance")).toBe(false);
    expect(policyAllows(type, "inspection", "main", ["idNumber", "telephone"], "filing-completion")).toBe(true);
  });

  test("the schema hash follows the definition of its part", () => {
    const hash = schemaHash(type, "main", crypto);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(schemaHash(type, "inspection", crypto)).not.toBe(hash);
    expect(schemaHash({ ...type, version: 2 }, "main", crypto)).not.toBe(hash);
    const other: CertificateType = { ...type, fields: type.fields.map((each) => ({ ...each, required: false })) };
    expect(schemaHash(other, "main", crypto)).not.toBe(hash);
    expect(schemaHash({ ...type, policies: [] }, "main", crypto)).toBe(hash);
    expect(schemaHash({ ...type, fields: [...type.fields].reverse() }, "main", crypto)).toBe(hash);
  });
});

describe("a type that is wrong", () => {
  const field = (type: Editable, at: number) => (type.fields as Editable[])[at] as Editable;
  const cases: [string, (type: Editable) => void, string][] = [
    ["id", (type) => Object.assign(type, { id: "MOC" }), "/id bad-format"],
    ["version", (type) => Object.assign(type, { version: 0 }), "/version out-of-range"],
    ["missing names", (type) => delete type.names, "/names missing-key"],
    ["unknown key", (type) => Object.assign(type, { "a/b": 1 }), "/a~1b unknown-key"],
    ["check digit of the code", (type) => Object.assign(type, { code: "11100000000019992T001" }), "/code wrong-check-digit"],
    ["no issuer", (type) => Object.assign(type, { issuers: [] }), "/issuers empty"],
    ["issuer twice", (type) => Object.assign(type, { issuers: ["platform", "platform"] }), "/issuers/1 duplicate"],
    ["field twice", (type) => Object.assign(field(type, 1), { name: "filingNumber" }), "/fields/1/name duplicate"],
    ["reserved name", (type) => Object.assign(field(type, 3), { name: "iss" }), "/fields/3/name reserved-name"],
    ["name _sd", (type) => Object.assign(field(type, 3), { name: "_sd" }), "/fields/3/name bad-format"],
    ["name __proto__", (type) => Object.assign(field(type, 3), { name: "__proto__" }), "/fields/3/name bad-format"],
    [
      "prefilled field that nobody has",
      (type) => Object.assign((type.parts as Editable[])[0] as Editable, { prefilled: [{ field: "recordId" }] }),
      "/parts/0/prefilled/0/field unknown-field",
    ],
    [
      "prefilled twice",
      (type) => Object.assign((type.parts as Editable[])[0] as Editable, { prefilled: [{ field: "fax" }, { field: "fax" }] }),
      "/parts/0/prefilled/1/field duplicate",
    ],
    ["blank label", (type) => Object.assign(field(type, 0), { detailNames: { zh: " ", en: "x" } }), "/fields/0/detailNames/zh bad-format"],
    ["derived from nothing", (type) => Object.assign(field(type, 28), { derivedFrom: "nobody" }), "/fields/28/derivedFrom unknown-field"],
    ["derived from another kind", (type) => Object.assign(field(type, 28), { derivedFrom: "fax" }), "/fields/28/derivedFrom contradiction"],
    ["derived and required", (type) => Object.assign(field(type, 28), { required: true }), "/fields/28/derivedFrom contradiction"],
    ["another kind derived", (type) => Object.assign(field(type, 6), { derivedFrom: "creditCode" }), "/fields/6/derivedFrom contradiction"],
    ["unknown part", (type) => Object.assign(field(type, 3), { part: "port" }), "/fields/3/part unknown-part"],
    ["part named main", (type) => Object.assign((type.parts as Editable[])[0] as Editable, { id: "main" }), "/parts/0/id duplicate"],
    [
      "unknown keyword",
      (type) => Object.assign(field(type, 3), { schema: { type: "string", $ref: "#" } }),
      "/fields/3/schema/$ref unknown-keyword",
    ],
    ["unknown type", (type) => Object.assign(field(type, 3), { schema: { type: "number" } }), "/fields/3/schema/type wrong-type"],
    [
      "unknown format",
      (type) => Object.assign(field(type, 3), { schema: { type: "string", format: "uri" } }),
      "/fields/3/schema/format bad-format",
    ],
    [
      "bad pattern",
      (type) => Object.assign(field(type, 3), { schema: { type: "string", pattern: "^(a+)+\\1$" } }),
      "/fields/3/schema/pattern bad-pattern",
    ],
    [
      "bounds",
      (type) => Object.assign(field(type, 3), { schema: { type: "integer", minimum: 2, maximum: 1 } }),
      "/fields/3/schema/minimum contradiction",
    ],
    [
      "enum of other type",
      (type) => Object.assign(field(type, 3), { schema: { type: "integer", enum: ["1"] } }),
      "/fields/3/schema/enum wrong-type",
    ],
    ["empty enum", (type) => Object.assign(field(type, 3), { schema: { type: "string", enum: [] } }), "/fields/3/schema/enum empty"],
    [
      "policy field",
      (type) => Object.assign((type.policies as Editable[])[1] as Editable, { fields: ["nothing"] }),
      "/policies/1/fields/0 unknown-field",
    ],
    ["number field", (type) => Object.assign(type, { number: { field: "organisationCode", public: true } }), "/number/field contradiction"],
    ["too many fields", (type) => Object.assign(type, { fields: Array(201).fill(field(type, 0)) }), "/fields too-many"],
    ["control character in a name", (type) => Object.assign(type, { names: { zh: "证\u202e照", en: "x" } }), "/names/zh bad-format"],
  ];
  test.each(cases)("%s", (_, change, expected) => expect(problemsOf(altered(change))).toContain(expected));

  test("everything that is wrong is said at once, in both languages", () => {
    const result = altered((type) => Object.assign(type, { id: "", issuers: "platform", validityDays: 0 }));
    expect(problemsOf(result).sort()).toEqual(["/id bad-format", "/issuers wrong-type", "/validityDays out-of-range"]);
    if (!("refused" in result)) throw new Error("should be refused");
    for (const { detail } of result.problems) {
      expect(detail.zh).toMatch(/\p{Script=Han}/u);
      expect(detail.en).not.toMatch(/\p{Script=Han}/u);
    }
  });

  test("patterns that together take too long for one request", () => {
    const costly = { type: "string", pattern: "^(?:.*){330}$" };
    expect(problemsOf(altered((type) => Object.assign(field(type, 2), { schema: costly })))).toEqual(["/fields pattern-too-costly"]);
    // Each alone is well within the bound, a type full of them is not.
    const some = { type: "string", pattern: "^(?:a|b|c|d|e|f|g|h)*$" };
    const fields = (count: number) => (type: Editable) =>
      Object.assign(type, {
        fields: [
          ...(type.fields as Editable[]),
          ...Array.from({ length: count }, (_, at) => ({ ...field(type, 2), name: `f${at}`, schema: some })),
        ],
      });
    expect(problemsOf(altered(fields(1)))).toEqual([]);
    expect(problemsOf(altered(fields(100)))).toEqual(["/fields pattern-too-costly"]);
    // Short values, and patterns that no long text could match, cost little.
    expect(problemsOf(altered((type) => Object.assign(field(type, 2), { schema: { ...costly, maxLength: 50 } })))).toEqual([]);
    const short = { type: "string", pattern: "^[0-9A-Za-z_-]{1,64}$" };
    const shortened = ({ derivedFrom: _derived, ...each }: Editable) => ({ ...each, schema: short });
    expect(problemsOf(altered((type) => Object.assign(type, { fields: (type.fields as Editable[]).map(shortened) })))).toEqual([]);
  });

  test("more than 48 KB", () => {
    const long = { type: "string", enum: Array.from({ length: 200 }, (_, at) => `${at}${"长".repeat(150)}`) };
    expect(problemsOf(altered((type) => Object.assign(field(type, 2), { schema: long })))).toEqual([" too-large"]);
  });

  test("any JSON is answered, never thrown at", () => {
    const json = fc.jsonValue().filter((value) => !JSON.stringify(value).includes("."));
    fc.assert(
      fc.property(json, (value) => {
        expect(parseCertificateType(value as Json)).toHaveProperty("refused", "invalid-type");
      }),
    );
  });
});

describe("values of a part", () => {
  const type = filingType();
  const required = sample.main;
  const cases: [string, object, string, string][] = [
    ["missing", { creditCode: undefined }, "creditCode", "missing-field"],
    ["surplus", { surplus: "x" }, "surplus", "surplus-field"],
    ["surplus of the prototype's name", Object.fromEntries([["__proto__", "x"]]), "__proto__", "surplus-field"],
    ["another part's field", { recordId: "x" }, "recordId", "surplus-field"],
    ["wrong type", { postcode: 361006 }, "postcode", "wrong-type"],
    ["null", { postcode: null }, "postcode", "wrong-type"],
    ["too long", { remarks: "备".repeat(2001) }, "remarks", "value-too-long"],
    ["too short", { enterpriseNameZh: "" }, "enterpriseNameZh", "value-too-short"],
    ["USCC check digit", { creditCode: "91350200MA2XQ7K096" }, "creditCode", "wrong-check-digit"],
    ["citizen ID check digit", { idNumber: "110105194912310021" }, "idNumber", "wrong-check-digit"],
    ["citizen ID of no day", { idNumber: "110105194902300029" }, "idNumber", "bad-format"],
    ["date that does not exist", { printDate: "2026-02-29" }, "printDate", "bad-format"],
    ["date in another form", { printDate: "2018/2/01" }, "printDate", "bad-format"],
    ["email", { email: "peersafe.163.com" }, "email", "bad-format"],
    ["list", { operatorType: "个体" }, "operatorType", "not-in-list"],
    ["pattern", { customsCode: "350216０A7K" }, "customsCode", "bad-format"],
    ["NUL", { remarks: "a\u0000b" }, "remarks", "bad-character"],
    ["bidirectional override", { legalRepresentative: "张\u202e三" }, "legalRepresentative", "bad-character"],
    ["half of a surrogate pair", { remarks: "\ud842" }, "remarks", "bad-character"],
  ];
  test.each(cases)("%s", (_, change, field, code) => {
    const values = Object.fromEntries([...Object.entries(required), ...Object.entries(change)]);
    const result = checkFields(type, "main", values as Json);
    expect(result?.problems.map((each) => `${each.field} ${each.code}`)).toEqual([`${field} ${code}`]);
  });

  test("lengths count characters, not UTF-16 units", () => {
    expect(checkFields(type, "main", { ...required, remarks: "𠮷".repeat(2000) })).toBeUndefined();
    expect(checkFields(type, "main", { ...required, remarks: "𠮷".repeat(2001) })?.problems[0]?.code).toBe("value-too-long");
  });

  test("compatibility ideographs stay as the issuer registered them", () => {
    const name = "\u{2f800}\uf9d1";
    expect(name.normalize("NFC")).not.toBe(name);
    expect(checkFields(type, "main", { ...required, legalRepresentative: name })).toBeUndefined();
  });

  test("all problems at once, none of them repeats a value", () => {
    const secret = "110105194912310029";
    const result = checkFields(type, "main", { ...required, idNumber: secret, email: `${secret}@`, creditCode: secret });
    expect(result?.problems.map(({ field }) => field).sort()).toEqual(["creditCode", "email", "idNumber"]);
    expect(JSON.stringify(result)).not.toContain(secret);
  });

  test("unknown part, not an object", () => {
    expect(checkFields(type, "port", {})?.problems[0]?.code).toBe("unknown-part");
    for (const values of [null, [], "x", 1]) expect(checkFields(type, "main", values)?.problems[0]?.code).toBe("not-an-object");
  });

  test("booleans and coded values of the second part", () => {
    const codes = (change: object) =>
      checkFields(type, "inspection", { ...sample.inspection, ...change } as Json)?.problems.map(({ code }) => code);
    expect(codes({ inspectionPassed: "true" })).toEqual(["wrong-type"]);
    expect(codes({ readStatus: "2,已读取" })).toEqual(["not-in-list"]);
    expect(codes({ createdAt: "2026-11-20T24:00:00Z" })).toEqual(["bad-format"]);
    expect(codes({ createdAt: "2026-11-20T15:10:23" })).toEqual(["bad-format"]);
  });

  test("integers with bounds", () => {
    const schema = { type: "integer", minimum: -5, maximum: 10 } as const;
    const narrow: CertificateType = {
      ...type,
      fields: type.fields.filter(({ name }) => name === "recordId").map((each) => ({ ...each, schema })),
    };
    const code = (recordId: Json) => checkFields(narrow, "inspection", { recordId })?.problems[0]?.code;
    expect([code(-5), code(10), code(-6), code(11), code(1.5), code("1")]).toEqual([
      undefined,
      undefined,
      "value-too-small",
      "value-too-large",
      "wrong-type",
      "wrong-type",
    ]);
  });
});

describe("patterns", () => {
  test("answer as ECMA-262 does", () => {
    const literal = fc.constantFrom(
      "a",
      "b",
      "1",
      "-",
      "吉",
      "𠮷",
      ".",
      "\\d",
      "\\w",
      "\\.",
      "[ab]",
      "[^a]",
      "[a-c1-3]",
      "[\\d-]",
      "[一-龥]",
    );
    const { pattern } = fc.letrec<{ pattern: string; atom: string }>((tie) => ({
      atom: fc.oneof(
        { maxDepth: 3 },
        literal,
        tie("pattern").map((inner) => `(${inner}|b)`),
        tie("pattern").map((inner) => `(?:${inner})`),
      ),
      pattern: fc
        .array(fc.tuple(tie("atom"), fc.constantFrom("", "", "*", "+", "?", "{2}", "{0,2}", "{1,}")), { maxLength: 4 })
        .map((parts) => parts.map(([atom, times]) => atom + times).join("")),
    }));
    const text = fc.string({ unit: fc.constantFrom("a", "b", "c", "1", "-", "_", ".", "吉", "𠮷", "\n"), maxLength: 8 });
    fc.assert(
      fc.property(
        pattern.filter((source) => source.length <= 100),
        fc.array(text, { minLength: 5, maxLength: 5 }),
        (source, texts) => {
          const compiled = compilePattern(`^${source}$`);
          if ("refused" in compiled) throw new Error(compiled.detail.en);
          const reference = new RegExp(`^${source}$`, "u");
          for (const each of texts) expect(matchesPattern(compiled, each)).toBe(reference.test(each));
        },
      ),
      { numRuns: 300 },
    );
  });

  test.each([
    "a",
    "^a",
    "^a|b$",
    "^(a$",
    "^a)$",
    "^(?=a)$",
    "^\\1$",
    "^\\p{L}$",
    "^a**$",
    "^a{2,1}$",
    "^[b-a]$",
    "^[a$",
    "^{$",
    `^${"a{999}".repeat(2)}$`,
    `^${"(".repeat(20)}${")".repeat(20)}$`,
  ])("refuses %s", (source) => expect(compilePattern(source)).toMatchObject({ refused: "bad-pattern" }));

  test.each([
    ["^a$", 1],
    ["^a{2,5}(?:bb|c)$", 7],
    ["^[ab]*$", Number.POSITIVE_INFINITY],
    ["^(?:a*){0}$", 0],
    ["^(?:)*$", 0],
    ["^a?b+$", Number.POSITIVE_INFINITY],
  ])("the longest text that %s matches has %d characters", (source, lengthMax) =>
    expect(compilePattern(source)).toMatchObject({ lengthMax }),
  );

  test("the classic of catastrophic backtracking takes steps in proportion to the text", () => {
    const compiled = compilePattern("^(a+)+(a*)*$");
    if ("refused" in compiled) throw new Error("should compile");
    expect(matchesPattern(compiled, `${"a".repeat(4000)}b`)).toBe(false);
    expect(matchesPattern(compiled, "a".repeat(4000))).toBe(true);
  });
});
