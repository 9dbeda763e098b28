import type { KMSClient } from "@aws-sdk/client-kms";
import { type AdminAnswer, answerAppRequest, appRequests } from "@vermilion/api/admin-door";
import type { Apps } from "@vermilion/member/ports/index";
import { chainRules } from "@vermilion/member/rules";
import { fsck } from "@vermilion/node/chain/fsck";
import { rebuild } from "@vermilion/node/chain/rebuild";
import type { GenesisFile } from "@vermilion/node/context";
import { type FoundingDraft, missingSignatures, type OpenedDraft, openDraft, signDraft } from "@vermilion/node/founding/draft";
import { checkGenesis, type FounderStatement } from "@vermilion/node/founding/genesis";
import { makeStatement, sameStatement } from "@vermilion/node/founding/statement";
import type { Keys, Ledger, RaftStore } from "@vermilion/node/ports/index";
import { z } from "zod";
import { foundingDraft, genesisFile } from "../founding/schemas.ts";
import type { FoundingStore } from "../founding/store.ts";
import { type KeyIds, kmsKeys } from "../kms/keys.ts";
import { readPublicKeys } from "../kms/public-keys.ts";
import { world } from "../lambda/world.ts";

/** What the owner of a member asks with his own role of AWS, by invoking the operator's function; nothing of it goes over HTTP. */
export const operatorRequest = z.discriminatedUnion("command", [
  z.strictObject({ command: z.literal("describe") }),
  z.strictObject({ command: z.literal("statement") }),
  z.strictObject({ command: z.literal("sign"), draft: foundingDraft, instead: z.boolean() }),
  z.strictObject({ command: z.literal("install"), genesis: genesisFile }),
  z.strictObject({ command: z.literal("fsck") }),
  z.strictObject({ command: z.literal("rebuild") }),
  ...appRequests,
]);
export type OperatorRequest = z.infer<typeof operatorRequest>;

export interface OperatorNeeds {
  readonly about: Omit<FounderStatement, "keys">;
  readonly founding: FoundingStore;
  readonly ledger: Ledger;
  readonly raftStore: RaftStore;
  readonly apps: Apps;
  readonly kms: KMSClient;
  readonly keyIds: Omit<KeyIds, "wrap">;
}

/** Answers one request; a request that is none is `bad-request`. */
export async function answerOperator(raw: unknown, needs: OperatorNeeds): Promise<AdminAnswer> {
  const parsed = operatorRequest.safeParse(raw);
  if (!parsed.success) return refuse("bad-request", z.prettifyError(parsed.error));
  const request = parsed.data;
  switch (request.command) {
    case "describe":
      return { ok: true, value: await describe(needs) };
    case "statement":
      return { ok: true, value: await ownStatement(needs) };
    case "sign":
      return sign(request, needs);
    case "install":
      return install(request.genesis, needs);
    case "fsck": {
      const genesis = await needs.founding.genesis();
      return genesis === undefined
        ? noGenesis()
        : { ok: true, value: await fsck({ ledger: needs.ledger, crypto: world.crypto, rules: chainRules }, genesis) };
    }
    case "rebuild":
      if ((await needs.founding.genesis()) === undefined) return noGenesis();
      return { ok: true, value: await rebuild({ ledger: needs.ledger, crypto: world.crypto, rules: chainRules }) };
    default:
      return answerAppRequest(request, { apps: needs.apps, clock: world.clock });
  }
}

async function describe({ about, founding, ledger }: OperatorNeeds) {
  const genesis = await founding.genesis();
  const checked = genesis === undefined ? undefined : checkGenesis(genesis, world.crypto, chainRules);
  const chain = checked === undefined || "refused" in checked ? null : checked.chain;
  const published = chain === null ? undefined : await ledger.published();
  return {
    member: about.id,
    names: about.names,
    url: about.url,
    chain,
    height: published?.height ?? null,
    headHash: published?.hash ?? null,
  };
}

async function openKeys({ kms, keyIds }: OperatorNeeds): Promise<Keys> {
  return kmsKeys({ client: kms, ids: keyIds, public: await readPublicKeys(kms, keyIds) });
}

/** Made anew, as address and names may have changed since; kept for those who ask the member itself. */
async function ownStatement(needs: OperatorNeeds): Promise<string> {
  const statement = await makeStatement(needs.about, await openKeys(needs), world.crypto);
  await needs.founding.saveStatement(statement);
  return statement;
}

/** As far as a block's time may be ahead of a follower's clock. */
const aheadMsMax = 10 * 60_000;

/** A founder signs one founding: signing another one would let two chains begin with its name. */
async function sign({ draft, instead }: Extract<OperatorRequest, { command: "sign" }>, needs: OperatorNeeds): Promise<AdminAnswer> {
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
  if ((await needs.founding.genesis()) !== undefined) return refuse("already-founded", "this member is on a chain already");
  const bound = await bindTo(opened.chain, instead, needs.raftStore);
  if (bound !== undefined) return bound;
  const fresh = await signDraft(draft, keys, world.crypto, chainRules);
  if ("refused" in fresh) return refuse(fresh.refused, fresh.detail);
  const signed = await onlyWhole(fresh, opened, needs.raftStore);
  const missing = missingSignatures(signed, world.crypto, chainRules);
  return { ok: true, value: { draft: signed, missing: "refused" in missing ? [] : missing } };
}

const bindings = "founding/";
const givenUp = "founding-given-up/";

/**
 * The founding that this member is bound to from now on. One that was given up is refused for ever: its other founders were told that it
 * will not come, and may have given up what they had signed in turn.
 */
async function bindTo(chain: string, instead: boolean, raftStore: RaftStore): Promise<AdminAnswer | undefined> {
  const held = await raftStore.highestReserved(bindings);
  if (held?.what === chain) return undefined;
  if (held !== undefined && !instead)
    return refuse(
      "signed-another-genesis",
      `this member has signed the founding of ${held.what}; give that one up for good with --instead`,
    );
  if ((await raftStore.highestReserved(`${givenUp}${chain}`)) !== undefined)
    return refuse("founding-given-up", "this member has given that founding up for good; begin another one");
  // First: cut off after it, the member is still bound to what it was, and is bound to nothing that it has given up.
  if (held !== undefined) await raftStore.reserve(`${givenUp}${held.what}`, chain);
  const next = held === undefined ? 1 : Number(held.place.slice(bindings.length)) + 1;
  const reserved = await raftStore.reserve(`${bindings}${String(next).padStart(6, "0")}`, chain);
  return reserved === chain ? undefined : refuse("signed-another-genesis", `this member is signing the founding of ${reserved}`);
}

const wholes = "founding-whole/";

/**
 * Signatures can be made anew, and the first block is named by its bytes, signatures included: one founding signed twice would be one chain
 * with two first blocks. So what the first founder has signed as whole is kept, and is its answer for ever.
 */
async function onlyWhole(signed: FoundingDraft, { chain, input }: OpenedDraft, raftStore: RaftStore): Promise<FoundingDraft> {
  const { signatures, header } = signed;
  if (header === null) return signed;
  const ofMembers = Object.fromEntries(input.members.map(({ id }) => [id, signatures[id] ?? ""]));
  const kept = await raftStore.reserve(`${wholes}${chain}`, JSON.stringify({ signatures: ofMembers, header }));
  return { ...signed, ...(JSON.parse(kept) as Pick<FoundingDraft, "signatures" | "header">) };
}

/** Begins the chain at this member. Installing the same genesis again changes nothing. */
async function install(genesis: GenesisFile, needs: OperatorNeeds): Promise<AdminAnswer> {
  const checked = checkGenesis(genesis, world.crypto, chainRules);
  if ("refused" in checked) return refuse(checked.refused, checked.detail);
  const founder = checked.membership.members.get(needs.about.id);
  if (founder === undefined) return refuse("not-a-founder", `${needs.about.id} is not a member of this consortium`);
  const { url } = founder;
  const keys = await openKeys(needs);
  const own = { ...needs.about, keys: keys.public };
  if (!sameStatement(own, { ...own, url, keys: founder.keys }))
    return refuse("statement-differs", `the genesis names other keys or another address for ${needs.about.id}`);
  const bound = await needs.raftStore.highestReserved(bindings);
  if (bound?.what !== checked.chain) return refuse("signed-another-genesis", "this is not the founding that this member has signed");
  const installed = await needs.founding.install(genesis);
  if (installed.entry !== genesis.entry || installed.header !== genesis.header)
    return refuse("already-founded", "another genesis is installed here");
  await needs.ledger.saveBlock(checked.block);
  await needs.ledger.moveHead(null, [{ height: 0, hash: checked.block.after.hash }]);
  return { ok: true, value: { chain: checked.chain, members: [...checked.membership.members.keys()] } };
}

function noGenesis(): AdminAnswer {
  return refuse("no-chain-yet", "no genesis is installed here");
}

function refuse(code: string, detail: string): AdminAnswer {
  return { ok: false, code, detail };
}
