import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { type CertificateType, checkFields, checkUscc, mainPart, parseCertificateType } from "@vermilion/certificates";
import { sampleFields } from "@vermilion/certificates/samples/index";
import { describe, expect, test } from "vitest";

const folder = new URL("../../packages/certificates/types/", import.meta.url);
const files = readdirSync(folder).filter((file) => !file.endsWith(".sample.json"));

function shipped(file: string): CertificateType {
  const type = parseCertificateType(JSON.parse(readFileSync(new URL(file, folder), "utf8")));
  if ("refused" in type) throw new Error(`${file}: ${JSON.stringify(type.problems)}`);
  return type;
}

const types = files.map(shipped);

test("every type that the sources name is shipped, each with a code of its own", () => {
  expect(types.map(({ names }) => names.zh).sort()).toEqual(
    [
      "商务部备案登记表",
      "备案附件",
      "营业执照",
      "居民身份证",
      "居民户口簿",
      "居住证",
      "机动车驾驶证",
      "结婚证",
      "离婚证",
      "社会保险参保缴费记录",
      "行政处罚决定",
      "行政许可证",
      "数据资产·文本",
      "数据资产·结构化数据",
    ].sort(),
  );
  expect(new Set(types.map(({ code }) => code)).size).toBe(types.length);
  for (const { code, id } of types) expect(checkUscc(code.slice(0, 18)), id).toBeUndefined();
  for (const [at, file] of files.entries()) expect(types[at]?.id).toBe(file.slice(0, -".json".length));
});

test("numbers of persons are never public, and never make an identifier", () => {
  for (const type of types)
    for (const field of type.fields) {
      if (field.schema.type !== "string" || field.schema.format !== "citizen-id") continue;
      expect(field.sensitivity, `${type.id} ${field.name}`).toBe("sensitive");
      if (type.number?.field === field.name) expect(type.number.public, type.id).toBe(false);
    }
});

/** A file has to be there before a field can name it. */
const made = types.filter(({ id }) => id !== "filing-attachment");

describe.each(made.map((type) => [type.id, type] as const))("samples of %s", (_id, type) => {
  test("fit the type, in every part that has no pattern of its own", () => {
    for (let serial = 0; serial < 200; serial++) {
      const sample = sampleFields(type, mainPart, 7, serial * 49_999);
      if ("refused" in sample) throw new Error(sample.detail.en);
      expect(checkFields(type, mainPart, sample.fields), JSON.stringify(sample.fields)).toBeUndefined();
    }
  });

  test("have numbers of their own", () => {
    const number = type.number?.field;
    if (number === undefined) return;
    const numbers = new Set<unknown>();
    for (let serial = 0; serial < 3_000; serial++) {
      const sample = sampleFields(type, mainPart, 1, serial);
      if (!("refused" in sample)) numbers.add(sample.fields[number]);
    }
    expect(numbers.size).toBe(3_000);
  });
});

test("the same seed gives the same data for ever", () => {
  const hash = createHash("sha256");
  for (const type of made) hash.update(JSON.stringify(sampleFields(type, mainPart, 1, 12_345)));
  expect(hash.digest("hex")).toBe("ccb6cb9e9d26e90342901561f9cadfe391f2cd85e308b8d83405f2f7542ff321");
});

test("a field that cannot be invented is named", () => {
  const attachment = shipped("filing-attachment.json");
  expect(sampleFields(attachment, mainPart, 1, 0)).toMatchObject({ refused: "no-sample" });
});
