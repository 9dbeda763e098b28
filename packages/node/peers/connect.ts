import type { Crypto } from "@vermilion/ledger";
import type { Clock, Keys, Peers } from "../ports/index.ts";
import { httpPeers } from "./http-peers.ts";
import { type MemberDirectory, memberDirectory } from "./member-directory.ts";
import { type CheckSession, createPeerSession, createSessionCheck, type PeerSession } from "./peer-session.ts";

interface World {
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly keys: Keys;
}

/** How a member reaches the others of a chain, and knows them when they call: nobody is known until `directory.follow` was told where they stand. */
export interface ChainConnection {
  readonly directory: MemberDirectory;
  readonly checkSession: CheckSession;
  readonly peers: Peers;
}

/** What a member has to do with others over HTTP; session and connections are the same for all of its chains. */
export interface Connections {
  /** Signs what this member sends and answers. */
  readonly session: PeerSession;
  ofChain(chain: string): ChainConnection;
  close(): void;
}

/** `ca`: PEM of the authorities that the others' TLS certificates are judged by; the system's where absent. */
export function connectPeers(world: World, of: { readonly member: string; readonly ca?: string }): Connections {
  const { member, ca } = of;
  const session = createPeerSession({ ...world, member });
  const http = httpPeers({ ...world, session, ...(ca === undefined ? {} : { ca }) });
  return {
    session,
    ofChain(chain) {
      const directory = memberDirectory(world.clock);
      const checkSession = createSessionCheck({ ...world, memberKeyOf: (id) => directory.keyOf(id) });
      return { directory, checkSession, peers: http.ofChain({ chain, checkSession, urlOf: (id) => directory.urlOf(id) }) };
    },
    close: () => http.close(),
  };
}
