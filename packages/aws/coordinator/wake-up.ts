import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { Log } from "@vermilion/node/ports/index";
import { z } from "zod";

/** Asks for the coordinator of a chain. May be lost, come twice or late: what is to do stands in the stores. */
export interface WakeUp {
  ask(chain: string): Promise<void>;
}

/** What a message on the queue says. */
export const wakeMessage = z.strictObject({ chain: z.string().regex(/^[0-9a-f]{64}$/) });

/** A queue whose messages name a chain and nothing more. A wake-up that cannot be sent is no reason to fail a call: the watchdog looks every minute. */
export function queueWakeUp(client: SQSClient, queue: string, log: Log): WakeUp {
  return {
    async ask(chain) {
      try {
        await client.send(
          new SendMessageCommand({ QueueUrl: queue, MessageBody: JSON.stringify({ chain } satisfies z.output<typeof wakeMessage>) }),
        );
      } catch (cause) {
        log.warn("wake-up-not-sent", { chain, error: cause instanceof Error ? cause.name : "unknown" });
      }
    },
  };
}
