import { type AdminAnswer, answerAppRequest, appRequests } from "@vermilion/api/sign-in/apps";
import { chainRules } from "@vermilion/member/rules";
import { fsck } from "@vermilion/node/audit/fsck";
import { rebuild } from "@vermilion/node/audit/rebuild";
import { makeStatement } from "@vermilion/node/founding/statement";
import { z } from "zod";
import { foundingDraft, genesisFile } from "../founding/schemas.ts";
import { type InstalledChain, isTooOld } from "../founding/store.ts";
import { world } from "../lambda/world.ts";
import { installGenesis, signFounding } from "./found.ts";
import { type OperatorNeeds, openKeys, refuse } from "./needs.ts";

const chain = z.string().regex(/^(?:main|[0-9a-f]{64})$/);

/** What the owner of a member asks with his own role of AWS, by invoking the operator's function; nothing of it goes over HTTP. */
export const operatorRequest = z.discriminatedUnion("command", [
  z.strictObject({ command: z.literal("describe") }),
  z.strictObject({ command: z.literal("statement") }),
  /** `further`: a chain beside the main one. */
  z.strictObject({ command: z.literal("sign"), draft: foundingDraft, instead: z.boolean(), further: z.boolean().default(false) }),
  z.strictObject({ command: z.literal("install"), genesis: genesisFile, further: z.boolean().default(false) }),
  z.strictObject({ command: z.literal("fsck"), chain: chain.default("main") }),
  z.strictObject({ command: z.literal("rebuild"), chain: chain.default("main") }),
  ...appRequests,
]);
export type OperatorRequest = z.input<typeof operatorRequest>;

/** Answers one request; a request that is none is `bad-request`. */
export async function answerOperator(raw: unknown, needs: OperatorNeeds): Promise<AdminAnswer> {
  const parsed = operatorRequest.safeParse(raw);
  if (!parsed.success) return refuse("bad-request", z.prettifyError(parsed.error));
  try {
    return await answer(parsed.data, needs);
  } catch (error) {
    if (isTooOld(error)) return refuse(error.code, error.detail);
    throw error;
  }
}

async function answer(request: z.infer<typeof operatorRequest>, needs: OperatorNeeds): Promise<AdminAnswer> {
  switch (request.command) {
    case "describe":
      return { ok: true, value: await describe(needs) };
    case "statement":
      return { ok: true, value: await ownStatement(needs) };
    case "sign":
      return signFounding(request, needs);
    case "install":
      return installGenesis(request, needs);
    case "fsck":
      return ofChain(needs, request.chain, (installed) =>
        fsck({ ledger: needs.ledgerOf(installed.chain), crypto: world.crypto, rules: chainRules }, installed.genesis),
      );
    case "rebuild":
      return ofChain(needs, request.chain, (installed) =>
        rebuild({ ledger: needs.ledgerOf(installed.chain), crypto: world.crypto, rules: chainRules }),
      );
    default:
      return answerAppRequest(request, { apps: needs.apps, clock: world.clock });
  }
}

async function ofChain(needs: OperatorNeeds, name: string, work: (installed: InstalledChain) => Promise<unknown>): Promise<AdminAnswer> {
  const chains = await needs.founding.chains();
  const installed = name === "main" ? chains[0] : chains.find((one) => one.chain === name);
  if (installed !== undefined) return { ok: true, value: await work(installed) };
  return name === "main"
    ? refuse("no-chain-yet", "no genesis is installed here")
    : refuse("unknown-chain", `no chain ${name} is installed here`);
}

async function describe({ about, founding, ledgerOf }: OperatorNeeds) {
  const chains = await Promise.all(
    (await founding.chains()).map(async ({ chain: id }) => {
      const published = await ledgerOf(id).published();
      return { chain: id, height: published?.height ?? null, headHash: published?.hash ?? null };
    }),
  );
  return { member: about.id, names: about.names, url: about.url, chains };
}

/** Made anew, as address and names may have changed since; kept for those who ask the member itself. */
async function ownStatement(needs: OperatorNeeds): Promise<string> {
  const statement = await makeStatement(needs.about, await openKeys(needs), world.crypto);
  await needs.founding.saveStatement(statement);
  return statement;
}
