import type { AdminAnswer } from "@vermilion/api/admin-door";
import { dynamoApps, dynamoLedger, dynamoRaftStore, dynamoTable } from "../dynamodb/index.ts";
import type { SettingsOf } from "../environment.ts";
import { foundingStore } from "../founding/store.ts";
import { dynamoDbClient, kmsClient } from "../lambda/clients.ts";
import { world } from "../lambda/world.ts";
import { answerOperator } from "../operator/answer.ts";

export function openOperator(settings: SettingsOf<"operator">): (request: unknown) => Promise<AdminAnswer> {
  const database = dynamoDbClient();
  const ledgerTable = dynamoTable(database, settings.LEDGER_TABLE);
  const needs = {
    about: { ...settings.MEMBER, url: settings.BASE_URL },
    founding: foundingStore(ledgerTable),
    ledger: dynamoLedger({ ledger: ledgerTable, records: dynamoTable(database, settings.RECORDS_TABLE) }),
    raftStore: dynamoRaftStore(dynamoTable(database, settings.RAFT_TABLE), world.clock),
    apps: dynamoApps(dynamoTable(database, settings.APPS_TABLE)),
    kms: kmsClient(),
    keyIds: { sign: settings.SIGN_KEY, log: settings.LOG_KEY, cosign: settings.COSIGN_KEY, agree: settings.AGREE_KEY },
  };
  return (request) => answerOperator(request, needs);
}
