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
];
