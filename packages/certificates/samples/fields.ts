import type { FieldSchema } from "../field-schema.ts";
import type { FieldValue } from "../fields.ts";
import { addressIn, dateText, type Firm, firmOf, type Person, personOf } from "./people.ts";
import type { Draw } from "./random.ts";

/** What one sample is about: a person, another one, a firm, and days that follow each other. */
export interface Sample {
  readonly serial: number;
  readonly draw: Draw;
  readonly person: Person;
  readonly other: Person;
  readonly firm: Firm;
  /** Days after 1970-01-01: when the document was made. */
  readonly madeOn: number;
}

const othersFrom = 10_000_000;
const grownUpDays = 22 * 365;
/** 2025-12-31. */
const lastDay = 20_453;

export function sampleOf(draw: Draw, serial: number): Sample {
  const person = personOf(draw, serial);
  const other = personOf(draw, othersFrom + serial);
  const firm = firmOf(draw, serial);
  const earliest = Math.max(person.bornOn, other.bornOn) + grownUpDays;
  const first = Math.min(Math.max(earliest, firm.establishedOn), lastDay - 1);
  return { serial, draw, person, other, firm, madeOn: first + draw.below(lastDay - first) };
}

const padded = (value: number, digits: number) => String(value % 10 ** digits).padStart(digits, "0");
const yearOf = (days: number) => dateText(days).slice(0, 4);
const cityOf = ({ name }: { readonly name: string }) => name.replace(/市.*$/, "市");

/** Values by the name of the field, the same in all types that have it. */
export const makers: Readonly<Record<string, (sample: Sample) => FieldValue>> = {
  name: ({ person }) => person.name,
  holderName: ({ person }) => person.name,
  headOfHousehold: ({ other }) => other.name,
  formerName: ({ other }) => other.name,
  registrar: ({ other }) => other.name,
  sex: ({ person }) => person.sex,
  bornOn: ({ person }) => dateText(person.bornOn),
  idNumber: ({ person }) => person.idNumber,
  licenceNumber: ({ person }) => person.idNumber,
  address: ({ person }) => person.address,
  birthPlace: ({ person }) => person.division.code,
  nativePlace: ({ other }) => other.division.code,
  nameOne: ({ person }) => person.name,
  sexOne: ({ person }) => person.sex,
  nationalityOne: () => "中国",
  bornOnOne: ({ person }) => dateText(person.bornOn),
  idNumberOne: ({ person }) => person.idNumber,
  nameTwo: ({ other }) => other.name,
  sexTwo: ({ other }) => other.sex,
  nationalityTwo: () => "中国",
  bornOnTwo: ({ other }) => dateText(other.bornOn),
  idNumberTwo: ({ other }) => other.idNumber,

  enterpriseName: ({ firm }) => firm.name,
  enterpriseNameZh: ({ firm }) => firm.name,
  enterpriseNameEn: ({ serial }) => `Sample Trading ${padded(serial, 8)} Co., Ltd.`,
  employerName: ({ firm }) => firm.name,
  party: ({ firm }) => firm.name,
  creditCode: ({ firm }) => firm.creditCode,
  holderCode: ({ firm }) => firm.creditCode,
  partyCode: ({ firm }) => firm.creditCode,
  employerCode: ({ firm }) => firm.creditCode,
  registrationNumber: ({ firm }) => firm.creditCode,
  organisationCode: ({ firm }) => firm.organisationCode,
  legalRepresentative: ({ person }) => person.name,
  legalRepresentative2: ({ other }) => other.name,
  idNumber2: ({ other }) => other.idNumber,
  domicile: ({ firm }) => firm.domicile,
  place: ({ firm }) => firm.domicile,
  businessPlaceZh: ({ firm }) => firm.domicile,
  businessPlaceEn: ({ draw }) => `No. ${draw.below(900) + 1} Renmin Road`,
  businessScope: ({ firm }) =>
    `一般项目：${firm.trade}；技术服务、技术开发；货物进出口（依法须经批准的项目，经相关部门批准后方可开展经营活动）。`,
  registeredCapital: ({ draw }) => (draw.below(990) + 10) * 10,
  registeredCapital2: ({ draw }) => (draw.below(990) + 10) * 10,
  capitalUsd: ({ draw }) => String((draw.below(990) + 10) * 1_000),
  capitalUsd2: ({ draw }) => String((draw.below(990) + 10) * 1_000),
  remarks: () => "无",
  establishedOn: ({ firm }) => dateText(firm.establishedOn),
  registrationDate: ({ firm }) => dateText(firm.establishedOn),
  operatesFrom: ({ firm }) => dateText(firm.establishedOn),
  operatesUntil: ({ firm }) => dateText(firm.establishedOn + 30 * 365),
  telephone: ({ firm, draw }) => `${firm.division.areaCode}-${padded(draw.below(80_000_000) + 10_000_000, 8)}`,
  fax: ({ firm, draw }) => `${firm.division.areaCode}-${padded(draw.below(80_000_000) + 10_000_000, 8)}`,
  email: ({ serial }) => `office${serial}@firm.example`,
  postcode: ({ firm }) => firm.division.postcode,

  approvedOn: ({ madeOn }) => dateText(madeOn),
  approvalDate: ({ madeOn }) => dateText(madeOn),
  printDate: ({ madeOn }) => dateText(madeOn),
  registeredOn: ({ madeOn }) => dateText(madeOn),
  issuedOn: ({ madeOn }) => dateText(madeOn),
  decidedOn: ({ madeOn }) => dateText(madeOn),
  firstIssuedOn: ({ madeOn }) => dateText(madeOn),
  validFrom: ({ madeOn }) => dateText(madeOn),
  validUntil: ({ madeOn }) => dateText(madeOn + 10 * 365),
  publishedUntil: ({ madeOn }) => dateText(madeOn + 3 * 365),
  periodFrom: ({ madeOn }) => `${yearOf(madeOn)}-01-01`,
  periodTo: ({ madeOn }) => `${yearOf(madeOn)}-12-31`,
  monthsPaid: () => 12,
  createdAt: ({ madeOn }) => `${dateText(madeOn)}T09:30:00+08:00`,

  issuingAuthority: ({ person }) => `${cityOf(person.division)}主管机关`,
  registrationAuthority: ({ firm }) => `${cityOf(firm.division)}市场监督管理局`,
  authority: ({ firm }) => `${cityOf(firm.division)}商务局`,
  filingAuthority: ({ firm }) => `${cityOf(firm.division)}出入境检验检疫机构`,

  householdNumber: ({ person, serial }) => `${person.division.code}${padded(serial, 9)}`,
  permitNumber: ({ person, serial }) => `${person.division.code}${padded(serial, 9)}`,
  permitCode: ({ firm, serial }) => `JY1${firm.division.code.slice(0, 4)}${padded(serial, 9)}`,
  fileNumber: ({ person, serial }) => `${person.division.code.slice(0, 4)}${padded(serial, 8)}`,
  recordNumber: ({ person, madeOn, serial }) => `${person.division.code}-${yearOf(madeOn)}12-${padded(serial, 8)}`,
  certificateNumber: ({ person, madeOn, serial }) => `J${person.division.code}-${yearOf(madeOn)}-${padded(serial, 6)}`,
  decisionNumber: ({ madeOn, serial }) => `SJCF-${yearOf(madeOn)}-${padded(serial, 6)}`,
  filingNumber: ({ serial }) => `015-${padded(serial, 8)}`,
  traderCode: ({ firm }) => firm.organisationCode,
  customsCode: ({ firm, serial }) => `${firm.division.code.slice(0, 4)}${padded(serial, 6)}`,
  recordId: ({ serial }) => `record-${padded(serial, 10)}`,
  businessId: ({ serial }) => `business-${padded(serial, 10)}`,

  facts: ({ firm }) => `当事人在经营${firm.trade}业务期间，未按规定公示年度报告。`,
  basis: () => "《企业信息公示暂行条例》第十八条",
  content: () => "责令改正，处以罚款。",
  scope: ({ firm }) => `${firm.trade}相关经营`,
  title: ({ firm, serial }) => `${firm.trade}数据（${padded(serial, 8)}）`,
  dataType: () => "application/json",
  text: ({ firm, person }) =>
    `${firm.name}，联系人${person.name}，${addressIn({ below: () => 0, of: ([first]) => first }, firm.division)}。`,
  dataSchema: () => "JSON：{ 企业名称, 统一社会信用代码, 日期, 金额（分） }",
  endpoint: ({ serial }) => `https://store${serial % 100}.agency.example/v1/query`,
  accessCredential: ({ serial }) => `ticket-${padded(serial * 7_919, 12)}`,
};

/** A value by the schema alone, for a field that nobody here knows; undefined where a pattern or a file would have to be invented. */
export function plainValue(schema: FieldSchema, { draw, person, firm, madeOn, serial }: Sample): FieldValue | undefined {
  if (schema.type === "boolean") return draw.below(2) === 0;
  if (schema.type === "integer") {
    const [low, high] = [schema.minimum ?? 0, Math.min(schema.maximum ?? 1_000_000, Number.MAX_SAFE_INTEGER)];
    return schema.enum?.[draw.below(schema.enum.length)] ?? low + draw.below(Math.min(high - low, 1_000_000) + 1);
  }
  if (schema.enum !== undefined) return schema.enum[draw.below(schema.enum.length)];
  if (schema.pattern !== undefined) return undefined;
  switch (schema.format) {
    case "uscc":
      return firm.creditCode;
    case "organisation-code":
      return firm.organisationCode;
    case "citizen-id":
      return person.idNumber;
    case "date":
      return dateText(madeOn);
    case "date-time":
      return `${dateText(madeOn)}T09:30:00+08:00`;
    case "email":
      return `office${serial}@firm.example`;
    case "gbt2260":
      return person.division.code;
    case "postcode":
      return person.division.postcode;
    case "phone":
      return `${person.division.areaCode}-10000000`;
    case "file":
      return undefined;
    case undefined: {
      const text = `样例${serial}`;
      return text.padEnd(schema.minLength ?? 0, "样").slice(0, schema.maxLength ?? text.length);
    }
  }
}
