import { isAsleep, type RaftState } from "@vermilion/consensus";
import type { ReadingContext } from "./context.ts";
import type { Condition } from "./turns/condition.ts";

/** Why a node is not all that it should be: a stable code, and what it means. */
export interface HealthReason {
  readonly code: string;
  readonly zh: string;
  readonly en: string;
}

/** How one chain's replica stands. */
export interface ChainHealth {
  readonly chain: string;
  readonly role: string;
  readonly term: number;
  readonly leader: string | null;
  /** True while nothing is to be done: no messages, no ticks. */
  readonly asleep: boolean;
  readonly height: number;
  readonly size: number;
  readonly finalSize: number;
  readonly headHash: string;
  readonly state: string;
}

export interface NodeHealth extends ChainHealth {
  readonly reasons: readonly HealthReason[];
}

export async function nodeHealth(context: ReadingContext, state: RaftState, condition: Condition): Promise<NodeHealth> {
  const published = await context.ledger.published();
  return {
    reasons: reasonsOf(condition, state),
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
  };
}

/** Worst first. A member that has forgotten serves all the same: what its apps write goes through the others. */
function reasonsOf(condition: Condition, state: RaftState): readonly HealthReason[] {
  return [
    ...conditionReasons(condition),
    ...(state.amnesic
      ? [
          {
            code: "amnesic",
            zh: "本成员遗失了签署记录（账本丢失或由备份恢复），正在重新加入",
            en: "this member has forgotten what it signed (its store was lost or restored) and is to rejoin",
          },
        ]
      : []),
    ...(state.leader === null && !isAsleep(state)
      ? [{ code: "no-leader", zh: "暂无领导者，写入将等待", en: "there is no leader at the moment; writes wait" }]
      : []),
  ];
}

/** By its code alone: what else is known of it (paths, addresses) stands in the member's log, and anybody may ask for health. */
function conditionReasons(condition: Condition): readonly HealthReason[] {
  switch (condition.kind) {
    case "ok":
      return [];
    case "diverged":
      return [
        {
          code: "diverged",
          zh: "本成员的账本与多数成员不一致，已停止",
          en: "this member's ledger contradicts what a majority has committed; it has stopped",
        },
      ];
    case "upgrade-needed":
      return [{ code: "upgrade-needed", zh: "生效的规则比本软件新，请升级", en: "the rules in force are newer than this software" }];
    case "storage-fault":
    case "background-fault": {
      const { code } = condition;
      const words = faultWords[code] ?? { zh: "有一项工作失败，详见日志", en: "a piece of work has failed; the member's log says which" };
      return [{ code, ...words }];
    }
  }
}

const faultWords: Readonly<Record<string, { readonly zh: string; readonly en: string }>> = {
  "storage-full": { zh: "存储空间已满", en: "there is no room left to store anything" },
  "storage-read-only": { zh: "存储不可写入", en: "the storage takes no writes" },
  "storage-failed": { zh: "存储出现故障", en: "the storage has failed" },
  "keys-unavailable": { zh: "密钥服务没有应答", en: "the keys do not answer" },
};
