import type { Crypto } from "@vermilion/ledger";
import type { PeerDoor } from "@vermilion/member/peers/peer-door";
import type { Apps, Calls } from "@vermilion/member/ports/index";
import type { PublicServices, Services } from "@vermilion/member/services";
import type { CheckSession, PeerSession } from "@vermilion/node/peers/peer-session";
import type { Clock, Keys, Log, Random } from "@vermilion/node/ports/index";
import type { DocsFile } from "./docs-file.ts";
import type { Metrics } from "./metrics.ts";
import type { Quotas } from "./quotas.ts";

/** One chain of this member, as its doors need it. */
export interface Chain {
  readonly services: Services;
  readonly peers: PeerDoor;
  /** Who of the members of this chain a session is of. */
  readonly checkSession: CheckSession;
}

/** The chains that this member is on, by their ids (hex). */
export interface Chains<Of = Chain> {
  /** The one whose routes stand at the short paths. */
  readonly main: string;
  of(chain: string): Of | undefined;
}

/** The chains of a member that is on one. */
export function oneChain<Of>(id: string, chain: Of): Chains<Of> {
  return { main: id, of: (asked) => (asked === id ? chain : undefined) };
}

/** Everything that the doors need, built in one place per platform. */
export interface ApiNeeds {
  readonly chains: Chains;
  /** This member's own session: signs the answers to its peers. */
  readonly session: PeerSession;
  readonly calls: Calls;
  readonly apps: Apps;
  readonly keys: Keys;
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** As callers reach this member, without a slash at the end: audience of tokens, target of peer signatures, prefix of links. */
  readonly baseUrl: string;
  readonly member: string;
  /** Where a call must be answered in this time (ms): a bulk call takes no more lines then. */
  readonly answerWithinMs?: number;
  /** What is measured of this process; absent where the platform measures by itself. */
  readonly metrics?: Metrics;
  /** How much strangers may ask for; `defaultQuotas` where absent. */
  readonly quotas?: Quotas;
  /** The process was told to end, and takes no new work. */
  readonly isDraining?: () => boolean;
  /** A file of the page that shows the API, as the platform has it beside its code; undefined where it has none. */
  readonly docsFile?: (name: DocsFile) => Promise<Uint8Array | undefined>;
  /** The member's own signed statement: who it is, before there was a chain. */
  statement(): Promise<string | undefined>;
}

/** What a process needs that is on no chain yet. */
export type FoundingNeeds = Pick<
  ApiNeeds,
  | "clock"
  | "random"
  | "log"
  | "crypto"
  | "baseUrl"
  | "member"
  | "answerWithinMs"
  | "quotas"
  | "metrics"
  | "isDraining"
  | "docsFile"
  | "statement"
>;

/** What the routes that need no account are served from. */
export interface PublicNeeds extends FoundingNeeds {
  readonly chains: Chains<{ readonly services: PublicServices }>;
}

/** Who calls, after sign-in. `operator` is there on every route that asks for it. */
export interface Access {
  readonly app: string;
  readonly operator: string;
  /** What the token and the app both hold now. */
  readonly scopes: ReadonlySet<string>;
}
