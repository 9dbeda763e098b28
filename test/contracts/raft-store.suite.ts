import { initialState } from "@vermilion/consensus";
import type { Proposal, RaftStore } from "@vermilion/node/ports/index";
import { describe, expect, test } from "vitest";
import { attachmentOf, bytesOf, sha256 } from "./chain.ts";
import { expectBug, expectFault, expectSame, type Open, type OpenChain, over } from "./opened.ts";
import { twoRaftStores } from "./two-chains.suite.ts";

type RaftState = Parameters<RaftStore["save"]>[0];

function stateOf(term: number): RaftState {
  const genesis = { term: 0, height: 0, hash: sha256("genesis") };
  return { ...initialState("tax", ["customs", "tax"], genesis), term, acknowledgements: { tax: `确认 ${term}` } };
}

function proposalOf(name: string, bytes = 100, attachments: readonly Uint8Array[] = []): Proposal {
  return {
    transactionHash: sha256(name),
    author: `author of ${name}`.replaceAll(" ", "-"),
    id: sha256(`id of ${name}`).slice(0, 32),
    entry: Buffer.alloc(bytes, name),
    attachments: attachments.map(attachmentOf),
    until: 1_700_000_000_000,
  };
}

/** Everything that the port `RaftStore` promises. */
export function raftStoreSuite(name: string, open: OpenChain<RaftStore>): void {
  describe(`${name}: RaftStore`, () => {
    stateSuite(open);
    reservationSuite(open);
    proposalSuite(open);
    setBackSuite(open);
    faultSuite(open);
    twoRaftStores(open);
  });
}

function setBackSuite(open: Open<RaftStore>): void {
  test(
    "may be set back until the others were asked",
    over(open, async (store) => {
      expect(await store.isSetBack()).toBe("maybe");
      await store.noteOpened();
      await store.noteOpened();
      expect(await store.isSetBack()).toBe("no");
    }),
  );
}

function stateSuite(open: Open<RaftStore>): void {
  describe("state", () => {
    test(
      "version 0 and no state before the first save; then as saved, also after a restart",
      over(open, async (store, { reopen }) => {
        expect(await store.load()).toEqual({ version: 0, state: undefined });
        expect(await store.save(stateOf(1), 0)).toBe("saved");
        expect(await store.save(stateOf(2), 1)).toBe("saved");
        expect(await store.load()).toEqual({ version: 2, state: stateOf(2) });
        expect(await (await reopen()).load()).toEqual({ version: 2, state: stateOf(2) });
      }),
    );

    test(
      "another version is stale and changes nothing",
      over(open, async (store) => {
        expect(await store.save(stateOf(1), 1)).toBe("stale");
        expect(await store.load()).toEqual({ version: 0, state: undefined });
        await store.save(stateOf(1), 0);
        for (const version of [0, 2, 7]) expect(await store.save(stateOf(9), version)).toBe("stale");
        expect(await store.load()).toEqual({ version: 1, state: stateOf(1) });
      }),
    );

    test(
      "20 racers from one version, round after round: one is saved each time, and it is his state that is there",
      over(open, async (store) => {
        for (let version = 0; version < 5; version++) {
          const answers = await Promise.all(Array.from({ length: 20 }, (_, racer) => store.save(stateOf(version * 100 + racer), version)));
          expect(answers.filter((answer) => answer === "saved").length).toBe(1);
          expect(await store.load()).toEqual({ version: version + 1, state: stateOf(version * 100 + answers.indexOf("saved")) });
        }
      }),
    );

    test(
      "two overlapping turns: the one that wakes late is stale",
      over(open, async (store, { reopen }) => {
        await store.save(stateOf(1), 0);
        const sleeper = await reopen();
        const { version } = await sleeper.load();
        expect(await store.save(stateOf(2), version)).toBe("saved");
        expect(await sleeper.save(stateOf(3), version)).toBe("stale");
        expect((await sleeper.load()).state).toEqual(stateOf(2));
      }),
    );

    test(
      "a state beyond an item is a bug",
      over(open, async (store) => {
        await expectBug(() => store.save({ ...stateOf(1), acknowledgements: { tax: "x".repeat(400 * 1024) } }, 0), /Raft state/);
      }),
    );
  });
}

function reservationSuite(open: Open<RaftStore>): void {
  describe("reservations", () => {
    test(
      "the first one stays, for ever and for everybody",
      over(open, async (store, { reopen }) => {
        expect(await store.reserve("header/1/1", "one")).toBe("one");
        expect(await store.reserve("header/1/1", "one")).toBe("one");
        expect(await store.reserve("header/1/1", "two")).toBe("one");
        expect(await (await reopen()).reserve("header/1/1", "three")).toBe("one");
        expect(await store.reserve("header/1/2", "two")).toBe("two");
      }),
    );

    test(
      "20 racers for one place hear the same answer, and it is one of theirs",
      over(open, async (store) => {
        const answers = await Promise.all(Array.from({ length: 20 }, (_, racer) => store.reserve("ack/3/9", `racer ${racer}`)));
        expect(new Set(answers).size).toBe(1);
        expect(answers[0]).toMatch(/^racer \d+$/);
        expect(answers.filter((answer, racer) => answer === `racer ${racer}`).length).toBe(1);
      }),
    );

    test(
      "the highest under a prefix, in byte order",
      over(open, async (store, { reopen }) => {
        expect(await store.highestReserved("size/")).toBeUndefined();
        for (const place of ["size/000000000010", "size/000000000009", "size", "size~", "size0", "ack/9", "size/~"])
          await store.reserve(place, `at ${place}`);
        const again = await reopen();
        expect(await again.highestReserved("size/0")).toEqual({ place: "size/000000000010", what: "at size/000000000010" });
        expect(await again.highestReserved("size/")).toEqual({ place: "size/~", what: "at size/~" });
        expect(await again.highestReserved("ack/")).toEqual({ place: "ack/9", what: "at ack/9" });
        expect(await again.highestReserved("b")).toBeUndefined();
        expect(await again.highestReserved("")).toEqual({ place: "size~", what: "at size~" });
        await expectBug(() => store.reserve("席", "x"), /ASCII/);
      }),
    );
  });
}

function proposalSuite(open: Open<RaftStore>): void {
  describe("proposals", () => {
    test(
      "wait oldest first until they are dropped, also over a restart",
      over(open, async (store, { reopen }) => {
        const names = ["z", "a", "m", "b"];
        for (const name of names)
          expect(await store.addProposal(proposalOf(name, 10, [bytesOf(`for ${name}`), new Uint8Array(0)]))).toBe("added");
        expect(await store.addProposal(proposalOf("a", 999))).toBe("known");
        const again = await reopen();
        expectSame(
          await again.proposals(10, 1_000_000),
          names.map((name) => proposalOf(name, 10, [bytesOf(`for ${name}`), new Uint8Array(0)])),
        );
        expect(await again.proposalCount()).toBe(4);
        await again.dropProposals([sha256("a"), sha256("never there"), sha256("b"), sha256("a")]);
        await again.dropProposals([sha256("a"), sha256("b")]);
        await again.dropProposals([]);
        expect((await store.proposals(10, 1_000_000)).map(({ transactionHash }) => transactionHash)).toEqual([sha256("z"), sha256("m")]);
        expect(await store.proposalCount()).toBe(2);
        expect([await store.hasProposal(sha256("z")), await store.hasProposal(sha256("a"))]).toEqual([true, false]);
        expect(await store.addProposal(proposalOf("a"))).toBe("added");
        expect((await store.proposals(10, 1_000_000)).map(({ transactionHash }) => transactionHash)).toEqual(["z", "m", "a"].map(sha256));
      }),
    );

    test(
      "are given up to a count and a number of bytes; one is always given",
      over(open, async (store) => {
        expectSame(await store.proposals(10, 10), []);
        await store.addProposal(proposalOf("a", 400, [new Uint8Array(600)]));
        await store.addProposal(proposalOf("b", 500));
        await store.addProposal(proposalOf("c", 1));
        const given = async (countMax: number, bytesMax: number) => (await store.proposals(countMax, bytesMax)).length;
        expect(await given(10, 1)).toBe(1);
        expect(await given(10, 1_499)).toBe(1);
        expect(await given(10, 1_500)).toBe(2);
        expect(await given(10, 1_501)).toBe(3);
        expect(await given(2, 1_000_000)).toBe(2);
        expect(await given(0, 1_000_000)).toBe(0);
      }),
    );

    test(
      "are found by hash and by (author, id), the oldest first, until they are dropped",
      over(open, async (store, { reopen }) => {
        const one = proposalOf("one", 10, [bytesOf("x")]);
        const twin = { ...proposalOf("twin"), author: one.author, id: one.id };
        await store.addProposal(one);
        await store.addProposal(twin);
        await store.addProposal(proposalOf("another"));
        const again = await reopen();
        expectSame(await again.proposal(one.transactionHash), one);
        expect(await again.proposalById(one.author, one.id)).toBe(one.transactionHash);
        await again.dropProposals([one.transactionHash]);
        expect(await store.proposal(one.transactionHash)).toBeUndefined();
        expect(await store.proposalById(one.author, one.id)).toBe(twin.transactionHash);
        expect(await store.proposalById(one.author, proposalOf("another").id)).toBeUndefined();
        await store.dropProposals([twin.transactionHash]);
        expect(await store.proposalById(one.author, one.id)).toBeUndefined();
      }),
    );

    test(
      "20 racers with one proposal: it is added once",
      over(open, async (store) => {
        const answers = await Promise.all(Array.from({ length: 20 }, () => store.addProposal(proposalOf("same", 10, [bytesOf("x")]))));
        expect(answers.filter((answer) => answer === "added").length).toBe(1);
        expect(await store.proposalCount()).toBe(1);
        expectSame(await store.proposals(5, 5_000), [proposalOf("same", 10, [bytesOf("x")])]);
      }),
    );

    test(
      "many at once all wait, each once",
      over(open, async (store) => {
        const names = Array.from({ length: 150 }, (_, place) => `proposal ${place}`);
        await Promise.all(names.map((name) => store.addProposal(proposalOf(name))));
        const found = await store.proposals(1_000, 10_000_000);
        expect(found.map(({ transactionHash }) => transactionHash).sort()).toEqual(names.map(sha256).sort());
        await store.dropProposals(names.map(sha256));
        expect(await store.proposalCount()).toBe(0);
        expectSame(await store.proposals(10, 10), []);
      }),
    );

    test(
      "the largest fits; more is a bug",
      over(open, async (store) => {
        const attachments = Array.from({ length: 15 }, (_, place) => Buffer.alloc(262_144, `${place} `));
        const largest = proposalOf("largest", 65_535, attachments);
        await store.addProposal(largest);
        expectSame(await store.proposals(1, 1), [largest]);
        const more = Array.from({ length: 17 }, (_, place) => Buffer.alloc(262_144, `${place} `));
        await expectBug(() => store.addProposal(proposalOf("more", 1, more)), /entries and attachments/);
        await store.dropProposals([largest.transactionHash]);
        expect(await store.proposalCount()).toBe(0);
      }),
    );
  });
}

function faultSuite(open: Open<RaftStore>): void {
  describe("faults", () => {
    for (const when of ["failBefore", "failAfter"] as const) {
      const happened = when === "failAfter";
      test(
        happened ? "a write fails but happened" : "a write fails",
        over(open, async (store, { faults }) => {
          faults[when](1);
          await expectFault(store.save(stateOf(1), 0), "storage-failed");
          expect((await store.load()).version).toBe(happened ? 1 : 0);
          expect(await store.save(stateOf(1), 0)).toBe(happened ? "stale" : "saved");

          faults[when](1);
          await expectFault(store.reserve("header/1/1", "mine"), "storage-failed");
          expect(await store.reserve("header/1/1", "another's")).toBe(happened ? "mine" : "another's");

          // However many writes an adapter needs, one of them decides; the last one has decided.
          let waits = false;
          for (let cut = 1; !waits; cut++) {
            faults[when](cut);
            const answer = await store.addProposal(proposalOf("p")).catch((error: unknown) => error);
            faults.clear();
            waits = await store.hasProposal(sha256("p"));
            expect(await store.proposalCount()).toBe(waits ? 1 : 0);
            expectSame(await store.proposals(10, 10_000), waits ? [proposalOf("p")] : []);
            if (happened || !waits) expect(answer).toMatchObject({ name: "Fault", code: "storage-failed" });
            else expect(answer).toBe("added");
          }
          expect(await store.addProposal(proposalOf("p"))).toBe("known");
          expectSame(await store.proposals(10, 10_000), [proposalOf("p")]);

          faults[when](1);
          await expectFault(store.dropProposals([sha256("p")]), "storage-failed");
          expect(await store.hasProposal(sha256("p"))).toBe(!happened);
          await store.dropProposals([sha256("p")]);
          expect(await store.proposalCount()).toBe(0);
        }),
      );

      test(
        `adding a proposal with attachments, cut at each of its writes (${happened ? "happened" : "not happened"}), is whole or not there`,
        over(open, async (store, { faults }) => {
          const proposal = proposalOf("p", 10, [bytesOf("one"), new Uint8Array(200_000)]);
          for (let cut = 1; cut <= 3; cut++) {
            faults[when](cut);
            await store.addProposal(proposal).catch(() => undefined);
            faults.clear();
            const found = await store.proposals(10, 1_000_000);
            if (found.length > 0) expectSame(found, [proposal]);
            expect(await store.proposalCount()).toBe(found.length);
            await store.addProposal(proposal);
            expectSame(await store.proposals(10, 1_000_000), [proposal]);
            await store.dropProposals([proposal.transactionHash]);
          }
        }),
      );
    }

    test(
      "full: writes are refused by code, reads go on, writes work again when there is room",
      over(open, async (store, { faults }) => {
        await store.save(stateOf(1), 0);
        await store.addProposal(proposalOf("old"));
        faults.full();
        const big = proposalOf("big", 65_535, [new Uint8Array(262_144), new Uint8Array(262_143)]);
        await expectFault(store.addProposal(big), "storage-full");
        await expectFault(store.addProposal(big), "storage-full");
        expect(await store.load()).toEqual({ version: 1, state: stateOf(1) });
        expectSame(await store.proposals(10, 1_000_000), [proposalOf("old")]);
        faults.clear();
        expect(await store.addProposal(big)).toBe("added");
        expect(await store.save(stateOf(2), 1)).toBe("saved");
      }),
    );

    test(
      "read-only: writes are refused by code, reads go on",
      over(open, async (store, { faults }) => {
        await store.save(stateOf(1), 0);
        await store.reserve("header/1/1", "mine");
        await store.addProposal(proposalOf("old"));
        faults.readOnly();
        await expectFault(store.save(stateOf(2), 1), "storage-read-only");
        await expectFault(store.reserve("header/1/2", "x"), "storage-read-only");
        await expectFault(store.addProposal(proposalOf("new")), "storage-read-only");
        await expectFault(store.dropProposals([sha256("old")]), "storage-read-only");
        expect(await store.load()).toEqual({ version: 1, state: stateOf(1) });
        expect(await store.highestReserved("header/")).toEqual({ place: "header/1/1", what: "mine" });
        expect(await store.hasProposal(sha256("old"))).toBe(true);
        faults.clear();
        expect(await store.save(stateOf(2), 1)).toBe("saved");
      }),
    );
  });
}
