/** Calls that one address may make in a window of time without an account. */
export interface Quota {
  readonly calls: number;
  readonly windowSeconds: number;
}

/** By what is asked for: a token costs a signature check, a public read mostly nothing. */
export interface Quotas {
  readonly public: Quota;
  readonly token: Quota;
}

export const defaultQuotas: Quotas = { public: { calls: 1_200, windowSeconds: 60 }, token: { calls: 300, windowSeconds: 60 } };
