import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { removalOf } from "./removal.ts";

/** Six months at least, as the Cybersecurity Law of China (article 21) and GB/T 22239 ask of network logs. */
export function createLogGroup(scope: Construct, id: string, retain: boolean): LogGroup {
  return new LogGroup(scope, id, { retention: RetentionDays.SIX_MONTHS, removalPolicy: removalOf(retain) });
}
