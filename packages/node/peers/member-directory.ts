import type { PublicJwk } from "@vermilion/ledger";
import type { Clock } from "../ports/index.ts";

/** What the ledger says of a member, as far as peers need it. */
export interface PeerRow {
  readonly id: string;
  readonly url: string;
  readonly status: string;
  readonly keys: { readonly sign: PublicJwk };
}

type Rows = readonly PeerRow[];

export interface MemberDirectory {
  /** The identity key of an active member. */
  keyOf(member: string): Promise<PublicJwk | undefined>;
  urlOf(member: string): string | undefined;
  /** Begins to follow the members of the chain; until then nobody is known. */
  follow(read: () => Promise<Rows>): Promise<void>;
}

/** How long an answer about a member may be old: peers' calls come many times a second, members change by governance. */
const freshMs = 5_000;

/** Keys and addresses of the members as the chain has them. The peers' adapter needs it before the member that knows is open. */
export function memberDirectory(clock: Clock): MemberDirectory {
  let read: (() => Promise<Rows>) | undefined;
  let rows: Rows = [];
  let readAt = 0;
  const refresh = async () => {
    if (read === undefined || clock.now() - readAt < freshMs) return;
    readAt = clock.now();
    rows = await read();
  };
  const active = (member: string) => rows.find(({ id, status }) => id === member && status === "active");
  return {
    async keyOf(member) {
      await refresh();
      return active(member)?.keys.sign;
    },
    urlOf: (member) => active(member)?.url,
    async follow(source) {
      read = source;
      await refresh();
    },
  };
}
