import { Violation } from "./checks.ts";
import { copyStore, type Rules, type Store, savedState } from "./model.ts";
import { Random } from "./random.ts";
import { type Node, SimulatedConsortium } from "./simulated-consortium.ts";

export interface SimulationOptions {
  /** A variant of the member layer or the core, for showing that the checks notice. */
  readonly rules?: Partial<Omit<Rules, "onSign">>;
  /** Three members, no lost messages, and leaders cut off at the worst moments: where logs differ most. Default: as the seed says. */
  readonly fierce?: boolean;
  readonly trace?: boolean;
}

export interface Report {
  readonly seed: number;
  readonly violation: Violation | null;
  readonly trace: readonly string[];
  readonly members: number;
  readonly blocks: number;
  readonly terms: number;
  readonly events: number;
  /** How often each kind of fault happened, so that a test can see that none is missing. */
  readonly faults: Readonly<Record<string, number>>;
}

/** Simulated time; one unit is about a millisecond. */
const CHAOS_UNITS = 6_000;
const HEALED_UNITS = 60_000;
const PROPOSALS = 40;
const NAMES = ["platform", "inspection", "customs", "tax", "ports", "health", "maritime"];

/** Runs a consortium through one seeded life of faults, heals it, and reports the first broken promise, if any. */
export function simulate(seed: number, options: SimulationOptions = {}): Report {
  const random = new Random(seed * 2_654_435_761);
  const names = NAMES.slice(0, options.fierce === true ? 3 : random.pick([3, 3, 3, 4, 5, 5, 6, 7]));
  const stormy = options.fierce === true || random.chance(0.5);
  const weather = {
    lossRate: options.fierce === true ? 0 : random.pick([0, 0.02, 0.1, 0.25]),
    duplicateRate: random.pick([0, 0.05, 0.2]),
    slowRate: random.pick([0, 0.05, 0.2]),
    stormRate: stormy ? 0.4 : 0,
  };
  const consortium = new SimulatedConsortium(names, random, weather, options.rules ?? {}, options.trace === true);

  planProposals(consortium, random);
  planTroubles(consortium, random);
  if (stormy) planStorm(consortium, random);
  if (names.length >= 4 && random.chance(0.4)) planForgetting(consortium, random);
  const violation = firstViolation(() => {
    consortium.timeline.runUntil(CHAOS_UNITS);
    consortium.heal();
    consortium.timeline.runUntil(CHAOS_UNITS + HEALED_UNITS);
    consortium.checkEnd();
  });

  const { trace, timeline, faults } = consortium;
  const states = consortium.nodes.map((node) => savedState(node.member));
  const blocks = Math.max(...states.map((state) => state.committed.height));
  const terms = Math.max(...states.map((state) => state.term));
  return { seed, violation, trace: trace ?? [], members: names.length, blocks, terms, events: timeline.events, faults };
}

/** For a test: throws with seed and trace (of a second, identical run) when the seed breaks a promise. */
export function simulateOrThrow(seed: number, options: SimulationOptions = {}): Report {
  const report = simulate(seed, options);
  if (report.violation === null) return report;
  const { trace } = simulate(seed, { ...options, trace: true });
  throw new Error(`seed ${seed}: ${report.violation.message}\n${trace.slice(-200).join("\n")}`, { cause: report.violation });
}

function firstViolation(run: () => void): Violation | null {
  try {
    run();
    return null;
  } catch (error) {
    if (error instanceof Violation) return error;
    throw error;
  }
}

function planProposals(consortium: SimulatedConsortium, random: Random): void {
  for (let number = 1; number <= PROPOSALS; number += 1) {
    consortium.timeline.in(random.between(0, CHAOS_UNITS), () => consortium.submit(random.pick(consortium.nodes), `p${number}`));
  }
}

function planTroubles(consortium: SimulatedConsortium, random: Random): void {
  const rate = random.pick([0.05, 0.2, 0.5]);
  for (let at = 200; at < CHAOS_UNITS; at += 200) {
    consortium.timeline.in(at, () => {
      if (random.chance(rate)) makeTrouble(consortium, random);
    });
  }
}

function makeTrouble(consortium: SimulatedConsortium, random: Random): void {
  const { nodes } = consortium;
  const anybody = (): Node => random.pick(nodes);
  const leader = consortium.leader();
  const half = nodes.filter(() => random.chance(0.5));
  const troubles = [
    () => consortium.crash(anybody(), 1_500),
    () => consortium.crash(leader, 1_500),
    () => consortium.crash(leader, 30),
    () => consortium.partition(half, 1_200),
    () => consortium.partition([leader], 1_200),
    () => consortium.cutOneWay(anybody(), anybody()),
    () => {
      for (const node of nodes) consortium.crash(node, 200);
    },
  ];
  random.pick(troubles)();
}

/** Leader after leader is cut off, alone or with one companion, while both sides are given work: this makes logs that differ. */
function planStorm(consortium: SimulatedConsortium, random: Random): void {
  const every = random.between(250, 600);
  for (let at = 300; at < CHAOS_UNITS; at += every) {
    consortium.timeline.in(at, () => {
      const leader = consortium.leader();
      const companions = random.chance(0.5) ? [random.pick(consortium.nodes)] : [];
      consortium.submit(leader, `storm${at}a`);
      consortium.timeline.in(random.between(0, 40), () => consortium.partition([leader, ...companions], 2 * every));
      consortium.timeline.in(50, () => consortium.submit(random.pick(consortium.nodes), `storm${at}b`));
    });
  }
}

/**
 * Members are set back to a backup, one at a time, so that the others are enough to go on and to let it rejoin. Its core is told, as the
 * design demands.
 */
function planForgetting(consortium: SimulatedConsortium, random: Random): void {
  const times = random.between(1, 4);
  for (let time = 0; time < times; time += 1) {
    const node = random.pick(consortium.nodes);
    let backup: Store | null = null;
    const from = random.between(0, CHAOS_UNITS / 2);
    consortium.timeline.in(from, () => {
      backup = copyStore(node.member.store);
    });
    consortium.timeline.in(random.between(from + 1, CHAOS_UNITS - 1), () => {
      const alone = consortium.nodes.every((other) => other === node || !savedState(other.member).amnesic);
      if (backup !== null && alone) consortium.restore(node, backup);
    });
  }
}
