import { isCalendarDay } from "./calendar.ts";
import { refusal } from "./refusal.ts";
import type { CheckDigitRefusal } from "./uscc.ts";

/** GB 11643-1999: weights of the first 17 digits, and the check characters by remainder. */
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_CHARACTERS = "10X98765432";
const SHAPE = /^[1-9][0-9]{5}([0-9]{4})([0-9]{2})([0-9]{2})[0-9]{3}[0-9X]$/;

/** Check character of the first 17 digits (GB 11643-1999, ISO 7064 MOD 11-2). */
export function citizenIdCheckCharacter(first17: string): string {
  const sum = WEIGHTS.reduce((total, weight, at) => total + weight * Number(first17.charAt(at)), 0);
  return CHECK_CHARACTERS.charAt(sum % 11);
}

/** Citizen identity number (公民身份号码, GB 11643-1999): shape, a day of birth that exists, check character. */
export function checkCitizenId(text: string): undefined | CheckDigitRefusal {
  const match = SHAPE.exec(text);
  if (match === null) {
    return refusal("bad-format", "公民身份号码应为17位数字加1位数字或大写X", "a citizen ID is 17 digits and a digit or capital X");
  }
  const [year, month, day] = match.slice(1).map(Number);
  if (year === undefined || month === undefined || day === undefined || year < 1800 || !isCalendarDay(year, month, day)) {
    return refusal("bad-format", "公民身份号码中的出生日期不存在", "the day of birth inside the citizen ID does not exist");
  }
  if (citizenIdCheckCharacter(text) !== text.charAt(17)) {
    return refusal("wrong-check-digit", "公民身份号码的校验码不正确", "the check digit of the citizen ID is wrong");
  }
  return undefined;
}
