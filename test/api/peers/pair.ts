import { canonical, encodeSigned, type Json, type PublicJwk, signingInput, thumbprint, toBase64url } from "@vermilion/ledger";
import { httpPeers } from "@vermilion/node/peers/http-peers";
import { createSessionCheck, sessionTyp } from "@vermilion/node/peers/peer-session";
import { signRequest } from "@vermilion/node/peers/peer-signatures";
import { onTestFinished } from "vitest";
import { chain, crypto, ed25519, type KeyPair, signEs256, startMember, type TestMember, testClock } from "../support/member.ts";

/** Two members of the API, each with its own server, and what a test forges between them. */

export const body = new TextEncoder().encode('{"term":1}');

export interface Pair {
  readonly customs: TestMember;
  readonly tax: TestMember;
  readonly members: Map<string, PublicJwk>;
}

export async function pair(options: Partial<Parameters<typeof startMember>[0]> = {}): Promise<Pair> {
  const members = new Map<string, PublicJwk>();
  const clock = testClock();
  const customs = await startMember({ ...options, members, clock });
  const tax = await startMember({ id: "tax", members, clock });
  return { customs, tax, members };
}

export function signedBy(sender: Pick<TestMember, "session" | "clock">, url: string, message = body): Promise<Record<string, string>> {
  return signRequest({ method: "POST", url, body: message }, { session: sender.session, clock: sender.clock, crypto });
}

export function post(url: string, headers: Record<string, string>, message: Uint8Array = body): Promise<Response> {
  return fetch(url, { method: "POST", headers, body: Buffer.from(message) });
}

export function peersOf({ tax, customs, members }: Pair, url = customs.baseUrl) {
  const checkSession = createSessionCheck({ clock: tax.clock, crypto, memberKeyOf: async (id) => members.get(id) });
  const http = httpPeers({ session: tax.session, clock: tax.clock, crypto });
  onTestFinished(() => http.close());
  return http.ofChain({ chain, checkSession, urlOf: (id) => (id === "customs" ? url : undefined) });
}

/** A session as its holder would like it, certified by whatever key he has. */
export function forge(payload: Readonly<Record<string, Json>>, by: KeyPair, typ = sessionTyp): string {
  const bytes = canonical(payload);
  const kid = thumbprint(by.jwk, crypto);
  const signature = signEs256(by, signingInput(typ, bytes, by.jwk, kid));
  return toBase64url(encodeSigned(typ, bytes, [{ jwk: by.jwk, kid, signature }]));
}

/** What a session certificate of this moment says. */
export function realSession({ clock }: TestMember): Readonly<Record<string, Json>> {
  return { jwk: ed25519().jwk, notAfter: clock.time + 3_600_000, notBefore: clock.time };
}
