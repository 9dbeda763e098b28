import { Duration } from "aws-cdk-lib";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { sizes } from "./functions.ts";

export interface Queues {
  /** Its messages name a chain and nothing more: losing one costs a minute, until the watchdog looks by itself. */
  readonly wake: Queue;
  readonly wakeDead: Queue;
  /** Pointers to stream records that could not be published. */
  readonly tilesDead: Queue;
}

const common = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true } as const;
const keptFor = Duration.days(14);

export function createQueues(scope: Construct): Queues {
  const wakeDead = new Queue(scope, "WakeDeadLetters", { ...common, retentionPeriod: keptFor });
  const wake = new Queue(scope, "WakeQueue", {
    ...common,
    // Six times the function's time, as AWS advises: a message must not come back while it may still be worked on.
    visibilityTimeout: Duration.seconds(6 * sizes.wake.timeoutSeconds),
    retentionPeriod: Duration.hours(1),
    deadLetterQueue: { queue: wakeDead, maxReceiveCount: 4 },
  });
  const tilesDead = new Queue(scope, "TilesDeadLetters", { ...common, retentionPeriod: keptFor });
  return { wake, wakeDead, tilesDead };
}
