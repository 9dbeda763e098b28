import { readFileSync } from "node:fs";
import { type CertificateType, checkTypeChange, parseCertificateType } from "@vermilion/certificates";
import { expect, test } from "vitest";

const json = JSON.parse(readFileSync(new URL("../../packages/certificates/types/moc-filing.json", import.meta.url), "utf8"));

function changed(change: (type: { fields: Record<string, unknown>[]; [key: string]: unknown }) => void): CertificateType {
  const copy = structuredClone(json);
  change(copy);
  const type = parseCertificateType(copy);
  if ("refused" in type) throw new Error(JSON.stringify(type.problems));
  return type;
}

const old = changed(() => undefined);
const codesOf = (change: Parameters<typeof changed>[0]) => checkTypeChange(old, changed(change)).map(({ code }) => code);
const field = (type: { fields: Record<string, unknown>[] }, name: string) => {
  const found = type.fields.find((each) => each["name"] === name);
  if (found === undefined) throw new Error(name);
  return found;
};

test("what may change", () => {
  expect(codesOf(() => undefined)).toEqual([]);
  expect(
    codesOf((type) => {
      field(type, "remarks")["names"] = { zh: "说明", en: "Notes" };
    }),
  ).toEqual([]);
  expect(
    codesOf((type) => {
      field(type, "fax")["required"] = false;
    }),
  ).toEqual([]);
  expect(
    codesOf((type) => {
      field(type, "fax")["sensitivity"] = "sensitive";
    }),
  ).toEqual([]);
  const operatorType = { type: "string", enum: ["国有企业", "集体企业", "外商投资企业", "私营企业", "个体工商户", "其他", "合作社"] };
  expect(
    codesOf((type) => {
      field(type, "operatorType")["schema"] = operatorType;
    }),
  ).toEqual([]);
  const extra = {
    name: "website",
    names: { zh: "网址", en: "Website" },
    part: "main",
    schema: { type: "string" },
    sensitivity: "public",
    required: true,
    order: 90,
  };
  expect(codesOf((type) => void type.fields.push(extra))).toEqual([]);
  expect(codesOf((type) => void type.fields.push({ ...extra, part: "inspection", required: false }))).toEqual([]);
  expect(
    codesOf((type) => {
      (type["issuers"] as string[])[0] = "customs";
    }),
  ).toEqual([]);
});

test("what would break what works with the version before, each with its place", () => {
  const without = (name: string) => (type: { fields: Record<string, unknown>[] }) => {
    type.fields = type.fields.filter((each) => each["name"] !== name);
  };
  expect(codesOf(without("traderCode"))).toEqual(["field-dropped"]);
  expect(
    codesOf((type) => {
      field(type, "inspectionPassed")["schema"] = { type: "string" };
    }),
  ).toEqual(["field-type-changed"]);
  expect(
    codesOf((type) => {
      field(type, "telephone")["schema"] = { type: "string", format: "email" };
    }),
  ).toEqual(["format-changed"]);
  expect(
    codesOf((type) => {
      field(type, "idNumber")["sensitivity"] = "internal";
    }),
  ).toEqual(["sensitivity-lowered"]);
  expect(
    codesOf((type) => {
      field(type, "readStatus")["schema"] = { type: "string", enum: ["0,未读取"] };
    }),
  ).toEqual(["values-dropped"]);
  expect(codesOf((type) => void delete type["number"])).toEqual(["number-rule-changed"]);
  const extra = {
    name: "grade",
    names: { zh: "等级", en: "Grade" },
    part: "inspection",
    schema: { type: "string" },
    sensitivity: "internal",
    required: true,
    order: 90,
  };
  expect(codesOf((type) => void type.fields.push(extra))).toEqual(["required-field-added"]);
  const [problem] = checkTypeChange(old, changed(without("traderCode")));
  expect(problem).toMatchObject({
    path: "/fields",
    detail: { zh: expect.stringContaining("traderCode"), en: expect.stringContaining("traderCode") },
  });
});

test("a part may not vanish", () => {
  const codes = codesOf((type) => {
    type["parts"] = [];
    type.fields = type.fields.filter((each) => each["part"] === "main");
    type["policies"] = [];
  });
  expect(new Set(codes)).toEqual(new Set(["part-dropped", "field-dropped"]));
});
