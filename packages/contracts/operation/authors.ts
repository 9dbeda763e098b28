import { majority, type ParsedEntry } from "@vermilion/ledger";
import type { AccountKind, AccountRow } from "../state/accounts.ts";
import type { MemberRow } from "../state/consortium.ts";
import { stateKeys } from "../state/keys.ts";
import { membershipIn } from "../state/membership.ts";
import type { By, Party } from "../state/party.ts";
import type { StateView } from "../state/view.ts";
import { type Refusal, refuse } from "./refusals.ts";

/**
 * Who may author an operation. The author of an entry is its first signer; further signers count only where the rule says so.
 *
 * - `founders`: those who found the chain; their keys are in no state yet, so `consortium.found` checks their signatures itself.
 * - `member`: an active member of the block's epoch.
 * - `majority`: a member, and with it more than half of the members of the block's epoch have signed.
 * - `holder`, `issuer`, `verifier`: an account of this kind, by its own key.
 */
export type AuthorRule = "founders" | "member" | "majority" | AccountKind;

/** One of these; accounts are named after members, so that a refusal is about what the author is. */
export type Authors<Rule extends AuthorRule> = readonly [Rule, ...Rule[]];

export type MemberAuthor = { readonly kind: "member"; readonly id: string; readonly member: MemberRow };
export type AccountAuthor = { readonly kind: "account"; readonly id: string; readonly account: AccountRow };
export type FoundingAuthor = { readonly kind: "founders" };

interface AuthorByRule extends Record<AccountKind, AccountAuthor> {
  readonly founders: FoundingAuthor;
  readonly member: MemberAuthor;
  readonly majority: MemberAuthor;
}

export type AuthorOf<Rule extends AuthorRule> = AuthorByRule[Rule];

interface Judging {
  readonly view: StateView;
  readonly block: { readonly height: number };
  readonly entry: ParsedEntry;
}

type Judged<Rule extends AuthorRule> = { readonly author: AuthorOf<Rule> } | Refusal;

const judges: { readonly [Rule in AuthorRule]: (context: Judging) => Judged<Rule> } = {
  founders: ({ block }) => (block.height === 0 ? { author: { kind: "founders" } } : refuse("already-founded")),
  member: judgeMember,
  majority: judgeMajority,
  holder: judgeAccount("holder"),
  issuer: judgeAccount("issuer"),
  verifier: judgeAccount("verifier"),
};

/** The author under the first rule that takes him; the refusal of the last rule where none does. */
export function judgeAuthor<Rule extends AuthorRule>([rule, ...others]: Authors<Rule>, context: Judging): Judged<Rule> {
  let judged: Judged<Rule> = judges[rule](context);
  for (const other of others) {
    if ("author" in judged) break;
    judged = judges[other](context);
  }
  return judged;
}

/** A signer's key is registered and active, and so is its owner. */
export function judgeKey(view: StateView, signer: string): Refusal | undefined {
  const key = view.get(stateKeys.key(signer));
  if (key === undefined) return refuse("unknown-key");
  const active = key.owner.kind === "account" || view.get(stateKeys.member(key.owner.id))?.status === "active";
  return key.status === "active" && active ? undefined : refuse("revoked-key");
}

/** The member that speaks or, for an account, that has registered it: in its name acts are counted. */
export function memberBehind(author: MemberAuthor | AccountAuthor): string {
  return author.kind === "member" ? author.id : author.account.member;
}

export function partyOf({ kind, id }: MemberAuthor | AccountAuthor): Party {
  return { kind, id };
}

/** A member names the app and the operator for whom it signs; an account signs for itself and names nobody. */
export function checkBy(author: MemberAuthor | AccountAuthor, by: By | null): Refusal | undefined {
  if ((author.kind === "member") === (by !== null)) return undefined;
  return refuse("malformed-arguments", author.kind === "member" ? "by: a member names app and operator" : "by: an account names none");
}

function judgeMember(context: Judging): Judged<"member"> {
  const member = memberWithKey(context, context.entry.payload.signers[0]);
  return member === undefined ? refuse("not-a-member") : { author: { kind: "member", id: member.id, member } };
}

function judgeMajority(context: Judging): Judged<"majority"> {
  const judged = judgeMember(context);
  if (!("author" in judged)) return judged;
  const signed = new Set(context.entry.payload.signers.flatMap((signer) => memberWithKey(context, signer)?.id ?? []));
  const members = membersOf(context).length;
  return signed.size >= majority(members) ? judged : refuse("not-a-majority", `${signed.size} of ${members} members signed`);
}

function judgeAccount(kind: AccountKind) {
  return ({ view, entry }: Judging): { readonly author: AccountAuthor } | Refusal => {
    const owner = ownerOf(view, entry.payload.signers[0]);
    const account = owner?.kind === "account" ? view.get(stateKeys.account(owner.id)) : undefined;
    if (account === undefined) return refuse("not-an-account");
    return account.kind === kind ? { author: { kind: "account", id: account.address, account } } : refuse("wrong-account-kind");
  };
}

function ownerOf(view: StateView, signer: string | undefined): Party | undefined {
  return signer === undefined ? undefined : view.get(stateKeys.key(signer))?.owner;
}

/** The active member of the block's epoch whose key `signer` is. */
function memberWithKey(context: Judging, signer: string | undefined): MemberRow | undefined {
  const owner = ownerOf(context.view, signer);
  if (owner?.kind !== "member" || !membersOf(context).some(({ id }) => id === owner.id)) return undefined;
  const member = context.view.get(stateKeys.member(owner.id));
  return member?.status === "active" ? member : undefined;
}

function membersOf({ view, block }: Judging) {
  return membershipIn(view, block.height)?.members ?? [];
}
