import { type Chain, createApi, createFoundingApi } from "@vermilion/api";
import type { Brings } from "@vermilion/node/driver/invocations";
import { queueWakeUp } from "../coordinator/wake-up.ts";
import { dynamoApps, dynamoCalls, dynamoTable } from "../dynamodb/index.ts";
import type { SettingsOf } from "../environment.ts";
import { s3Files } from "../files/s3.ts";
import { foundingStore, isTooOld } from "../founding/store.ts";
import { dynamoDbClient, kmsClient, s3Client, sqsClient } from "../lambda/clients.ts";
import { lambdaLog } from "../lambda/log.ts";
import { lambdaMeter } from "../lambda/meter.ts";
import { lingerMs } from "../lambda/pace.ts";
import { world } from "../lambda/world.ts";
import { chainOfPath, openedChains } from "./chains.ts";
import { chainOpener, counted } from "./member-world.ts";

/**
 * The whole API of a member, for apps and peers. A call takes turns itself on the chain that it is about, goes on for a moment after its answer
 * until what it has begun is final, and asks for the coordinator where something is left. Before a genesis is installed it serves the founding
 * doors.
 */
export function openApi(settings: SettingsOf<"api">) {
  const member = settings.MEMBER.id;
  const meter = lambdaMeter(member);
  const log = lambdaLog(settings.LOG_LEVEL, member);
  const database = dynamoDbClient();
  const s3 = s3Client();
  const founding = foundingStore(dynamoTable(database, settings.LEDGER_TABLE));
  const calls = dynamoCalls(dynamoTable(database, settings.CALLS_TABLE));
  const apps = dynamoApps(dynamoTable(database, settings.APPS_TABLE));
  const wakeUp = queueWakeUp(sqsClient(), settings.WAKE_QUEUE, log);
  const needs = { ...world, log, baseUrl: settings.BASE_URL, member, statement: () => founding.statement() };
  const waiting = createFoundingApi(needs);
  const tooOld = createFoundingApi(needs, "data-too-old");
  const doors = new Map<string, Chain>();
  const open = chainOpener(settings, { database, kms: counted(kmsClient(), meter) });
  const chains = openedChains(founding, world.clock, async (installed, isMain) => {
    const { chain } = installed;
    const files = s3Files({ client: s3, bucket: settings.FILES_BUCKET, chain, clock: world.clock });
    const opened = await open(installed, { log: log.ofChain(chain, meter.ofChain({ id: chain, isMain })), files });
    doors.set(chain, { services: opened.services, peers: opened.peerDoor, checkSession: opened.checkSession });
    return opened;
  });
  let api: ReturnType<typeof createApi> | undefined;

  async function answer(request: Request, caller: { readonly address?: string }): Promise<Response> {
    const main = await chains.of("main").catch((error: unknown) => {
      if (isTooOld(error)) return tooOld;
      throw error;
    });
    // A member without a genesis looks for one at each call.
    if (main === undefined) return waiting.fetch(request);
    if ("fetch" in main) return main.fetch(request);
    const { chain, invocations } = (await chains.of(chainOfPath(new URL(request.url).pathname))) ?? main;
    api ??= createApi({
      // The HTTP API gives up after 30 s, and what is under way takes its time.
      answerWithinMs: 15_000,
      ...needs,
      keys: main.keys,
      session: main.session,
      chains: { main: main.chain, of: (id) => doors.get(id) },
      calls,
      apps,
    });
    const call = Promise.resolve(api.fetch(request, caller));
    const attended = await invocations.attend(call, bringsOf(request), (response) => lingerAfter(request, response));
    if (attended.isLeft) await wakeUp.ask(chain);
    return attended.answer;
  }
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
