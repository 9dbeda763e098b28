import type { CommitCertificate, Position } from "@vermilion/consensus";
import {
  acknowledgementTyp,
  checkAcknowledgement,
  encodeAcknowledgement,
  encodeAcknowledgementPayload,
  lowS,
  majority,
  parseAcknowledgement,
  signingInput,
  text,
  thumbprint,
  utf8,
} from "@vermilion/ledger";
import type { NodeContext } from "../context.ts";
import type { Membership } from "../rules.ts";

/**
 * This member's signed acknowledgement that it holds the block at `position`, which must be saved. (term, height) is reserved first:
 * undefined when another block was acknowledged there.
 */
export async function acknowledge(context: NodeContext, position: Position): Promise<string | undefined> {
  const place = `ack/${String(position.term).padStart(12, "0")}/${String(position.height).padStart(12, "0")}`;
  if ((await context.raftStore.reserve(place, position.hash)) !== position.hash) return undefined;
  const payload = encodeAcknowledgementPayload({
    chain: context.chain,
    term: position.term,
    height: position.height,
    header: position.hash,
  });
  const jwk = context.keys.public.sign;
  const signature = lowS(await context.keys.sign(signingInput(acknowledgementTyp, payload, jwk, context.signThumbprint)));
  return text(encodeAcknowledgement(payload, { jwk, kid: context.signThumbprint, signature }));
}

/** What checking acknowledgements needs of the chain. */
type Acknowledging = Pick<NodeContext, "chain" | "crypto">;

/** Whether `proof` is `member`'s signed acknowledgement of exactly `position`. `membership`: as of its height. */
export function isAcknowledgement(
  context: Acknowledging,
  { members }: Membership,
  member: string,
  position: Position,
  proof: string,
): boolean {
  const parsed = parseAcknowledgement(utf8(proof), context.crypto);
  const key = members.get(member)?.keys.sign;
  if ("refused" in parsed || key === undefined) return false;
  const { chain, term, height, header } = parsed.payload;
  const same = chain === context.chain && term === position.term && height === position.height && header === position.hash;
  return (
    same && parsed.signature.kid === thumbprint(key, context.crypto) && checkAcknowledgement(parsed, key, context.crypto) === undefined
  );
}

/** Distinct members, a majority, each signature over exactly the position: proof that no other block can ever stand there. */
export function isCommitCertificate(context: Acknowledging, membership: Membership, certificate: CommitCertificate): boolean {
  const proofs = Object.entries(certificate.acknowledgements);
  if (proofs.length < majority(membership.members.size)) return false;
  return proofs.every(([member, proof]) => isAcknowledgement(context, membership, member, certificate.position, proof));
}
