/**
 * List prices in US dollars, us-east-1, without free tiers, as of November 2026 (aws.amazon.com/<service>/pricing). Other regions differ by
 * some 10 to 20 %. The cost meter of the dashboard multiplies by these; change them here and nowhere else.
 */
export const pricesAsOf = "2026-11";

export const prices = {
  lambdaCall: 0.2 / 1e6,
  /** Arm, per GB and second. */
  lambdaGbSecond: 0.0000133334,
  httpApiCall: 1 / 1e6,
  dynamoReadUnit: 0.125 / 1e6,
  dynamoWriteUnit: 0.625 / 1e6,
  kmsAsymmetricCall: 0.15 / 1e4,
  kmsKeyMonth: 1,
  stepTransition: 0.025 / 1e3,
} as const;
