/** Names under which a secret or personal data could reach a log by mistake; every platform's log replaces their values. */
export const secretFieldNames: readonly string[] = [
  "authorization",
  "token",
  "access_token",
  "client_assertion",
  "password",
  "secret",
  "jwk",
  "d",
  "sdJwt",
  "body",
  "entry",
  "reference",
  "value",
  "key",
];

/** An event's own fields: `member` says on every line whose log it is, so a member that an event is about stands under `about`. */
export function eventFields({ member, ...fields }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return member === undefined ? fields : { ...fields, about: member };
}
