import {
  type Append,
  type CommitCertificate,
  type Input,
  initialState,
  type Mark,
  type Position,
  type RaftState,
  type Step,
  step,
} from "@vermilion/consensus";
import { describe, expect, test } from "vitest";

const MEMBERS = ["platform", "inspection", "customs"];
const UNSIGNED = { term: 0, height: 0, cosignedSize: 0 };
const at = (height: number, term: number, hash: string): Position => ({ height, term, hash });
const genesis = at(0, 0, "genesis");
const one = at(1, 1, "one");
const two = at(2, 1, "two");

function append(from: string, term: number, previous: Position, ...positions: Position[]): Append {
  const last = positions.at(-1) ?? previous;
  return { kind: "append", from, to: "platform", term, signed: UNSIGNED, seen: UNSIGNED, previous, positions, last, certificate: null };
}

function certificate(position: Position, ...signers: string[]): CommitCertificate {
  return { position, acknowledgements: Object.fromEntries(signers.map((signer) => [signer, "signed"])) };
}

function play(state: RaftState, ...inputs: Input[]): Step {
  let last = step(state, { kind: "settled", height: 0 });
  for (const input of inputs) last = step(last.state, input);
  return last;
}

/** platform follows inspection in term 1, holds block 1 committed and has acknowledged block 2. */
const following = play(initialState("platform", MEMBERS, genesis), {
  kind: "receive",
  message: append("inspection", 1, genesis, one, two),
  certificate: certificate(one, "inspection", "customs"),
}).state;

test("the setting is what the tests below believe it is", () => {
  expect(following).toMatchObject({ term: 1, leader: "inspection", committed: one, tail: [two], signedHeight: 2 });
});

describe("what honest members never do is kept as evidence and not obeyed:", () => {
  const other = at(2, 1, "another two");
  const cases: Record<string, [Input, string]> = {
    "undoing a committed block": [
      { kind: "receive", message: append("inspection", 1, genesis, at(1, 1, "another one")) },
      "undoes-committed",
    ],
    "undoing a committed block in a later term": [
      { kind: "receive", message: append("customs", 2, at(1, 1, "another one"), at(2, 2, "x")) },
      "undoes-committed",
    ],
    "two blocks at one place": [{ kind: "receive", message: append("inspection", 1, one, other) }, "two-blocks-in-one-term"],
    "two leaders in one term": [{ kind: "receive", message: append("customs", 1, one, other) }, "two-leaders-in-one-term"],
    "two certificates for one height": [
      {
        kind: "receive",
        message: append("inspection", 1, one, two),
        certificate: certificate(at(1, 1, "another one"), "inspection", "customs"),
      },
      "two-certificates",
    ],
  };
  test.each(Object.entries(cases))("%s", (_, [input, kind]) => {
    const result = step(following, input);
    expect(result.evidence.map((evidence) => evidence.kind)).toEqual([kind]);
    expect(result.state).toMatchObject({ committed: one, tail: [two] });
    expect(result.appended).toEqual([]);
    if (kind !== "two-certificates") expect(result.send).toMatchObject([{ kind: "append-answer", ok: false, reason: "conflict" }]);
  });
});

describe("a certificate moves the commit only", () => {
  const heartbeat = append("inspection", 1, one, two);
  const receive = (proof: CommitCertificate): Step => step(following, { kind: "receive", message: heartbeat, certificate: proof });

  test("with a majority of voters", () => {
    expect(receive(certificate(two, "inspection")).commit).toBeNull();
    expect(receive(certificate(two, "inspection", "stranger")).commit).toBeNull();
    expect(receive(certificate(two, "inspection", "customs")).commit?.position).toEqual(two);
  });

  test("for a position that the log holds exactly", () => {
    expect(receive(certificate(at(2, 1, "another two"), "inspection", "customs")).commit).toBeNull();
    expect(receive(certificate(at(3, 1, "three"), "inspection", "customs")).commit).toBeNull();
  });

  test("and names all that it commits", () => {
    const result = step(following, {
      kind: "receive",
      message: append("inspection", 1, two, at(3, 1, "three"), at(4, 1, "four")),
      certificate: certificate(at(3, 1, "three"), "inspection", "customs"),
    });
    expect(result.committed.map((position) => position.height)).toEqual([2, 3]);
    expect(result.state.tail.map((position) => position.height)).toEqual([4]);
  });
});

test("a member named like an inherited property signs nothing by being named so", () => {
  const state = initialState("platform", ["platform", "constructor", "customs"], genesis);
  const result = step(state, {
    kind: "receive",
    message: append("customs", 1, genesis, one),
    certificate: certificate(one, "customs"),
  });
  expect(result.commit).toBeNull();
});

test("a block refused by the member layer is not taken; the leader counts as gone and is not voted for again", () => {
  const wanting = step(following, { kind: "wanted", waiting: 1 }).state;
  const result = step(wanting, { kind: "receive", message: append("inspection", 1, two, at(3, 1, "bad")), refused: "state-mismatch" });
  expect(result.appended).toEqual([]);
  expect(result.state.tail).toEqual([two]);
  expect(result.send.map((outgoing) => outgoing.kind)).toEqual(["pre-vote", "pre-vote", "append-answer"]);
  const asked = { kind: "pre-vote", from: "inspection", to: "platform", term: 1, signed: UNSIGNED, seen: UNSIGNED } as const;
  const answer = step(result.state, { kind: "receive", message: { ...asked, nextTerm: 2, last: at(9, 1, "long") }, leaderProbe: "failed" });
  expect(answer.send).toMatchObject([{ kind: "pre-vote-answer", granted: false }]);
});

test("a message that says more of this member than it knows makes it amnesic before anything else is done with it", () => {
  const vote = { kind: "vote", from: "customs", to: "platform", term: 2, signed: UNSIGNED, last: at(9, 1, "long") } as const;
  for (const seen of [
    { term: 2, height: 0, cosignedSize: 0 },
    { term: 1, height: 3, cosignedSize: 0 },
    { term: 0, height: 0, cosignedSize: 1 },
  ]) {
    const result = step(following, { kind: "receive", message: { ...vote, seen } });
    expect(result.state).toMatchObject({ amnesic: true, votedFor: null });
    expect(result.send).toMatchObject([{ kind: "vote-answer", granted: false }]);
  }
  const known = step(following, { kind: "receive", message: { ...vote, seen: { term: 1, height: 2, cosignedSize: 0 } } });
  expect(known.send).toMatchObject([{ kind: "vote-answer", granted: true }]);
});

test("a certificate that shows one's own signature of a block one does not know reveals amnesia as well", () => {
  const forgetful = initialState("platform", MEMBERS, genesis);
  const input = {
    kind: "receive",
    message: append("customs", 1, genesis, one),
    certificate: certificate(one, "platform", "customs"),
  } as const;
  expect(step(forgetful, input).state).toMatchObject({ amnesic: true, committed: one });
  expect(step(forgetful, { ...input, certificate: certificate(one, "inspection", "customs") }).state.amnesic).toBe(false);
});

describe("one lying member of four", () => {
  const four = ["platform", "inspection", "customs", "tax"];
  const quiet = initialState("platform", four, genesis);
  const hello = (from: string, seen: Mark, term = 0) =>
    ({
      kind: "receive",
      message: { kind: "hello", from, to: "platform", term, signed: UNSIGNED, seen, committed: genesis, wanted: false },
    }) as const;
  const forgotten = { term: 0, height: 0, cosignedSize: 1_000_000 };

  test("does not make another one amnesic by its word alone; two do", () => {
    const one = step(quiet, hello("tax", forgotten)).state;
    expect(one.amnesic).toBe(false);
    expect(step(one, hello("tax", forgotten)).state.amnesic).toBe(false);
    expect(step(one, hello("customs", forgotten)).state.amnesic).toBe(true);
    expect(step(step(one, hello("tax", UNSIGNED)).state, hello("customs", forgotten)).state.amnesic).toBe(false);
  });

  test("who is told that it has voted in a term gives no vote there, and one in the next", () => {
    const told = step(quiet, hello("tax", { term: 5, height: 0, cosignedSize: 0 }, 5)).state;
    const vote = (term: number) =>
      ({
        kind: "receive",
        message: { kind: "vote", from: "customs", to: "platform", term, signed: UNSIGNED, seen: UNSIGNED, last: genesis },
      }) as const;
    expect(step(told, vote(5)).send).toMatchObject([{ kind: "vote-answer", granted: false }]);
    expect(step(told, vote(6)).send).toMatchObject([{ kind: "vote-answer", granted: true }]);
  });

  test("cannot use up the numbers of the terms", () => {
    const far = Number.MAX_SAFE_INTEGER;
    for (const term of [far, 10_001]) expect(step(quiet, hello("tax", UNSIGNED, term)).state).toBe(quiet);
    expect(step(quiet, hello("tax", { term: far, height: 0, cosignedSize: 0 })).state).toBe(quiet);
    expect(step(quiet, hello("tax", UNSIGNED, 10_000)).state.term).toBe(10_000);
  });
});
