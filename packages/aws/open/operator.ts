import { dynamoApps, dynamoLedger, dynamoTable, foundingReservations } from "../dynamodb/index.ts";
import type { SettingsOf } from "../environment.ts";
import { foundingStore } from "../founding/store.ts";
import { dynamoDbClient, kmsClient } from "../lambda/clients.ts";
import { lambdaLog } from "../lambda/log.ts";
import { answerOperator } from "../operator/answer.ts";

export function openOperator(settings: SettingsOf<"operator">) {
  const database = dynamoDbClient();
  const ledger = dynamoTable(database, settings.LEDGER_TABLE);
  const records = dynamoTable(database, settings.RECORDS_TABLE);
  const needs = {
    about: { ...settings.MEMBER, url: settings.BASE_URL },
    founding: foundingStore(ledger),
    reservations: foundingReservations(dynamoTable(database, settings.RAFT_TABLE)),
    ledgerOf: (chain: string) => dynamoLedger({ chain, ledger, records }),
    apps: dynamoApps(dynamoTable(database, settings.APPS_TABLE)),
    kms: kmsClient(),
    keyIds: { sign: settings.SIGN_KEY, log: settings.LOG_KEY, cosign: settings.COSIGN_KEY, agree: settings.AGREE_KEY },
  };
  return { log: lambdaLog(settings.LOG_LEVEL, settings.MEMBER.id), answer: (request: unknown) => answerOperator(request, needs) };
}
