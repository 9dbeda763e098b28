import type { ParsedEntry } from "@vermilion/ledger";
import fc from "fast-check";
import { expect, test } from "vitest";
import { outcomeOf } from "./chain.ts";
import { both, type Call, MEMBERS, World } from "./world.ts";

/**
 * One step of a random history. Numbers choose among what there is, so that most sequences hold applied and refused entries, entries that
 * build on others of the same block, and repeats.
 */
interface Step {
  readonly member: number;
  readonly what: number;
  readonly which: number;
  readonly newBlock: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  member: fc.integer({ min: 0, max: MEMBERS.length - 1 }),
  what: fc.integer({ min: 0, max: 13 }),
  which: fc.integer({ min: 0, max: 3 }),
  newBlock: fc.boolean(),
});

/** Requests can be named only after the block that opened them, so they are read from the state. */
function requestIn(world: World, which: number): string {
  const requests = world.keysUnder("request/").map((key) => key.slice("request/".length));
  return requests[which % Math.max(1, requests.length)] ?? `${"0".repeat(64)}-0`;
}

function callOf(world: World, { what, which }: Step): Call {
  const certificate = [world.certificate, world.identifier("B2"), world.identifier("C3"), world.identifier("D4")][which] ?? "";
  const request = requestIn(world, which);
  const audience = ["platform", which % 2 === 0 ? "tax" : "customs"];
  const calls: (() => Call)[] = [
    () => world.issue({ certificate }),
    () => world.issue({ certificate, holder: world.holder.address, fields: ["name", "address", "capital"] }),
    () => world.complete({ certificate }),
    () => world.open({ certificate, purpose: "declaration" }),
    () => world.open({ certificate, part: which === 3 ? "inspection" : "main", fields: which === 3 ? ["result"] : ["name"] }),
    () => world.decide(request),
    () => world.decide(request, "refuse"),
    () => world.give(request, {}, audience),
    () => both(world.decide(request), world.give(request, {}, audience)),
    () => world.define({ version: which + 1, policies: which % 2 === 0 ? [] : world.type().policies }),
    () => both(world.issue({ certificate }), world.complete({ certificate, fields: ["remark"] })),
    () => world.record({ certificate, verifier: which === 0 ? world.verifier.address : null }),
    () => both(world.open({ certificate }), world.record({ certificate, verifier: null })),
    () => world.define({ id: `type-${which}`, policies: [] }),
  ];
  return calls[what]?.() ?? world.issue();
}

test("lazy loading gives what a wholly loaded state gives, and a refused entry changes nothing but its consumption", () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.array(step, { minLength: 4, maxLength: 24 }), (steps) => {
      const world = new World();
      let block: ParsedEntry[] = [];
      const close = () => {
        const whole = world.whole(block);
        for (const ahead of [false, true]) {
          const lazy = world.lazily(block, { ahead });
          expect(lazy.results).toEqual(whole.results);
          expect(lazy.writes).toEqual(whole.writes);
        }
        expect(world.stepwise(block)).toEqual(whole);

        const keys = whole.writes.map(({ key }) => key);
        expect(keys).toEqual([...new Set(keys)].sort());
        // Without the refused entries the block writes the same, but for what they consumed.
        const outcomes = whole.results.map(outcomeOf);
        const places = [...block.keys()].filter((at) => outcomes[at] === "applied");
        const alone = world.whole(
          places.flatMap((at) => block[at] ?? []),
          places,
        );
        const lasting = ({ key }: { readonly key: string }) => !/^(?:used|quota)\//.test(key);
        expect(alone.writes.filter(lasting)).toEqual(whole.writes.filter(lasting));
        for (const outcome of outcomes) seen.add(outcome);
        world.accept(whole);
        block = [];
      };
      for (const each of steps) {
        const member =
          MEMBERS[each.which === 3 ? each.member : each.what === 2 ? 1 : each.what === 3 || each.what === 4 ? 3 : 0] ?? "platform";
        block.push(world.made(member, callOf(world, each)));
        if (each.member === 3 && block[0] !== undefined) block.push(block[0]);
        if (each.newBlock) close();
      }
      close();
    }),
    { numRuns: 25 },
  );
  // The generator reaches more than one corner.
  expect([...seen]).toEqual(expect.arrayContaining(["applied", "refused:duplicate-entry", "refused:certificate-exists"]));
});

test("the keys named ahead spare rounds", () => {
  const world = new World();
  const entries = [world.made("platform", world.issue()), world.made("tax", world.open())];
  expect(world.lazily(entries, { ahead: true }).rounds).toBeLessThan(world.lazily(entries, { ahead: false }).rounds);
});
