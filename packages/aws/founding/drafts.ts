import { concat, defaultQuorum, thumbprint, toHex } from "@vermilion/ledger";
import { chainRules } from "@vermilion/member/rules";
import type { GenesisFile } from "@vermilion/node/context";
import {
  type DraftRefusal,
  type FoundingDraft,
  genesisOf,
  mergeDrafts,
  missingSignatures,
  openDraft,
} from "@vermilion/node/founding/draft";
import { checkGenesis, type FounderStatement } from "@vermilion/node/founding/genesis";
import { readStatement, sameStatement } from "@vermilion/node/founding/statement";
import { world } from "../lambda/world.ts";
import { foundingDraft } from "./schemas.ts";

/** What the party that collects the statements does, and what is done with the draft that goes round. No keys and no AWS are needed. */

const statementTimeoutMs = 10_000;
const statementBytesMax = 8_192;

export interface Refusal {
  readonly refused: string;
  readonly detail: string;
}

/** A draft over the statements, which the rules would take once all have signed. */
export function newDraft(
  consortium: { readonly name: string; readonly names: { readonly zh: string; readonly en: string }; readonly quorum?: number },
  statements: readonly string[],
): { readonly draft: FoundingDraft; readonly chain: string } | DraftRefusal {
  const { name, names, quorum = null } = consortium;
  const id = toHex(world.random.bytes(16));
  const draft: FoundingDraft = { version: 1, name, names, quorum, time: world.clock.now(), id, statements, signatures: {}, header: null };
  const opened = openDraft(draft, world.crypto, chainRules);
  return "refused" in opened ? opened : { draft, chain: opened.chain };
}

export function statementOf(source: string): FounderStatement | Refusal {
  return readStatement(source, world.crypto);
}

/** Asks the address that a statement names for the statement of whoever answers there; undefined: it is the same. */
export async function checkAddress(statement: FounderStatement): Promise<Refusal | undefined> {
  const { id, url } = statement;
  let answered: string;
  try {
    const response = await fetch(`${url}/v1/statement`, { signal: AbortSignal.timeout(statementTimeoutMs), redirect: "error" });
    answered = response.ok ? await textAtMost(response, statementBytesMax) : "";
  } catch {
    return { refused: "member-unreachable", detail: `${url}, which ${id} names as its address, does not answer` };
  }
  const other = readStatement(answered, world.crypto);
  if ("refused" in other)
    return { refused: "address-is-another", detail: `${url}, which ${id} names as its address, gives no statement of a member` };
  if (!sameStatement(statement, other))
    return {
      refused: "address-is-another",
      detail: `${url}, which ${id} names as its address, says to be ${other.id} with other keys or names`,
    };
  return undefined;
}

/** Whoever answers is a stranger: no more is taken of him than a statement may have. A longer answer is none. */
async function textAtMost({ body }: Response, bytesMax: number): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body ?? []) {
    length += piece.length;
    // Leaving the loop ends the answer.
    if (length > bytesMax) return "";
    pieces.push(piece);
  }
  return new TextDecoder().decode(concat(...pieces));
}

/** The first of the statements whose address does not answer with it. */
export async function checkAddresses(statements: readonly FounderStatement[]): Promise<Refusal | undefined> {
  const answers = await Promise.all(statements.map(checkAddress));
  return answers.find((refusal) => refusal !== undefined);
}

/** What a founder must see before it signs: who the others are, under which keys and addresses, and how many of them make a receipt final. */
export interface DescribedDraft {
  readonly chain: string;
  readonly name: string;
  readonly quorum: number;
  readonly statements: readonly FounderStatement[];
  /** Thumbprints of the identity keys (RFC 7638), in the order of the members. */
  readonly keys: readonly string[];
}

export function describeDraft(draft: FoundingDraft): DescribedDraft | Refusal {
  const opened = openDraft(draft, world.crypto, chainRules);
  if ("refused" in opened) return opened;
  const { name, members: statements, quorum = defaultQuorum(statements.length) } = opened.input;
  return { chain: opened.chain, name, quorum, statements, keys: statements.map(({ keys }) => thumbprint(keys.sign, world.crypto)) };
}

/** The draft in a file; the signatures in copies of it are put together. */
export function draftFrom(copies: readonly unknown[]): FoundingDraft | Refusal {
  const drafts = copies.map((copy) => foundingDraft.safeParse(copy));
  if (drafts.some(({ success }) => !success))
    return { refused: "not-a-draft", detail: "not a founding draft as `vermilion found` writes it" };
  return mergeDrafts(
    drafts.flatMap(({ data }) => (data === undefined ? [] : [data])),
    world.crypto,
    chainRules,
  );
}

export function stillMissing(draft: FoundingDraft): readonly string[] | Refusal {
  return missingSignatures(draft, world.crypto, chainRules);
}

/** The genesis of a draft that all have signed, and the policy that receipts of its chain are checked by. */
export function finish(draft: FoundingDraft): { readonly genesis: GenesisFile; readonly policy: string; readonly chain: string } | Refusal {
  const genesis = genesisOf(draft, world.crypto, chainRules);
  if ("refused" in genesis) return genesis;
  const checked = checkGenesis(genesis, world.crypto, chainRules);
  return "refused" in checked ? checked : { genesis, policy: checked.membership.policyText, chain: checked.chain };
}
