import { type CommitCertificate, type Input, type Message, type Position, type RaftState, type Step, step } from "@vermilion/consensus";
import { HONEST } from "./model.ts";
import type { SimulationOptions } from "./simulation.ts";

/** A wrong consensus: it breaks one rule, and `rules` names the promises whose check should notice. */
export interface Mutant {
  readonly options: SimulationOptions;
  readonly rules: readonly string[];
}

type StepFunction = typeof step;

export const mutants: Readonly<Record<string, Mutant>> = {
  "counts replicas of earlier terms (Raft paper, figure 8)": {
    options: { fierce: true, rules: { step: commitsEarlierTerms, checksCertificates: false } },
    rules: ["leader completeness", "state machine safety"],
  },
  "commits one short of a majority": {
    options: { rules: { step: commitsTooEarly, checksCertificates: false } },
    rules: ["leader completeness", "state machine safety", "log matching"],
  },
  "forgets its vote": {
    options: { rules: { step: onMessage("vote", (state, message) => [{ ...state, votedFor: null }, message]) } },
    rules: ["voted twice", "election safety"],
  },
  "votes for a shorter log": {
    options: {
      rules: { step: onMessage("vote", (state, message) => [state, { ...message, last: { ...message.last, term: 1_000_000 } }]) },
    },
    rules: ["leader completeness", "state machine safety"],
  },
  "ignores the hash where logs should match": {
    options: {
      rules: { step: onMessage("append", (state, message) => [state, { ...message, previous: ownAt(state, message.previous) }]) },
    },
    rules: ["log matching", "state machine safety", "honest members give no evidence"],
  },
  "drops what a late message does not know": {
    options: { rules: { step: dropsWhatIsNotNamed } },
    rules: ["leader completeness", "state machine safety", "log matching"],
  },
  "believes a certificate of another block": {
    options: { rules: { step: believesAnyCertificate, checksCertificates: false } },
    rules: ["state machine safety", "leader completeness", "honest members give no evidence"],
  },
  "goes on after its store was lost": {
    options: { rules: { step: (state, input) => step(state, input.kind === "restored" ? { kind: "started" } : input) } },
    rules: ["signed two things at one place", "voted twice", "election safety", "leader completeness", "log matching"],
  },
  "rejoins before its word is committed": {
    options: { rules: { step: rejoinsAtOnce } },
    rules: ["amnesia is not cured by itself", "leader completeness", "voted twice"],
  },
  "signs without reserving the place": {
    options: { rules: { ...HONEST, reserves: false } },
    rules: ["signed two things at one place"],
  },
  "sleeps before the others know": {
    options: { rules: { step: (state, input) => sleepy(step(state, input)) } },
    rules: ["liveness", "all members converge"],
  },
  "never gives a place up": {
    options: { rules: { step: (state, input) => step(state, input.kind === "cannot-seal" ? { ...input, term: -1 } : input) } },
    rules: ["everybody falls asleep", "liveness"],
  },
};

function rejoinsAtOnce(state: RaftState, input: Input): Step {
  const result = step(state, input);
  return input.kind === "rejoining" ? { ...step(result.state, { kind: "rejoined", by: input.by, size: 0 }), send: result.send } : result;
}

function onMessage<Kind extends Message["kind"]>(
  kind: Kind,
  mutate: (state: RaftState, message: Extract<Message, { kind: Kind }>) => [RaftState, Message],
): StepFunction {
  return (state, input) => {
    if (input.kind !== "receive" || input.message.kind !== kind) return step(state, input);
    const [mutated, message] = mutate(state, input.message as Extract<Message, { kind: Kind }>);
    return step(mutated, { ...input, message });
  };
}

function ownAt(state: RaftState, position: Position): Position {
  return [state.committed, ...state.tail].find((own) => own.height === position.height) ?? position;
}

/** And seals no empty block, for it believes that it needs none. */
function commitsEarlierTerms(state: RaftState, input: Input): Step {
  const given = step(state, input);
  const result = given.seal?.empty === true ? { ...given, seal: null } : given;
  const { role, tail, peers, members } = result.state;
  const holdersOf = (position: Position): string[] =>
    Object.entries(peers).flatMap(([member, peer]) => ((peer.matched?.height ?? 0) >= position.height ? [member] : []));
  const replicated = tail.filter((position) => role === "leader" && holdersOf(position).length + 1 > members.length / 2).at(-1);
  if (replicated === undefined) return believes(result, input);
  return commit(result, {
    position: replicated,
    acknowledgements: Object.fromEntries(holdersOf(replicated).map((one) => [one, "unsigned"])),
  });
}

function commitsTooEarly(state: RaftState, input: Input): Step {
  const result = step(state, input);
  const { role, tail, acknowledgements, members, term } = result.state;
  const last = tail.at(-1);
  const enough = role === "leader" && last?.term === term && Object.keys(acknowledgements).length >= Math.floor(members.length / 2);
  return enough ? commit(result, { position: last, acknowledgements }) : believes(result, input);
}

/** Takes a certificate that comes in although too few have signed it. */
function believes(result: Step, input: Input): Step {
  const certificate = input.kind === "receive" ? input.certificate : undefined;
  const held = result.state.tail.find((position) => position.hash === certificate?.position.hash);
  return certificate === undefined || held === undefined ? result : commit(result, certificate);
}

function commit(result: Step, certificate: CommitCertificate): Step {
  const { state } = result;
  const { position } = certificate;
  const count = position.height - state.committed.height;
  return {
    ...result,
    state: { ...state, committed: position, certificate, tail: state.tail.slice(count), acknowledgements: {} },
    commit: certificate,
    committed: [...result.committed, ...state.tail.slice(0, count)],
    seal: null,
  };
}

function dropsWhatIsNotNamed(state: RaftState, input: Input): Step {
  const result = step(state, input);
  if (input.kind !== "receive" || input.message.kind !== "append" || result.state.leader !== input.message.from) return result;
  const { last } = input.message;
  return { ...result, state: { ...result.state, tail: result.state.tail.filter((position) => position.height <= last.height) } };
}

function believesAnyCertificate(state: RaftState, input: Input): Step {
  if (input.kind !== "receive" || input.certificate === undefined) return step(state, input);
  const { position } = input.certificate;
  return step(state, { ...input, certificate: { ...input.certificate, position: ownAt(state, position) } });
}

function sleepy(result: Step): Step {
  return result.state.role === "leader" ? { ...result, asleep: true } : result;
}
