/** Coalesces concurrent calls: one run serves all who call before it begins; who calls later gets a run of its own. */
export class Coalesced {
  private waiting: Promise<void> | undefined;

  /** `work` tells when it begins, and not before it has awaited something. */
  run(work: (onBegin: () => void) => Promise<void>): Promise<void> {
    if (this.waiting !== undefined) return this.waiting;
    const begun = () => {
      if (this.waiting === coalesced) this.waiting = undefined;
    };
    const coalesced = work(begun).finally(begun);
    this.waiting = coalesced;
    return coalesced;
  }

  /** Who calls from now on does not join a run that was waiting before. */
  forget(): void {
    this.waiting = undefined;
  }
}
