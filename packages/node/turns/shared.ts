/** Work that is done once for all who ask for it before it begins; who asks later has it done again. */
export class Shared {
  private waiting: Promise<void> | undefined;

  /** `work` tells when it begins, and not before it has awaited something. */
  run(work: (onBegin: () => void) => Promise<void>): Promise<void> {
    if (this.waiting !== undefined) return this.waiting;
    const begun = () => {
      if (this.waiting === shared) this.waiting = undefined;
    };
    const shared = work(begun).finally(begun);
    this.waiting = shared;
    return shared;
  }

  /** Who asks from now on waits for none that was asked for before. */
  forget(): void {
    this.waiting = undefined;
  }
}
