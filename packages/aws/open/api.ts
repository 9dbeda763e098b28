import { createApi } from "@vermilion/api";
import { createFoundingApi } from "@vermilion/api/founding-api";
import { openMember } from "@vermilion/member/open-member";
import type { Brings } from "@vermilion/node/turns/bursts";
import { queueWakeUp } from "../coordinator/wake-up.ts";
import { dynamoApps, dynamoCalls, dynamoTable } from "../dynamodb/index.ts";
import type { SettingsOf } from "../environment.ts";
import { s3Files } from "../files/s3.ts";
import { foundingStore, isOlderData } from "../founding/store.ts";
import { dynamoDbClient, kmsClient, s3Client, sqsClient } from "../lambda/clients.ts";
import { lambdaLog } from "../lambda/log.ts";
import { lambdaMeter } from "../lambda/meter.ts";
import { lingerMs } from "../lambda/pace.ts";
import { world } from "../lambda/world.ts";
import { openMemberWorld } from "./member-world.ts";

type Handle = (request: Request, caller?: { readonly address?: string }) => Promise<Response>;

/**
 * The whole API of a member, for apps and peers. A call takes turns itself, goes on for a moment after its answer until what it has begun is
 * final, and asks for the coordinator where something is left. Before a genesis is installed it serves the founding doors.
 */
export function openApi(settings: SettingsOf<"api">): Handle {
  const meter = lambdaMeter(settings.MEMBER.id);
  const log = lambdaLog(settings.LOG_LEVEL, settings.MEMBER.id, meter);
  const database = dynamoDbClient();
  const ledgerTable = dynamoTable(database, settings.LEDGER_TABLE);
  const founding = foundingStore(ledgerTable);
  const wakeUp = queueWakeUp(sqsClient(), settings.WAKE_QUEUE, log);
  const needs = { ...world, log, baseUrl: settings.BASE_URL, member: settings.MEMBER.id, statement: () => founding.statement() };
  const waiting = createFoundingApi(needs);
  const older = createFoundingApi(needs, "storage-layout-older");
  let opening: ReturnType<typeof open> | undefined;

  async function open(): Promise<Handle | undefined> {
    const genesis = await founding.genesis();
    if (genesis === undefined) return undefined;
    const files = s3Files({ client: s3Client(), bucket: settings.FILES_BUCKET, clock: world.clock });
    const { platform, session, checkSession, directory } = openMemberWorld(settings, genesis, {
      database,
      kms: kmsClient(),
      log,
      meter,
      files,
    });
    const calls = dynamoCalls(dynamoTable(database, settings.CALLS_TABLE));
    const apps = dynamoApps(dynamoTable(database, settings.APPS_TABLE));
    const member = await openMember(platform, { member: settings.MEMBER.id, genesis });
    await directory.follow(() => member.services.members());
    const api = createApi({
      // The HTTP API gives up after 30 s, and what is under way takes its time.
      answerWithinMs: 15_000,
      ...needs,
      keys: platform.keys,
      services: member.services,
      peers: member.peerDoor,
      session,
      checkSession,
      calls,
      apps,
    });
    return async (request, caller) => {
      try {
        const call = Promise.resolve(api.fetch(request, caller));
        const { answer, isLeft } = await member.bursts.attend(call, bringsOf(request), (response) => lingerAfter(request, response));
        if (isLeft) await wakeUp.ask();
        return answer;
      } finally {
        meter.flush();
      }
    };
  }

  return async (request) => {
    opening ??= open();
    const handle = await opening.catch((cause: unknown) => {
      opening = undefined;
      if (isOlderData(cause)) return older.fetch;
      throw cause;
    });
    if (handle !== undefined) return handle(request);
    // A member without a genesis looks for one at each call.
    opening = undefined;
    return waiting.fetch(request);
  };
}

function bringsOf(request: Request): Brings {
  const { pathname } = new URL(request.url);
  return pathname.startsWith("/peer/") && !pathname.endsWith("/proposals") ? "message" : "entries";
}

/** Only what has written waits for more than a moment; who asked not to wait, or has waited in vain, is answered at once. */
function lingerAfter(request: Request, response: Response): number {
  if (bringsOf(request) === "message") return lingerMs.peer;
  if (new URL(request.url).pathname.startsWith("/peer/")) return lingerMs.proposals;
  return response.status === 201 ? lingerMs.app : 0;
}
