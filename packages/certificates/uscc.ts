import { type Refusal, refusal } from "./refusal.ts";

export type CheckDigitCode = "bad-format" | "wrong-check-digit";
export type CheckDigitRefusal = Refusal<CheckDigitCode>;

/** GB 32100-2015 table 2: digits and capitals without I O S V Z. */
const ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY";
/** GB 32100-2015: weight of position i is 3^(i−1) mod 31. */
const WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
const SHAPE = /^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$/;

/** GB 11714-1997: weights of the eight characters of an organisation code. */
const ORGANISATION_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2];
const ORGANISATION_SHAPE = /^[0-9A-Z]{8}[0-9X]$/;

/** Check character of the first 17 characters of a unified social credit code (GB 32100-2015). */
export function usccCheckCharacter(first17: string): string {
  const sum = WEIGHTS.reduce((total, weight, at) => total + weight * ALPHABET.indexOf(first17.charAt(at)), 0);
  return ALPHABET.charAt((31 - (sum % 31)) % 31);
}

/** Check character of the first 8 characters of an organisation code (GB 11714-1997): digits count as themselves, A–Z as 10–35. */
export function organisationCheckCharacter(first8: string): string {
  const sum = ORGANISATION_WEIGHTS.reduce((total, weight, at) => total + weight * Number.parseInt(first8.charAt(at), 36), 0);
  const check = 11 - (sum % 11);
  if (check === 10) return "X";
  return check === 11 ? "0" : String(check);
}

/** Organisation code (组织机构代码, GB 11714-1997), nine characters without the hyphen. */
export function checkOrganisationCode(text: string): undefined | CheckDigitRefusal {
  if (!ORGANISATION_SHAPE.test(text)) {
    return refusal(
      "bad-format",
      "组织机构代码应为9位数字或大写字母，不含连字符",
      "an organisation code is 9 digits or capitals, no hyphen",
    );
  }
  if (organisationCheckCharacter(text) !== text.charAt(8)) {
    return refusal("wrong-check-digit", "组织机构代码的校验码不正确", "the check digit of the organisation code is wrong");
  }
  return undefined;
}

/** Unified social credit code (统一社会信用代码, GB 32100-2015) with the GB 11714 organisation code that stands inside at positions 9–17. */
export function checkUscc(text: string): undefined | CheckDigitRefusal {
  if (!SHAPE.test(text)) {
    return refusal(
      "bad-format",
      "统一社会信用代码应为18位数字或大写字母（不含I、O、S、V、Z）",
      "a USCC is 18 digits or capitals without I O S V Z",
    );
  }
  if (usccCheckCharacter(text) !== text.charAt(17)) {
    return refusal("wrong-check-digit", "统一社会信用代码的校验码不正确", "the check digit of the USCC is wrong");
  }
  if (checkOrganisationCode(text.slice(8, 17)) !== undefined) {
    return refusal(
      "wrong-check-digit",
      "统一社会信用代码中主体标识码的校验码不正确",
      "the organisation code inside the USCC has a wrong check digit",
    );
  }
  return undefined;
}
