import { stateKeys } from "@vermilion/contracts";
import { Fault } from "@vermilion/node/fault";
import type { PeerCall } from "@vermilion/node/ports/index";
import type { Context } from "../context.ts";
import { giveFile } from "../files/give-file.ts";
import type { Refused } from "../services.ts";
import { readRow } from "../state/reader.ts";
import { encodeAttachmentAnswer, parseAttachmentCall } from "./wire.ts";

/** Where signed calls of other members arrive; the api package has checked who signed them. */
export interface PeerDoor {
  /** Throws `Fault` `peer-refused` for what a member may not ask or has asked in the wrong form. */
  handle(from: string, call: PeerCall, body: Uint8Array): Promise<Uint8Array>;
}

export function peerDoor(context: Context): PeerDoor {
  return {
    async handle(from, call, body) {
      if (!(await context.node.read.membershipAt()).members.has(from)) throw new Fault("peer-refused", "not a member of this chain");
      switch (call) {
        case "attachment":
          return encodeAttachmentAnswer(await grantedAttachment(context, from, body));
        case "file":
          return giveFile(context, from, body);
        default:
          return context.node.answerPeer(from, call, body);
      }
    },
  };
}

/**
 * A key file goes to its reader only, and only after the grant that names it is committed here (design, section 7): the ledger row is the
 * permission, and it is there for everybody to see.
 */
async function grantedAttachment(context: Context, from: string, body: Uint8Array): Promise<Uint8Array> {
  const { sha256, grant: request } = parseAttachmentCall(body);
  // The reader may have read of the grant a block before its owner does.
  const unknown: Refused = { refused: "unknown-grant", detail: request };
  const grant = await context.node.read.freshly(async () => (await readRow(context, stateKeys.grant(request))) ?? unknown);
  const isOurs = !("refused" in grant) && grant.owner === context.member && grant.attachment === sha256 && grant.reader === from;
  if (!isOurs) throw new Fault("peer-refused", "no grant on the ledger gives this to you");
  const bytes = await context.ledger.sealed(sha256);
  if (bytes === undefined) throw new Fault("peer-refused", "the attachment is not held here");
  return bytes;
}
