import { type Refusal, refusal } from "./refusal.ts";

/** The parts of an electronic certificate identifier (电子证照标识, GB/T 36904-2018), without its check character. */
export interface IdentifierParts {
  /** 21 characters: USCC of the authority that defines the type, and three digits. */
  readonly type: string;
  /** 18 characters: USCC of the issuer. */
  readonly issuer: string;
  /** Serial, 1 to 64 digits and capitals. */
  readonly serial: string;
  /** 1 to 999; raised at each reissue. */
  readonly version: number;
}

export interface Identifier extends IdentifierParts {
  /** The whole identifier, root and check character included. */
  readonly text: string;
  readonly check: string;
}

export type IdentifierCode = "bad-identifier" | "wrong-check-digit";

/** The arc that GB/T 36904 gives to electronic certificates. */
const ROOT = "1.2.156.3005.2.";
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const TYPE = /^[0-9A-Z]{18}[0-9]{3}$/;
const ISSUER = /^[0-9A-Z]{18}$/;
const SERIAL = /^[0-9A-Z]{1,64}$/;
const VERSION = /^(?!000)[0-9]{3}$/;

/** ISO 7064 MOD 37,36 check character over digits and capitals (other characters are a bug of the caller). */
export function checkCharacter(text: string): string {
  let product = 36;
  for (const character of text) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) throw new RangeError("check characters are computed over 0-9 and A-Z");
    const sum = (product + value) % 36;
    product = ((sum === 0 ? 36 : sum) * 2) % 37;
  }
  return ALPHABET.charAt((37 - product) % 36);
}

/**
 * Shape of the parts. The check digits of the two credit codes are judged where authorities are registered (types, members), not again here:
 * the identifier's own check character guards them on the way.
 */
export function checkIdentifierParts(parts: IdentifierParts): undefined | Refusal<"bad-identifier"> {
  if (!TYPE.test(parts.type)) {
    return refusal("bad-identifier", "证照类型代码应为18位机构代码加3位数字", "a type code is 18 characters and 3 digits");
  }
  if (!ISSUER.test(parts.issuer)) {
    return refusal("bad-identifier", "证照颁发机构代码应为18位", "an issuer code is 18 digits or capitals");
  }
  if (!SERIAL.test(parts.serial)) {
    return refusal("bad-identifier", "流水号应为1至64位数字或大写字母", "a serial is 1 to 64 digits or capitals");
  }
  if (!Number.isInteger(parts.version) || parts.version < 1 || parts.version > 999) {
    return refusal("bad-identifier", "版本号应为1至999", "a version is 1 to 999");
  }
  return undefined;
}

/** `1.2.156.3005.2.<type>.<issuer>.<serial>.<version>.<check>`. Parts that `checkIdentifierParts` refuses are a bug of the caller. */
export function formatIdentifier(parts: IdentifierParts): string {
  const bad = checkIdentifierParts(parts);
  if (bad !== undefined) throw new RangeError(bad.detail.en);
  const version = String(parts.version).padStart(3, "0");
  const check = checkCharacter(`${parts.type}${parts.issuer}${parts.serial}${version}`);
  return `${ROOT}${parts.type}.${parts.issuer}.${parts.serial}.${version}.${check}`;
}

export function parseIdentifier(text: string): Identifier | Refusal<IdentifierCode> {
  if (text.length > 160 || !text.startsWith(ROOT)) {
    return refusal("bad-identifier", "电子证照标识应以1.2.156.3005.2.开头", "an identifier begins with 1.2.156.3005.2.");
  }
  const [type = "", issuer = "", serial = "", version = "", check = "", ...rest] = text.slice(ROOT.length).split(".");
  if (rest.length > 0 || !VERSION.test(version) || check.length !== 1) {
    return refusal("bad-identifier", "电子证照标识应由五段组成", "an identifier has five parts after its root");
  }
  const parts = { type, issuer, serial, version: Number(version) };
  const bad = checkIdentifierParts(parts);
  if (bad !== undefined) return bad;
  if (formatIdentifier(parts) !== text) {
    return refusal("wrong-check-digit", "电子证照标识的校验位不正确", "the check character of the identifier is wrong");
  }
  return { ...parts, text, check };
}

/** The form used in state keys and addresses. A text without the root comes back as it is. */
export function withoutRoot(text: string): string {
  return text.startsWith(ROOT) ? text.slice(ROOT.length) : text;
}

/** The inverse of `withoutRoot`. */
export function withRoot(text: string): string {
  return text.startsWith(ROOT) ? text : `${ROOT}${text}`;
}

/**
 * Serial from a public certificate number: the number without its punctuation and spaces, in capitals (GB/T 36904). A number that holds
 * other characters gives none, and the caller takes a random serial.
 */
export function serialFromNumber(number: string): string | Refusal<"bad-identifier"> {
  const serial = number.replace(/[ ./()（）〔〕[\]_-]/g, "").toUpperCase();
  return SERIAL.test(serial)
    ? serial
    : refusal("bad-identifier", "证照编号含有不能用于流水号的字符", "the certificate number holds characters that a serial cannot have");
}
