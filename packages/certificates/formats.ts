import { isCalendarDay } from "./calendar.ts";
import { checkCitizenId } from "./citizen-id.ts";
import { fileReferenceLengthMax, parseFileReference } from "./file-reference.ts";
import { refusal } from "./refusal.ts";
import { type CheckDigitRefusal, checkOrganisationCode, checkUscc } from "./uscc.ts";

/** One row a format: the longest text it admits, in characters, and its check. */
interface FormatRule {
  readonly lengthMax: number;
  readonly check: (text: string) => undefined | CheckDigitRefusal;
}

const DATE = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/;
/** RFC 3339 section 5.6; the leap second :60 is left out, as in every clock of the consortium. */
const DATE_TIME =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$/;
/** RFC 5321 in the form every mail system takes: ASCII dot-atom, a domain of at least two labels. */
const EMAIL = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+$/;
/** GB/T 2260: the first two digits name a province-level division; 100000 stands for the whole country in credit codes. */
const DIVISION = /^(?:100000|(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12])[0-9]{4})$/;
const POSTCODE = /^[0-9]{6}$/;
/** Digits in groups, country and area codes, and an extension (转). */
const PHONE = /^\+?[0-9(][0-9() -]{2,30}[0-9](?:(?:转|x|-)[0-9]{1,6})?$/;

function calendarDay(match: RegExpExecArray | null): boolean {
  if (match === null) return false;
  const [year, month, day] = match.slice(1, 4).map(Number);
  return year !== undefined && month !== undefined && day !== undefined && isCalendarDay(year, month, day);
}

function shape(holds: (text: string) => boolean, zh: string, en: string): (text: string) => undefined | CheckDigitRefusal {
  return (text) => (holds(text) ? undefined : refusal("bad-format", zh, en));
}

function checkFileReference(text: string): undefined | CheckDigitRefusal {
  const reference = parseFileReference(text);
  return "refused" in reference ? reference : undefined;
}

export const formats = {
  uscc: { lengthMax: 18, check: checkUscc },
  "organisation-code": { lengthMax: 9, check: checkOrganisationCode },
  "citizen-id": { lengthMax: 18, check: checkCitizenId },
  date: {
    lengthMax: 10,
    check: shape((text) => calendarDay(DATE.exec(text)), "应为存在的日期，格式YYYY-MM-DD", "must be a real date, YYYY-MM-DD"),
  },
  "date-time": {
    lengthMax: 35,
    check: shape((text) => calendarDay(DATE_TIME.exec(text)), "应为RFC 3339格式的日期时间", "must be an RFC 3339 date-time"),
  },
  email: { lengthMax: 254, check: shape((text) => EMAIL.test(text), "应为电子邮箱地址", "must be an e-mail address") },
  gbt2260: { lengthMax: 6, check: shape((text) => DIVISION.test(text), "应为GB/T 2260行政区划代码", "must be a GB/T 2260 division code") },
  postcode: { lengthMax: 6, check: shape((text) => POSTCODE.test(text), "邮政编码应为6位数字", "a postcode is 6 digits") },
  phone: { lengthMax: 40, check: shape((text) => PHONE.test(text), "应为电话号码", "must be a telephone number") },
  /** A file that stays off the chain; types may have it from version 2 of the contract `types` on. */
  file: { lengthMax: fileReferenceLengthMax, check: checkFileReference },
} as const satisfies Record<string, FormatRule>;

export type Format = keyof typeof formats;

export function isFormat(text: string): text is Format {
  return Object.hasOwn(formats, text);
}
