import type { AdminAnswer } from "@vermilion/api/sign-in/apps";
import { chainRules } from "@vermilion/member/rules";
import type { GenesisFile } from "@vermilion/node/context";
import { type FoundingDraft, missingSignatures, type OpenedDraft, openDraft, signDraft } from "@vermilion/node/founding/draft";
import { checkGenesis } from "@vermilion/node/founding/genesis";
import { sameStatement } from "@vermilion/node/founding/statement";
import { world } from "../lambda/world.ts";
import { type OperatorNeeds, openKeys, refuse } from "./needs.ts";

type Reservations = OperatorNeeds["reservations"];

/** As far as a block's time may be ahead of a follower's clock. */
const aheadMsMax = 10 * 60_000;

/**
 * A founder signs one founding of its main chain, and one of each name beside it: signing another one would let two chains begin with its name.
 */
export async function signFounding(
  { draft, instead, further }: { readonly draft: FoundingDraft; readonly instead: boolean; readonly further: boolean },
  needs: OperatorNeeds,
): Promise<AdminAnswer> {
  const keys = await openKeys(needs);
  const opened = openDraft(draft, world.crypto, chainRules);
  if ("refused" in opened) return refuse(opened.refused, opened.detail);
  const named = opened.input.members.find(({ id }) => id === needs.about.id);
  if (named === undefined) return refuse("not-a-founder", `${needs.about.id} is not among the founders of this draft`);
  if (!sameStatement(named, { ...needs.about, keys: keys.public }))
    return refuse(
      "statement-differs",
      `what the draft says of ${needs.about.id} is not what this member says of itself; collect its statement again`,
    );
  // Blocks are never older than the genesis: every entry would have run out before its block, and an installed genesis stays.
  if (draft.time > world.clock.now() + aheadMsMax)
    return refuse("founding-in-the-future", "the draft's time is ahead of this member's clock");
  const unfit = await unfitNow(needs, opened.chain, further);
  if (unfit !== undefined) return unfit;
  const bound = await bindTo(opened.chain, instead, bindingsOf(draft.name, further), needs.reservations);
  if (bound !== undefined) return bound;
  const fresh = await signDraft(draft, keys, world.crypto, chainRules);
  if ("refused" in fresh) return refuse(fresh.refused, fresh.detail);
  const signed = await onlyWhole(fresh, opened, needs.reservations);
  const missing = missingSignatures(signed, world.crypto, chainRules);
  return { ok: true, value: { draft: signed, missing: "refused" in missing ? [] : missing } };
}

/** Why this member, as it stands, founds nothing of this kind. */
async function unfitNow({ founding }: OperatorNeeds, chain: string, further: boolean): Promise<AdminAnswer | undefined> {
  const chains = await founding.chains();
  if (!further)
    return chains.length === 0
      ? undefined
      : refuse("already-founded", "this member is on a chain already; give --further for one beside it");
  if (chains.length === 0) return refuse("no-chain-yet", "a further chain stands beside the main one, which is not installed here yet");
  return chains.some((one) => one.chain === chain) ? refuse("already-founded", "this chain is installed here already") : undefined;
}

function bindingsOf(name: string, further: boolean): string {
  return further ? `founding-further/${name}/` : "founding/";
}

const givenUp = "founding-given-up/";

/**
 * The founding that this member is bound to from now on. One that was given up is refused for ever: its other founders were told that it
 * will not come, and may have given up what they had signed in turn.
 */
async function bindTo(chain: string, instead: boolean, bindings: string, reservations: Reservations): Promise<AdminAnswer | undefined> {
  const held = await reservations.highestReserved(bindings);
  if (held?.what === chain) return undefined;
  if (held !== undefined && !instead)
    return refuse(
      "signed-another-genesis",
      `this member has signed the founding of ${held.what}; give that one up for good with --instead`,
    );
  if ((await reservations.highestReserved(`${givenUp}${chain}`)) !== undefined)
    return refuse("founding-given-up", "this member has given that founding up for good; begin another one");
  // First: cut off after it, the member is still bound to what it was, and is bound to nothing that it has given up.
  if (held !== undefined) await reservations.reserve(`${givenUp}${held.what}`, chain);
  const next = held === undefined ? 1 : Number(held.place.slice(bindings.length)) + 1;
  const reserved = await reservations.reserve(`${bindings}${String(next).padStart(6, "0")}`, chain);
  return reserved === chain ? undefined : refuse("signed-another-genesis", `this member is signing the founding of ${reserved}`);
}

const wholes = "founding-whole/";

/**
 * Signatures can be made anew, and the first block is named by its bytes, signatures included: one founding signed twice would be one chain
 * with two first blocks. So what the first founder has signed as whole is kept, and is its answer for ever.
 */
async function onlyWhole(signed: FoundingDraft, { chain, input }: OpenedDraft, reservations: Reservations): Promise<FoundingDraft> {
  const { signatures, header } = signed;
  if (header === null) return signed;
  const ofMembers = Object.fromEntries(input.members.map(({ id }) => [id, signatures[id] ?? ""]));
  const kept = await reservations.reserve(`${wholes}${chain}`, JSON.stringify({ signatures: ofMembers, header }));
  return { ...signed, ...(JSON.parse(kept) as Pick<FoundingDraft, "signatures" | "header">) };
}

/** Begins a chain at this member. Installing the same genesis again changes nothing. */
export async function installGenesis(
  { genesis, further }: { readonly genesis: GenesisFile; readonly further: boolean },
  needs: OperatorNeeds,
): Promise<AdminAnswer> {
  const checked = checkGenesis(genesis, world.crypto, chainRules);
  if ("refused" in checked) return refuse(checked.refused, checked.detail);
  const { chain, membership, block, founding } = checked;
  const founder = membership.members.get(needs.about.id);
  if (founder === undefined) return refuse("not-a-founder", `${needs.about.id} is not a member of this consortium`);
  const keys = await openKeys(needs);
  const own = { ...needs.about, keys: keys.public };
  if (!sameStatement(own, { ...own, url: founder.url, keys: founder.keys }))
    return refuse("statement-differs", `the genesis names other keys or another address for ${needs.about.id}`);
  if (further && (await needs.founding.chains()).length === 0)
    return refuse("no-chain-yet", "a further chain stands beside the main one, which is not installed here yet");
  const bound = await needs.reservations.highestReserved(bindingsOf(founding.name, further));
  if (bound?.what !== chain) return refuse("signed-another-genesis", "this is not the founding that this member has signed");
  const installed = await needs.founding.install({ chain, genesis }, further ? "further" : "main");
  if (installed.genesis.entry !== genesis.entry || installed.genesis.header !== genesis.header)
    return refuse("already-founded", "another genesis is installed here");
  const ledger = needs.ledgerOf(chain);
  await ledger.saveBlock(block);
  await ledger.moveHead(null, [{ height: 0, hash: block.after.hash }]);
  return { ok: true, value: { chain, members: [...membership.members.keys()] } };
}
