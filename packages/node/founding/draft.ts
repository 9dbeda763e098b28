import {
  type Crypto,
  encodeEntry,
  encodeHeader,
  encodePayload,
  entryTyp,
  fromBase64url,
  headerTyp,
  isLowS,
  lowS,
  type PublicJwk,
  signingInput,
  text,
  thumbprint,
  toBase64url,
  toHex,
} from "@vermilion/ledger";
import type { GenesisFile } from "../context.ts";
import type { Keys } from "../ports/index.ts";
import type { Rules } from "../rules.ts";
import {
  checkFounding,
  checkGenesis,
  type FounderStatement,
  type FoundingInput,
  foundingPayload,
  type GenesisRefusal,
  genesisHeaderPayload,
} from "./genesis.ts";
import { makeStatement, readStatement, type StatementKeys, type StatementRefusal } from "./statement.ts";

/**
 * A genesis on its way from founder to founder: what is to be signed, and the signatures so far. It holds the founders' own statements, so
 * that each can check all of them before it signs.
 */
export interface FoundingDraft {
  readonly version: 1;
  readonly name: string;
  readonly names: { readonly zh: string; readonly en: string };
  readonly quorum: number | null;
  /** ms since 1970. */
  readonly time: number;
  /** 128 random bits, 32 hex. */
  readonly id: string;
  /** Signed statements, in the order of the members. */
  readonly statements: readonly string[];
  /** base64url by member id. */
  readonly signatures: Readonly<Record<string, string>>;
  /** base64url, of the header of height 0 by the first founder; null until all have signed. */
  readonly header: string | null;
}

export type DraftRefusal = GenesisRefusal | StatementRefusal;

/** The founding that a draft describes, with the statements checked and the rules asked. */
export interface OpenedDraft {
  readonly input: FoundingInput;
  readonly payload: Uint8Array;
  /** SHA-256 (hex) of what is signed: the id of the chain to be. */
  readonly chain: string;
}

/** Reads a draft's statements and asks the rules. Every founder does so before it signs. */
export function openDraft(draft: FoundingDraft, crypto: Crypto, rules: Rules): OpenedDraft | DraftRefusal {
  const members = [];
  for (const source of draft.statements) {
    const statement = readStatement(source, crypto);
    if ("refused" in statement) return statement;
    members.push(statement);
  }
  const { name, names, quorum, time, id } = draft;
  const input: FoundingInput = { name, names, members, time, id, ...(quorum === null ? {} : { quorum }) };
  const refused = checkFounding(input, crypto, rules);
  if (refused !== undefined) return refused;
  const payload = encodePayload(foundingPayload(input, crypto, rules));
  return { input, payload, chain: toHex(crypto.sha256(payload)) };
}

/**
 * The draft with this member's signature. When it was the last one missing and the member is the first founder, or all others have signed
 * and the first founder signs again, the header is signed too and the genesis is whole.
 */
export async function signDraft(
  draft: FoundingDraft,
  keys: Pick<Keys, "public" | "sign">,
  crypto: Crypto,
  rules: Rules,
): Promise<FoundingDraft | DraftRefusal> {
  const opened = openDraft(draft, crypto, rules);
  if ("refused" in opened) return opened;
  const kid = thumbprint(keys.public.sign, crypto);
  const { members } = opened.input;
  const own = members.find((member) => thumbprint(member.keys.sign, crypto) === kid);
  if (own === undefined) return refuse("this member is not among the founders");
  const sign = async (typ: string, payload: Uint8Array) =>
    toBase64url(lowS(await keys.sign(signingInput(typ, payload, keys.public.sign, kid))));
  const signed = { ...draft, signatures: { ...draft.signatures, [own.id]: await sign(entryTyp, opened.payload) } };
  const entry = entryOf(signed, opened, crypto);
  if (entry === undefined || own !== members[0]) return { ...signed, header: null };
  const header = genesisHeaderPayload(entry, crypto, rules);
  return "refused" in header ? header : { ...signed, header: await sign(headerTyp, header) };
}

/** Founders whose signature is missing or does not hold, in order; the first once more where only the header is missing. */
export function missingSignatures(draft: FoundingDraft, crypto: Crypto, rules: Rules): readonly string[] | DraftRefusal {
  const opened = openDraft(draft, crypto, rules);
  if ("refused" in opened) return opened;
  const { members } = opened.input;
  const missing = members.filter(({ id, keys }) => signatureOf(draft, id, keys.sign, opened.payload, crypto) === undefined);
  if (missing.length === 0 && headerSignatureOf(draft, opened, crypto, rules) === undefined) return members.slice(0, 1).map(({ id }) => id);
  return missing.map(({ id }) => id);
}

/**
 * The signatures of several copies of one draft in one: of each founder the first that holds, and the header's where it holds over them.
 * A founder may have signed copies differently, and a header is over one set of signatures, so a copy that is whole comes first.
 */
export function mergeDrafts(drafts: readonly FoundingDraft[], crypto: Crypto, rules: Rules): FoundingDraft | DraftRefusal {
  const [first, ...others] = drafts;
  if (first === undefined) return refuse("no draft");
  const unsigned = (draft: FoundingDraft) => JSON.stringify({ ...draft, signatures: {}, header: null });
  if (others.some((other) => unsigned(other) !== unsigned(first))) return refuse("these are drafts of different foundings");
  const opened = openDraft(first, crypto, rules);
  if ("refused" in opened) return opened;
  const isWhole = (draft: FoundingDraft) => headerSignatureOf(draft, opened, crypto, rules) !== undefined;
  const copies = [...drafts.filter(isWhole), ...drafts.filter((draft) => !isWhole(draft))];
  const signatures = opened.input.members.flatMap(({ id, keys }): [string, string][] => {
    const held = copies.find((copy) => signatureOf(copy, id, keys.sign, opened.payload, crypto) !== undefined);
    return held === undefined ? [] : [[id, held.signatures[id] ?? ""]];
  });
  const merged = { ...first, signatures: Object.fromEntries(signatures), header: null };
  return copies.map(({ header }) => ({ ...merged, header })).find(isWhole) ?? merged;
}

/** The genesis of a draft that all have signed. */
export function genesisOf(draft: FoundingDraft, crypto: Crypto, rules: Rules): GenesisFile | DraftRefusal {
  const missing = missingSignatures(draft, crypto, rules);
  if ("refused" in missing) return missing;
  const opened = openDraft(draft, crypto, rules);
  if ("refused" in opened) return opened;
  const entry = missing.length > 0 ? undefined : entryOf(draft, opened, crypto);
  const [first] = opened.input.members;
  const headerSignature = headerSignatureOf(draft, opened, crypto, rules);
  if (entry === undefined || first === undefined || headerSignature === undefined) return refuse(`not signed yet by ${missing.join(", ")}`);
  const header = genesisHeaderPayload(entry, crypto, rules);
  if ("refused" in header) return header;
  const signature = { jwk: first.keys.sign, kid: thumbprint(first.keys.sign, crypto), signature: headerSignature };
  const file: GenesisFile = { version: 1, entry: text(entry), header: text(encodeHeader(header, signature)) };
  const checked = checkGenesis(file, crypto, rules);
  return "refused" in checked ? checked : file;
}

/** Founds where the keys of all founders are at hand: height 0, signed by each in order, its header by the first. */
export async function found(
  input: Omit<FoundingInput, "members">,
  founders: readonly { readonly about: Omit<FounderStatement, "keys">; readonly keys: StatementKeys }[],
  crypto: Crypto,
  rules: Rules,
): Promise<GenesisFile | DraftRefusal> {
  const { name, names, quorum = null, time, id } = input;
  const statements = await Promise.all(founders.map(({ about, keys }) => makeStatement(about, keys, crypto)));
  let draft: FoundingDraft = { version: 1, name, names, quorum, time, id, statements, signatures: {}, header: null };
  // The first founder last: it signs the header when the entry is whole.
  for (const { keys } of [...founders].reverse()) {
    const signed = await signDraft(draft, keys, crypto, rules);
    if ("refused" in signed) return signed;
    draft = signed;
  }
  return genesisOf(draft, crypto, rules);
}

/** The founding entry with all its signatures; undefined while one is missing. */
function entryOf(draft: FoundingDraft, { input, payload }: OpenedDraft, crypto: Crypto): Uint8Array | undefined {
  const signatures = input.members.flatMap(({ id, keys }) => {
    const signature = signatureOf(draft, id, keys.sign, payload, crypto);
    return signature === undefined ? [] : [{ jwk: keys.sign, kid: thumbprint(keys.sign, crypto), signature }];
  });
  return signatures.length === input.members.length ? encodeEntry(payload, signatures) : undefined;
}

/** The first founder's signature of the header over the entry as this draft has it signed; undefined while one is missing or does not hold. */
function headerSignatureOf(draft: FoundingDraft, opened: OpenedDraft, crypto: Crypto, rules: Rules): Uint8Array | undefined {
  const entry = entryOf(draft, opened, crypto);
  const [first] = opened.input.members;
  const header = entry === undefined ? undefined : genesisHeaderPayload(entry, crypto, rules);
  if (header === undefined || "refused" in header || first === undefined) return undefined;
  return holding(draft.header ?? "", headerTyp, header, first.keys.sign, crypto);
}

function signatureOf(draft: FoundingDraft, member: string, jwk: PublicJwk, payload: Uint8Array, crypto: Crypto): Uint8Array | undefined {
  const given = Object.hasOwn(draft.signatures, member) ? (draft.signatures[member] ?? "") : "";
  return holding(given, entryTyp, payload, jwk, crypto);
}

/** The signature where it holds; undefined for any other text. */
function holding(given: string, typ: string, payload: Uint8Array, jwk: PublicJwk, crypto: Crypto): Uint8Array | undefined {
  const signature = given === "" ? undefined : fromBase64url(given);
  if (signature === undefined || signature.length !== 64 || !isLowS(signature)) return undefined;
  return crypto.verify(jwk, signingInput(typ, payload, jwk, thumbprint(jwk, crypto)), signature) ? signature : undefined;
}

function refuse(detail: string): GenesisRefusal {
  return { refused: "invalid-genesis", detail };
}
