import { type Crypto, type PublicJwk, type StateKey, toHex, utf8 } from "@vermilion/ledger";

export type AccountKind = "holder" | "issuer" | "verifier";

export type AccountRow = {
  readonly address: string;
  readonly kind: AccountKind;
  readonly name: string;
  readonly jwk: PublicJwk;
  /** The member that registered it. */
  readonly member: string;
  readonly at: number;
  readonly transaction: string;
};

export const accountKeys = {
  account: (address: string): StateKey<AccountRow> => `account/${address}`,
} as const;

/** Address of an account: `ver1` and the first 40 hex digits of SHA-256 over its key's thumbprint (RFC 7638, base64url). */
export function addressOf(thumbprint: string, crypto: Crypto): string {
  return `ver1${toHex(crypto.sha256(utf8(`vermilion-address/v1\n${thumbprint}`))).slice(0, 40)}`;
}
