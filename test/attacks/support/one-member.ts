import type { Position } from "@vermilion/consensus";
import {
  checkpointText,
  cosignatureKeyType,
  cosignatureLine,
  cosignatureMessage,
  cosignerName,
  fromBase64url,
  originOf,
  type VerifierKey,
  verifierKey,
} from "@vermilion/ledger";
import { nativeCrypto } from "@vermilion/node";
import type { ExecutedBlock } from "@vermilion/node/ports/index";
import { afterEach, beforeEach, expect } from "vitest";
import { sent, Victim } from "../../member/victim.ts";
import { memoryKeys } from "../../support/memory-keys.ts";

/** One real member whose three peers are the test: what they say is forged with their real keys. */

export let victim: Victim;
export let genesis: Position;

/** Opens the member before each test of the file. After it, no attack may have reached a bug or left a finding in its bytes. */
export function oneMemberAlone(): void {
  beforeEach(async () => {
    victim = await Victim.open();
    genesis = await victim.base();
  });

  afterEach(async () => {
    expect(victim.logged.filter(({ event }) => event === "bug")).toEqual([]);
    expect(await victim.findings()).toEqual([]);
    await victim.close();
  });
}

/** Whatever was tried, the member goes on: a right block on top of what is committed is acknowledged and becomes the head. */
export async function goesOn(term: number): Promise<ExecutedBlock> {
  const block = await victim.block(term, genesis);
  const { position } = sent(block);
  const answer = await victim.say(victim.append(term, genesis, [sent(block)]));
  expect(answer).toMatchObject({ kind: "append-answer", ok: true, acknowledges: position });
  await victim.say(victim.append(term, position, [], victim.certificate(position)));
  expect(await victim.standing()).toMatchObject({ height: 1, head: position.hash, amnesic: false });
  return block;
}

export function cosignerKeyOf(member: string): VerifierKey {
  const raw = fromBase64url(victim.members.get(member)?.keys.cosign.jwk.x ?? "") ?? new Uint8Array();
  return verifierKey(cosignerName("test.example", member), cosignatureKeyType, raw, nativeCrypto);
}

/** A cosignature line by the key of `signer`, said to be by `named`. */
export async function cosigned(
  signer: string,
  size: number,
  root: Uint8Array,
  named: VerifierKey = cosignerKeyOf(signer),
): Promise<string> {
  const identity = victim.members.get(signer);
  if (identity === undefined) throw new Error(`no member ${signer}`);
  const origin = originOf("test.example", victim.chain);
  const seconds = Math.floor(Date.now() / 1_000);
  const signature = await memoryKeys(identity).cosign(cosignatureMessage(seconds, checkpointText({ origin, size, root })));
  return cosignatureLine(named, seconds, signature).trimEnd();
}
