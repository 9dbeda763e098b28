import { isAsleep } from "@vermilion/consensus";
import { type MemberRow, stateKeys } from "@vermilion/contracts";
import { majority } from "@vermilion/ledger";
import type { Context } from "../context.ts";
import { readRow, readRows } from "../entries/state-reader.ts";
import type { ConsortiumView, Health } from "../services.ts";
import type { Driver } from "../turns/driver.ts";

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
  const state = await driver.turns.state();
  const published = await context.ledger.published();
  const reasons: string[] = [];
  if (state.amnesic) reasons.push("this member has forgotten what it signed and must rejoin");
  if (driver.turns.upgradeNeeded !== undefined) reasons.push(driver.turns.upgradeNeeded);
  if (driver.turns.diverged !== undefined) reasons.push(driver.turns.diverged);
  if (driver.lastFault !== undefined) reasons.push(driver.lastFault);
  const status = state.amnesic
    ? "amnesic"
    : driver.turns.upgradeNeeded !== undefined
      ? "upgrade-needed"
      : reasons.length > 0
        ? "degraded"
        : "ok";
  return {
    member: context.member,
    status,
    reasons,
    chains: [
      {
        chain: context.chain,
        role: state.role,
        term: state.term,
        leader: state.leader,
        asleep: isAsleep(state),
        height: published?.height ?? 0,
        size: published?.size ?? 0,
        finalSize: await context.ledger.finalSize(),
        headHash: published?.hash ?? "",
        state: published?.state ?? "",
      },
    ],
  };
}
