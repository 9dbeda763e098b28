import { type MemberRow, stateKeys } from "@vermilion/contracts";
import { majority } from "@vermilion/ledger";
import type { Driver } from "@vermilion/node/driver/driver";
import { nodeHealth } from "@vermilion/node/health";
import type { Context } from "../context.ts";
import type { ConsortiumView, Health } from "../services.ts";
import { readRow, readRows } from "../state/reader.ts";

export async function consortium(context: Context): Promise<ConsortiumView> {
  const row = await readRow(context, stateKeys.consortium());
  if (row === undefined) throw new Error("bug: genesis is published and has no consortium row");
  const members = context.founders.size;
  return {
    name: row.name,
    names: row.names,
    chain: context.chain,
    origin: context.origin,
    members,
    majority: majority(members),
    quorum: context.quorum,
    accountable: 2 * context.quorum - members,
    policy: context.policyText,
  };
}

/** In the order of the genesis. */
export async function members(context: Context): Promise<readonly MemberRow[]> {
  return readRows(
    context,
    [...context.founders.keys()].map((id) => stateKeys.member(id)),
  );
}

export async function health(context: Context, driver: Driver): Promise<Health> {
  const { reasons, ...chain } = await nodeHealth(context, driver);
  return {
    member: context.member,
    status: statusOf(reasons),
    ready: reasons.every(({ code }) => code === "amnesic" || code === "no-leader" || code === "peer-unreachable"),
    reasons,
    chains: [chain],
  };
}

function statusOf(reasons: Health["reasons"]): Health["status"] {
  const codes = reasons.map(({ code }) => code);
  if (codes.includes("amnesic")) return "amnesic";
  if (codes.includes("upgrade-needed")) return "upgrade-needed";
  return codes.some((code) => code !== "no-leader") ? "degraded" : "ok";
}
