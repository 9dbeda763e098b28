/** Forms of the names that appear in entries and headers; each is ASCII, so that order and length mean the same everywhere. */
export const memberIdForm = /^[a-z][a-z0-9-]{0,31}$/;
export const contractNameForm = /^[a-z][a-zA-Z0-9.-]{0,63}$/;
export const refusalCodeForm = /^[a-z][a-z0-9-]{0,63}$/;
export const attachmentNameForm = /^[!-~]{1,255}$/;
export const entryIdForm = /^[0-9a-f]{32}$/;
export const thumbprintForm = /^[A-Za-z0-9_-]{43}$/;
/** Keys of the state, `/` as separator. */
export const stateKeyForm = /^[!-~]{1,512}$/;

/** Names that the policy file of a chain uses for itself, so that no member can have them. */
export const reservedMemberIds: readonly string[] = ["members", "none"];

export function isMemberId(value: unknown): value is string {
  return typeof value === "string" && memberIdForm.test(value) && !reservedMemberIds.includes(value);
}

/** An integer from 0 to 2^53 − 1: sizes, heights, terms, and times in ms since 1970. */
export function isNatural(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** True where `value` has exactly these members and, if they are there, the optional ones. */
export function hasMembers(value: object, required: readonly string[], optional: readonly string[] = []): boolean {
  const keys = Object.keys(value);
  if (!required.every((name) => Object.hasOwn(value, name))) return false;
  return keys.every((key) => required.includes(key) || optional.includes(key));
}
