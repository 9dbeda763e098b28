import type { CommitCertificate, Message } from "@vermilion/consensus";
import { fromBase64url, parseStrict, text, toBase64url, utf8 } from "@vermilion/ledger";
import * as z from "zod";
import { Fault } from "../fault.ts";
import type { Attachment, ExecutedBlock, Proposal } from "../ports/index.ts";

/** What members say to each other: JSON with the stored bytes of entries and headers as texts, exactly as they are hashed. */

export const hex = z.string().regex(/^[0-9a-f]{64}$/);
export const count = z.int().min(0);
const memberId = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/);
const mark = z.strictObject({ term: count, height: count, cosignedSize: count });
const position = z.strictObject({ term: count, height: count, hash: hex });
const proof = z.string().max(4_096);
const certificate = z.strictObject({ position, acknowledgements: z.record(memberId, proof) });
const envelope = { from: memberId, to: memberId, term: count, signed: mark, seen: mark };

const message = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("pre-vote"), ...envelope, nextTerm: count, last: position }),
  z.strictObject({ kind: z.literal("pre-vote-answer"), ...envelope, nextTerm: count, granted: z.boolean() }),
  z.strictObject({ kind: z.literal("vote"), ...envelope, last: position }),
  z.strictObject({ kind: z.literal("vote-answer"), ...envelope, granted: z.boolean() }),
  z.strictObject({
    kind: z.literal("append"),
    ...envelope,
    previous: position,
    positions: z.array(position).max(1_000),
    last: position,
    certificate: certificate.nullable(),
  }),
  z.discriminatedUnion("ok", [
    z.strictObject({
      kind: z.literal("append-answer"),
      ok: z.literal(true),
      ...envelope,
      matched: position,
      acknowledges: position.nullable(),
      committedHeight: count,
    }),
    z.strictObject({
      kind: z.literal("append-answer"),
      ok: z.literal(false),
      ...envelope,
      reason: z.enum(["behind", "mismatch", "stale-term", "state-mismatch", "invalid-block", "conflict"]),
      next: count,
      committedHeight: count,
    }),
  ]),
  z.strictObject({ kind: z.literal("hello"), ...envelope, committed: position, wanted: z.boolean() }),
  z.strictObject({ kind: z.literal("hello-answer"), ...envelope }),
]);

/** Bytes as base64url. */
export const bytes = z
  .string()
  .max(400_000)
  .transform((value, ctx) => {
    const decoded = fromBase64url(value);
    if (decoded !== undefined) return decoded;
    ctx.addIssue({ code: "custom", message: "not base64url" });
    return z.NEVER;
  });
const attachment = z.strictObject({ sha256: hex, bytes });
const body = z.strictObject({
  header: z.string().max(16_384),
  entries: z.array(z.string().max(70_000)).max(65_536),
  attachments: z.array(attachment).max(65_536),
});

const raftMessage = z.strictObject({
  message,
  /** For an append: the blocks of its positions, in order. */
  blocks: z.array(body).max(1_000).optional(),
  /** For an accepted append: the signed acknowledgement. */
  proof: proof.optional(),
});
/** One signature line of a note, as C2SP signed-note has it. */
const signatureLine = z
  .string()
  .max(1_024)
  .regex(/^\u2014 [^\s+]+ [A-Za-z0-9+/]+={0,2}$/);
const cosigned = z.strictObject({ size: count, root: hex, lines: z.record(memberId, signatureLine) });
const raftCall = z.strictObject({ messages: z.array(raftMessage).max(16), cosigned: z.array(cosigned).max(4) });
const proposalCall = z.strictObject({
  proposals: z.array(z.strictObject({ entry: z.string().max(70_000), attachments: z.array(attachment).max(64) })).max(2_000),
});
const proposalAnswer = z.strictObject({ leading: z.boolean() });
const probeAnswer = z.strictObject({ member: memberId, term: count, leading: z.boolean(), committedHeight: count });

export interface BlockBody {
  readonly header: Uint8Array;
  readonly entries: readonly Uint8Array[];
  readonly attachments: readonly Attachment[];
}

export interface RaftMessage {
  readonly message: Message;
  readonly blocks?: readonly BlockBody[];
  readonly proof?: string;
}

export interface Cosigned {
  readonly size: number;
  /** Tree root of that size, hex: what the lines sign. */
  readonly root: string;
  /** Member id to signature line. */
  readonly lines: Readonly<Record<string, string>>;
}

/** Body and answer of a raft call are of one form: messages in the name of the sender, and the cosignatures it holds of its head. */
export interface RaftCall {
  readonly messages: readonly RaftMessage[];
  readonly cosigned: readonly Cosigned[];
}

const callBytesMax = 8_000_000;
const callDepthMax = 12;

export function encodeRaftCall(call: RaftCall): Uint8Array {
  return encodeJson({
    messages: call.messages.map(({ message, blocks, proof }) => ({
      message,
      ...(blocks === undefined ? {} : { blocks: blocks.map(bodyJson) }),
      ...(proof === undefined ? {} : { proof }),
    })),
    cosigned: call.cosigned,
  });
}

export function parseRaftCall(given: Uint8Array): RaftCall {
  const parsed = parseJson(given, raftCall);
  return {
    messages: parsed.messages.map(({ message, blocks, proof }) => ({
      message,
      ...(blocks === undefined
        ? {}
        : { blocks: blocks.map((block) => ({ ...block, header: utf8(block.header), entries: block.entries.map(utf8) })) }),
      ...(proof === undefined ? {} : { proof }),
    })),
    cosigned: parsed.cosigned,
  };
}

export function bodyOf(block: ExecutedBlock): BlockBody {
  return { header: block.header, entries: block.entries, attachments: block.attachments };
}

function bodyJson(block: BlockBody) {
  return { header: text(block.header), entries: block.entries.map(text), attachments: block.attachments.map(attachmentJson) };
}

function attachmentJson({ sha256, bytes }: Attachment) {
  return { sha256, bytes: toBase64url(bytes) };
}

export function encodeProposalCall(proposals: readonly Proposal[]): Uint8Array {
  return encodeJson({
    proposals: proposals.map((proposal) => ({ entry: text(proposal.entry), attachments: proposal.attachments.map(attachmentJson) })),
  });
}

export function parseProposalCall(
  given: Uint8Array,
): readonly { readonly entry: Uint8Array; readonly attachments: readonly Attachment[] }[] {
  return parseJson(given, proposalCall).proposals.map(({ entry, attachments }) => ({ entry: utf8(entry), attachments }));
}

export const encodeProposalAnswer = (leading: boolean): Uint8Array => encodeJson({ leading });
export const parseProposalAnswer = (given: Uint8Array): { readonly leading: boolean } => parseJson(given, proposalAnswer);
export const encodeProbeAnswer = (answer: z.output<typeof probeAnswer>): Uint8Array => encodeJson(answer);
export const parseProbeAnswer = (given: Uint8Array): z.output<typeof probeAnswer> => parseJson(given, probeAnswer);

export function encodeCertificate(value: CommitCertificate): Uint8Array {
  return encodeJson(value);
}

export function parseCertificate(given: Uint8Array): CommitCertificate {
  return parseJson(given, certificate);
}

/** The bytes of a call or an answer between members. */
export function encodeJson(value: unknown): Uint8Array {
  return utf8(JSON.stringify(value));
}

/** Throws `Fault` `peer-refused`: whatever a peer sends that is not exactly of the form is answered, never obeyed. */
export function parseJson<Schema extends z.ZodType>(given: Uint8Array, schema: Schema): z.output<Schema> {
  const json = parseStrict(given, { bytesMax: callBytesMax, depthMax: callDepthMax });
  if ("refused" in json) throw new Fault("peer-refused", `malformed: ${json.refused}`);
  const parsed = schema.safeParse(json.value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Fault("peer-refused", `malformed: ${issue?.path.join(".") ?? ""} ${issue?.code ?? ""}`);
}
