import { type Evidence, type Input, type Outgoing, type RaftState, type Step, step } from "@vermilion/consensus";

/** The steps of one turn, added up. */
export class Run {
  state: RaftState;
  readonly send: Outgoing[] = [];
  readonly evidence: Evidence[] = [];
  seal: Step["seal"] = null;
  asleep = false;

  constructor(state: RaftState) {
    this.state = state;
  }

  step(input: Input): void {
    this.take(step(this.state, input));
  }

  take(next: Step): void {
    this.state = next.state;
    this.send.push(...next.send);
    this.evidence.push(...next.evidence);
    this.seal = next.seal;
    this.asleep = next.asleep;
  }
}
