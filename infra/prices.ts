/**
 * List prices in US dollars, us-east-1, without free tiers, as of November 2026 (aws.amazon.com/<service>/pricing). Other regions differ by
 * some 10 to 20 %. The cost meter of the dashboard and `npm run bench:cost` multiply by these; change them here and nowhere else.
 */
export const pricesAsOf = "2026-11";
export const pricesRegion = "us-east-1";

export const prices = {
  lambdaCall: 0.2 / 1e6,
  /** Arm, per GB and second. */
  lambdaGbSecond: 0.0000133334,
  httpApiCall: 1 / 1e6,
  dynamoReadUnit: 0.125 / 1e6,
  dynamoWriteUnit: 0.625 / 1e6,
  dynamoStorageGbMonth: 0.25,
  /** Point-in-time recovery, by the size of the table. */
  dynamoRecoveryGbMonth: 0.2,
  kmsAsymmetricCall: 0.15 / 1e4,
  kmsSymmetricCall: 0.03 / 1e4,
  kmsKeyMonth: 1,
  stepTransition: 0.025 / 1e3,
  sqsRequest: 0.4 / 1e6,
  schedulerCall: 1 / 1e6,
  s3Put: 5 / 1e6,
  s3Get: 0.4 / 1e6,
  logsGb: 0.5,
  metricMonth: 0.3,
  alarmMonth: 0.1,
  dashboardMonth: 3,
  trafficOutGb: 0.09,
} as const;
