import { type Result, scopes } from "@vermilion/protocol";
import { tokenEndpoint } from "./tokens.ts";

/** RFC 8414. */
export function signInMetadata(baseUrl: string): Result<"signInMetadata"> {
  return {
    issuer: baseUrl,
    token_endpoint: tokenEndpoint(baseUrl),
    grant_types_supported: ["client_credentials"],
    response_types_supported: [],
    token_endpoint_auth_methods_supported: ["private_key_jwt"],
    token_endpoint_auth_signing_alg_values_supported: ["ES256", "EdDSA"],
    scopes_supported: [...scopes],
  };
}
