import type { Crypto } from "@vermilion/ledger";
import type { Clock, Keys, Log, Random } from "../ports/index.ts";
import { httpPeers } from "./http-peers.ts";
import { memberDirectory } from "./member-directory.ts";
import { createPeerSession, createSessionCheck } from "./peer-session.ts";

interface World {
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly keys: Keys;
}

/**
 * How a member reaches the others over HTTP, and knows them when they call: nobody is known until `directory.follow` was told where the
 * members stand. `ca`: PEM of the authorities that their TLS certificates are judged by; the system's where absent.
 */
export function connectPeers(world: World, of: { readonly member: string; readonly chain: string; readonly ca?: string }) {
  const { member, chain, ca } = of;
  const directory = memberDirectory(world.clock);
  const session = createPeerSession({ ...world, member, chain });
  const checkSession = createSessionCheck({ ...world, chain, memberKeyOf: (id) => directory.keyOf(id) });
  const peers = httpPeers({
    ...world,
    chain,
    session,
    checkSession,
    urlOf: (id) => directory.urlOf(id),
    ...(ca === undefined ? {} : { ca }),
  });
  return { directory, session, checkSession, peers };
}
