import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { removalOf } from "./removal.ts";

/** Half a year at least, as the Cybersecurity Law of China (article 21) and GB/T 22239 ask of network logs. */
export function createLogGroup(scope: Construct, id: string, { retain, logRetentionDays }: LogWishes): LogGroup {
  return new LogGroup(scope, id, { retention: logRetentionDays, removalPolicy: removalOf(retain) });
}

export interface LogWishes {
  readonly retain: boolean;
  /** One of the numbers that CloudWatch Logs knows. */
  readonly logRetentionDays: number;
}

/** The numbers of days that CloudWatch Logs knows, from half a year on. */
export const logRetentions: readonly number[] = Object.values(RetentionDays).filter(
  (days): days is number => typeof days === "number" && days >= RetentionDays.SIX_MONTHS && days < RetentionDays.INFINITE,
);
