/** The life of one process on Lambda: it runs while it is called, is frozen between two calls, and may end at any await. */
export class Gate {
  private thawed = Promise.withResolvers<void>();
  private readonly death = Promise.withResolvers<never>();
  private dead = false;
  private readonly dies: () => boolean;

  /** `dies` is asked at each await whether the process ends there. */
  constructor(dies: () => boolean) {
    this.dies = dies;
    this.death.promise.catch(() => undefined);
  }

  get isDead(): boolean {
    return this.dead;
  }

  /** Rejects when the process has ended. */
  get died(): Promise<never> {
    return this.death.promise;
  }

  thaw(): void {
    this.thawed.resolve();
  }

  freeze(): void {
    this.thawed = Promise.withResolvers<void>();
  }

  /** Every await of the process passes here, on its way out and on its way back: a frozen one waits, a dead one never comes back. */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    await this.go();
    const settled = await work().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    await this.go();
    if ("error" in settled) throw settled.error;
    return settled.value;
  }

  private async go(): Promise<void> {
    if (!this.dead && this.dies()) {
      this.dead = true;
      this.death.reject(new Error("the process has ended"));
    }
    if (this.dead) await new Promise<never>(() => undefined);
    await this.thawed.promise;
  }
}
