import { describe, expect, test } from "vitest";
import type { Violation } from "./checks.ts";
import { type Mutant, mutants } from "./mutants.ts";
import { simulate } from "./simulation.ts";

const SEEDS_MAX = 400;

/** The checks are worth something only if they find a consensus that is wrong. */
describe("the simulation finds a consensus that", () => {
  test.each(Object.entries(mutants))("%s", (_, mutant) => {
    const violation = firstViolation(mutant);
    expect(violation, `no violation in ${SEEDS_MAX} seeds`).not.toBeNull();
    expect(mutant.rules).toContain(violation?.rule);
  });
});

function firstViolation(mutant: Mutant): Violation | null {
  for (let seed = 1; seed <= SEEDS_MAX; seed += 1) {
    const { violation } = simulate(seed, mutant.options);
    if (violation !== null) return violation;
  }
  return null;
}
