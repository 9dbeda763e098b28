import { type MemberRow, stateKeys } from "@vermilion/contracts";
import { majority } from "@vermilion/ledger";
import type { ReadingContext } from "../context.ts";
import type { ConsortiumView, Health } from "../services.ts";
import { readRow, readRows } from "../state/reader.ts";

export async function consortium(context: ReadingContext): Promise<ConsortiumView> {
  const row = await readRow(context, stateKeys.consortium());
  if (row === undefined) throw new Error("bug: genesis is published and has no consortium row");
  const { members, quorum, policyText } = await context.node.read.membershipAt();
  return {
    name: row.name,
    names: row.names,
    chain: context.chain,
    origin: context.origin,
    members: members.size,
    majority: majority(members.size),
    quorum,
    accountable: 2 * quorum - members.size,
    policy: policyText,
  };
}

/** In the order of the genesis. */
export async function members(context: ReadingContext): Promise<readonly MemberRow[]> {
  const { members: ids } = await context.node.read.membershipAt();
  return readRows(
    context,
    [...ids.keys()].map((id) => stateKeys.member(id)),
  );
}

export async function health(context: ReadingContext): Promise<Health> {
  const { reasons, ...chain } = await context.node.health();
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
