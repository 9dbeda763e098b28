import { createApi, createFoundingApi, oneChain } from "@vermilion/api";
import { openMember } from "@vermilion/member/open-member";
import type { Brings } from "@vermilion/node/driver/invocations";
import { queueWakeUp } from "../coordinator/wake-up.ts";
import { dynamoApps, dynamoCalls, dynamoTable } from "../dynamodb/index.ts";
import type { SettingsOf } from "../environment.ts";
import { s3Files } from "../files/s3.ts";
import { foundingStore, type InstalledChain, isTooOld } from "../founding/store.ts";
import { dynamoDbClient, kmsClient, s3Client, sqsClient } from "../lambda/clients.ts";
import { lambdaLog } from "../lambda/log.ts";
import { lambdaMeter } from "../lambda/meter.ts";
import { lingerMs } from "../lambda/pace.ts";
import { world } from "../lambda/world.ts";
import { openedChains } from "./chains.ts";
import { counted, openMemberWorld } from "./member-world.ts";

type Handle = (request: Request, caller: { readonly address?: string }) => Promise<Response>;

/**
 * The whole API of a member, for apps and peers. A call takes turns itself, goes on for a moment after its answer until what it has begun is
 * final, and asks for the coordinator where something is left. Before a genesis is installed it serves the founding doors.
 */
export function openApi(settings: SettingsOf<"api">) {
  const member = settings.MEMBER.id;
  const meter = lambdaMeter(member);
  const log = lambdaLog(settings.LOG_LEVEL, member);
  const database = dynamoDbClient();
  const kms = counted(kmsClient(), meter);
  const s3 = s3Client();
  const founding = foundingStore(dynamoTable(database, settings.LEDGER_TABLE));
  const calls = dynamoCalls(dynamoTable(database, settings.CALLS_TABLE));
  const apps = dynamoApps(dynamoTable(database, settings.APPS_TABLE));
  const wakeUp = queueWakeUp(sqsClient(), settings.WAKE_QUEUE, log);
  const needs = { ...world, log, baseUrl: settings.BASE_URL, member, statement: () => founding.statement() };
  const waiting = createFoundingApi(needs);
  const tooOld = createFoundingApi(needs, "data-too-old");
  const chains = openedChains(founding, open);

  async function open(installed: InstalledChain, isMain: boolean): Promise<Handle> {
    const { chain, genesis } = installed;
    const files = s3Files({ client: s3, bucket: settings.FILES_BUCKET, chain, clock: world.clock });
    const ofChain = log.ofChain(chain, meter.ofChain({ id: chain, isMain }));
    const { platform, session, checkSession, directory } = openMemberWorld(settings, installed, { database, kms, log: ofChain, files });
    const running = await openMember(platform, { member, genesis });
    await directory.follow(async () => (await running.services.members({})).items);
    const api = createApi({
      // The HTTP API gives up after 30 s, and what is under way takes its time.
      answerWithinMs: 15_000,
      ...needs,
      keys: platform.keys,
      chains: oneChain(chain, { services: running.services, peers: running.peerDoor }),
      session,
      checkSession,
      calls,
      apps,
    });
    return async (request, caller) => {
      const call = Promise.resolve(api.fetch(request, caller));
      const { answer, isLeft } = await running.invocations.attend(call, bringsOf(request), (response) => lingerAfter(request, response));
      if (isLeft) await wakeUp.ask(chain);
      return answer;
    };
  }

  /** A member without a genesis looks for one at each call. */
  const answer: Handle = async (request, caller) => {
    const handle = await chains.of("main").catch((error: unknown) => {
      if (isTooOld(error)) return tooOld.fetch;
      throw error;
    });
    return handle === undefined ? waiting.fetch(request) : handle(request, caller);
  };
  return { log, meter, answer };
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
