/** Tells all that wait that something happened; who comes later waits for the next time. */
export class Signal {
  private waiting: (() => void)[] = [];

  fire(): void {
    const told = this.waiting;
    this.waiting = [];
    for (const tell of told) tell();
  }

  next(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
    });
  }
}
