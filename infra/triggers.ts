import { finalKey } from "@vermilion/aws/coordinator-acts";
import { Stack } from "aws-cdk-lib";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { EventSourceMapping, FilterCriteria, FilterRule, StartingPosition } from "aws-cdk-lib/aws-lambda";
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

/** A look that fails is not repeated: the next is a minute away and finds the same. */
export function lookEveryMinute(scope: Construct, functions: Functions): void {
  const role = new Role(scope, "EveryMinuteRole", {
    assumedBy: new ServicePrincipal("scheduler.amazonaws.com", {
      conditions: { StringEquals: { "aws:SourceAccount": Stack.of(scope).account } },
    }),
    description: "Vermilion: role of the schedule that calls the watchdog",
  });
  allow(role, ["lambda:InvokeFunction"], [functions.watchdog.functionArn]);
  new CfnSchedule(scope, "EveryMinute", {
    description: "Finds what nobody was woken for, and measures",
    scheduleExpression: "rate(1 minute)",
    flexibleTimeWindow: { mode: "OFF" },
    target: {
      arn: functions.watchdog.functionArn,
      roleArn: role.roleArn,
      retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
    },
  });
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
    filters: [FilterCriteria.filter({ dynamodb: { Keys: { pk: { S: FilterRule.isEqual(finalKey) } } } })],
  });
  // Lambda checks on creation that the role can read the stream.
  mapping.node.addDependency(roles.tiles);
}
