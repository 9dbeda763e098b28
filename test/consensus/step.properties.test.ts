import {
  type AppendAnswer,
  type CommitCertificate,
  type Envelope,
  type Input,
  initialState,
  type Message,
  type Position,
  type RaftState,
  step,
} from "@vermilion/consensus";
import fc from "fast-check";
import { expect, test } from "vitest";

/** `constructor` is a legal member id, and the name of a property that every object inherits. */
const MEMBERS = ["platform", "inspection", "constructor", "tax"];
const SELF = "platform";
const genesis: Position = { term: 0, height: 0, hash: "00" };

const member = fc.constantFrom(...MEMBERS, "stranger");
const small = fc.integer({ min: 0, max: 6 });
const position = fc.record({ term: small, height: small, hash: fc.constantFrom("00", "0a", "0b", "0c") });
const mark = fc.record({ term: small, height: small, cosignedSize: small });
const rarelyForgotten = fc.oneof(
  { weight: 19, arbitrary: fc.constant({ term: 0, height: 0, cosignedSize: 0 }) },
  { weight: 1, arbitrary: mark },
);
const certificate: fc.Arbitrary<CommitCertificate> = fc.record({
  position,
  acknowledgements: fc.dictionary(fc.constantFrom(...MEMBERS), fc.constant("signed")),
});

function message<Body extends object>(body: { [Key in keyof Body]: fc.Arbitrary<Body[Key]> }): fc.Arbitrary<Envelope & Body> {
  const to = fc.oneof({ weight: 9, arbitrary: fc.constant(SELF) }, { weight: 1, arbitrary: member });
  return fc.record({ from: member, to, term: small, signed: mark, seen: rarelyForgotten, ...body }) as unknown as fc.Arbitrary<
    Envelope & Body
  >;
}

const kind = <Kind extends string>(name: Kind): fc.Arbitrary<Kind> => fc.constant(name);
const chain = fc
  .tuple(position, fc.array(fc.record({ term: small, hash: fc.constantFrom("0a", "0b", "0c") }), { maxLength: 4 }))
  .map(([previous, above]) => ({ previous, positions: above.map((one, index) => ({ ...one, height: previous.height + index + 1 })) }));
const anyAppend = fc
  .tuple(message({ kind: kind("append"), last: position, certificate: fc.option(certificate) }), chain, fc.boolean())
  .map(([append, links, ends]) => ({ ...append, ...links, last: ends ? (links.positions.at(-1) ?? links.previous) : append.last }));
const answer: fc.Arbitrary<AppendAnswer> = fc.oneof(
  message({
    kind: kind("append-answer"),
    ok: fc.constant(true as const),
    matched: position,
    acknowledges: fc.option(position),
    committedHeight: small,
  }),
  message({
    kind: kind("append-answer"),
    ok: fc.constant(false as const),
    reason: fc.constantFrom("behind" as const, "mismatch" as const, "stale-term" as const, "state-mismatch" as const, "conflict" as const),
    next: small,
    committedHeight: small,
  }),
);
const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  message({ kind: kind("pre-vote"), nextTerm: small, last: position }),
  message({ kind: kind("pre-vote-answer"), nextTerm: small, granted: fc.boolean() }),
  message({ kind: kind("vote"), last: position }),
  message({ kind: kind("vote-answer"), granted: fc.boolean() }),
  anyAppend,
  answer,
  message({ kind: kind("hello"), committed: position, wanted: fc.boolean() }),
  message({ kind: kind("hello-answer") }),
);
const input: fc.Arbitrary<Input> = fc.oneof(
  fc.record({ kind: kind("tick"), random: fc.integer({ min: 0, max: 0x7fffffff }) }),
  fc.record(
    {
      kind: kind("receive"),
      message: anyMessage,
      leaderProbe: fc.constantFrom("alive" as const, "failed" as const, "none" as const),
      proof: fc.constant("signed"),
      certificate,
      refused: fc.constant("state-mismatch" as const),
    },
    { requiredKeys: ["kind", "message"] },
  ),
  fc.record({ kind: kind("wanted"), waiting: small }),
  fc.record({ kind: kind("sealed"), position, proof: fc.constant("signed") }),
  fc.record({ kind: kind("cannot-seal"), term: small, height: small }),
  fc.record({ kind: kind("unreachable"), member }),
  fc.record({ kind: fc.constantFrom("started" as const, "leader-unreachable" as const) }),
  fc.record({ kind: kind("cosigned"), size: small }),
  fc.record({ kind: kind("settled"), height: small }),
  fc.record({ kind: kind("restored") }),
  fc.record({ kind: kind("rejoining"), by: fc.constantFrom("one", "other") }),
  fc.record({ kind: kind("rejoined"), by: fc.constantFrom("one", "other"), size: small }),
);

/** Follows what the core asks for, so that lives lead to elections and blocks as well. */
const obedient = fc.record({ kind: kind("obey"), input });

test("whatever comes, in whatever order: step answers, keeps its state whole, and never lowers term or commit", () => {
  const reached = new Set<string>();
  fc.assert(
    fc.property(fc.array(fc.oneof(input, obedient), { minLength: 10, maxLength: 60, size: "max" }), (inputs) => {
      let state = initialState(SELF, MEMBERS, genesis);
      for (const one of inputs) {
        const before = JSON.stringify(state);
        const given = one.kind === "obey" ? electing(state, one.input) : one;
        const result = step(state, given);
        expect(JSON.stringify(state)).toBe(before);
        reached.add(result.state.role);
        if (result.commit !== null) reached.add("commit");
        if (result.state.amnesic) reached.add("amnesic");
        checkStep(state, given, result.state, result.committed);
        if (state.amnesic && !result.state.amnesic) reached.add("rejoined");
        state = JSON.parse(JSON.stringify(result.state)) as RaftState;
      }
    }),
    { numRuns: 600, seed: 20_261_120 },
  );
  expect([...reached].sort()).toEqual(["amnesic", "candidate", "commit", "follower", "leader", "pre-candidate", "rejoined"]);
});

/** Turns an arbitrary input into the one that a member in this state most likely gets next. */
function electing(state: RaftState, other: Input): Input {
  const mine: Envelope = {
    from: "tax",
    to: SELF,
    term: state.term,
    signed: { term: state.term, height: 0, cosignedSize: 0 },
    seen: { term: 0, height: 0, cosignedSize: 0 },
  };
  const from = (state.votes.length % 2 === 0 ? "tax" : "inspection") as string;
  if (state.role === "pre-candidate") {
    return { kind: "receive", message: { ...mine, from, kind: "pre-vote-answer", nextTerm: state.term + 1, granted: true } };
  }
  if (state.role === "candidate") return { kind: "receive", message: { ...mine, from, kind: "vote-answer", granted: true } };
  const last = state.tail.at(-1) ?? state.committed;
  if (state.role === "leader" && last.term < state.term) {
    return { kind: "sealed", position: { term: state.term, height: last.height + 1, hash: "0c" }, proof: "signed" };
  }
  if (state.role === "leader") {
    const ok = { kind: "append-answer", ok: true, matched: last, acknowledges: last, committedHeight: 0 } as const;
    const acknowledgers = Object.keys(state.acknowledgements).length;
    return { kind: "receive", message: { ...mine, from: acknowledgers === 1 ? "tax" : "inspection", ...ok }, proof: "signed" };
  }
  return other;
}

function checkStep(before: RaftState, given: Input, after: RaftState, committed: readonly Position[]): void {
  expect(after.term).toBeGreaterThanOrEqual(before.term);
  expect(after.committed.height).toBe(before.committed.height + committed.length);
  if (after.term === before.term && before.votedFor !== null) expect(after.votedFor).toBe(before.votedFor);
  const rejoined = given.kind === "rejoined" && before.rejoinsBy === given.by;
  if (before.amnesic) expect(after).toMatchObject({ amnesic: !rejoined, role: "follower" });
  if (before.amnesic && rejoined) expect(after.votedFor).not.toBeNull();
  if (after.role === "leader") expect(after.leader).toBe(SELF);
  let below = after.committed;
  for (const one of after.tail) {
    expect(one.height).toBe(below.height + 1);
    expect(one.term).toBeLessThanOrEqual(after.term);
    below = one;
  }
}
