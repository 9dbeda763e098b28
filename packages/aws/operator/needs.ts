import type { KMSClient } from "@aws-sdk/client-kms";
import type { AdminAnswer } from "@vermilion/api/sign-in/apps";
import type { Apps } from "@vermilion/member/ports/index";
import type { FounderStatement } from "@vermilion/node/founding/genesis";
import type { Keys, Ledger, RaftStore } from "@vermilion/node/ports/index";
import type { FoundingStore } from "../founding/store.ts";
import { type KeyIds, kmsKeys } from "../kms/keys.ts";
import { readPublicKeys } from "../kms/public-keys.ts";

export interface OperatorNeeds {
  readonly about: Omit<FounderStatement, "keys">;
  readonly founding: FoundingStore;
  /** What the member has bound itself to before it is on a chain. */
  readonly reservations: Pick<RaftStore, "reserve" | "highestReserved">;
  readonly ledgerOf: (chain: string) => Ledger;
  readonly apps: Apps;
  readonly kms: KMSClient;
  readonly keyIds: Omit<KeyIds, "wrap">;
}

export async function openKeys({ kms, keyIds }: OperatorNeeds): Promise<Keys> {
  return kmsKeys({ client: kms, ids: keyIds, public: await readPublicKeys(kms, keyIds) });
}

export function refuse(code: string, detail: string): AdminAnswer {
  return { ok: false, code, detail };
}
