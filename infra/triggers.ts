import { finalSortKey } from "@vermilion/aws/environment";
import { Stack } from "aws-cdk-lib";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { EventSourceMapping, FilterCriteria, FilterRule, type IFunction, StartingPosition } from "aws-cdk-lib/aws-lambda";
import { SqsDlq, SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import { CfnSchedule } from "aws-cdk-lib/aws-scheduler";
import type { Construct } from "constructs";
import type { Functions } from "./functions.ts";
import type { Queues } from "./queues.ts";
import { allow, type Roles } from "./roles.ts";
import type { Tables } from "./tables.ts";

/** A message on the queue wakes the function at once: no window, for a caller waits. */
export function wakeOnMessage(functions: Functions, { wake }: Queues): void {
  functions.wake.addEventSource(new SqsEventSource(wake, { batchSize: 10, reportBatchItemFailures: true }));
}

/** A look that fails is not repeated: the next is minutes away and finds the same. */
export function lookNowAndThen(scope: Construct, { watchdog, tiles }: Functions): void {
  const role = new Role(scope, "EveryMinuteRole", {
    assumedBy: new ServicePrincipal("scheduler.amazonaws.com", {
      conditions: { StringEquals: { "aws:SourceAccount": Stack.of(scope).account } },
    }),
    description: "Vermilion: role of the schedules that call the watchdog, and tiles",
  });
  allow(role, ["lambda:InvokeFunction"], [watchdog.functionArn, tiles.functionArn]);
  const schedule = (name: string, description: string, minutes: number, { functionArn }: IFunction) =>
    new CfnSchedule(scope, name, {
      description,
      scheduleExpression: `rate(${minutes} ${minutes === 1 ? "minute" : "minutes"})`,
      flexibleTimeWindow: { mode: "OFF" },
      target: { arn: functionArn, roleArn: role.roleArn, retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 } },
    });
  schedule("EveryMinute", "Finds what nobody was woken for, and measures", 1, watchdog);
  // The stream holds its records for a day: what it could not deliver by then is published all the same.
  schedule("EveryFiveMinutes", "Publishes what has become final and was not told of", 5, tiles);
}

/** When more has become final, it is published. Mapped by hand: the ready-made source would let the role list all streams of the account. */
export function publishFromStream(
  scope: Construct,
  needs: { readonly functions: Functions; readonly roles: Roles; readonly tables: Tables; readonly queues: Queues },
): void {
  const { functions, roles, tables, queues } = needs;
  const stream = tables.ledger.tableStreamArn;
  if (stream === undefined) throw new Error(`bug: the ledger's table in ${Stack.of(scope).stackName} has no stream`);
  const reading = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"];
  allow(roles.tiles, reading, [stream]);
  const mapping = new EventSourceMapping(scope, "FinalStream", {
    target: functions.tiles,
    eventSourceArn: stream,
    startingPosition: StartingPosition.TRIM_HORIZON,
    batchSize: 10,
    bisectBatchOnError: true,
    retryAttempts: 10,
    onFailure: new SqsDlq(queues.tilesDead),
    filters: [FilterCriteria.filter({ dynamodb: { Keys: { sk: { S: FilterRule.isEqual(finalSortKey) } } } })],
  });
  // Lambda checks on creation that the role can read the stream.
  mapping.node.addDependency(roles.tiles);
}
