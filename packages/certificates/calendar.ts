const DAYS_OF_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether a day exists in the Gregorian calendar. Arithmetic only: the pure packages do not touch `Date`. */
export function isCalendarDay(year: number, month: number, day: number): boolean {
  const leapDay = month === 2 && ((year % 4 === 0 && year % 100 !== 0) || year % 400 === 0) ? 1 : 0;
  const days = DAYS_OF_MONTH[month - 1];
  return days !== undefined && day >= 1 && day <= days + leapDay;
}
