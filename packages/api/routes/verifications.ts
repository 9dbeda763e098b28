import { z } from "@hono/zod-openapi";
import type { Doors } from "../doors.ts";
import { address, optional, verdicts } from "../schemas.ts";

export function verificationRoutes({ writing, needs: { services } }: Doors): void {
  writing({
    method: "post",
    path: "/v1/verifications",
    topic: "verifications",
    summary: { zh: "核验证照并上链记录", en: "Verify a presented certificate; the verification is itself an entry" },
    scopes: ["verifications:record"],
    body: z.strictObject({
      sdJwt: z.string().min(1).max(1_000_000),
      issuerCode: z.string().regex(/^[0-9A-Z]{18}$/),
      verifier: optional(address),
    }),
    result: { verdicts },
    location: (answer) => `/v1/entries/${answer.transactionHash}`,
    problems: [
      "bad-sd-jwt",
      "bad-disclosure",
      "bad-claims",
      "unknown-document",
      "document-does-not-match",
      "issuer-does-not-match",
      "unknown-account",
      "wrong-account-kind",
      "account-of-another-member",
    ],
    run: ({ body, caller }, options) => services.verifyCertificate(body, caller, options),
  });
}
