import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { Log } from "@vermilion/node/ports/index";

/** Asks for the coordinator. May be lost, come twice or late: what is to do stands in the stores. */
export interface WakeUp {
  ask(): Promise<void>;
}

/** A queue whose messages say nothing. A wake-up that cannot be sent is no reason to fail a call: the watchdog looks every minute. */
export function queueWakeUp(client: SQSClient, queue: string, log: Log): WakeUp {
  return {
    async ask() {
      try {
        await client.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: "look" }));
      } catch (cause) {
        log.warn("wake-up-not-sent", { error: cause instanceof Error ? cause.name : "unknown" });
      }
    },
  };
}
