/** Simulated time; one unit is about a millisecond. */
export class Timeline {
  readonly #queue = new EventQueue();
  now = 0;
  events = 0;

  in(units: number, run: () => void): void {
    this.#queue.add(this.now + units, run);
  }

  /** Runs what is due up to `end`. */
  runUntil(end: number): void {
    for (let event = this.#queue.takeBefore(end); event !== null; event = this.#queue.takeBefore(end)) {
      this.now = event.at;
      this.events += 1;
      event.run();
    }
    this.now = end;
  }

  isEmpty(): boolean {
    return this.#queue.isEmpty();
  }
}

/** Events in order of time; equal times in the order of planning. */
class EventQueue {
  readonly #heap: { at: number; order: number; run: () => void }[] = [];
  #planned = 0;

  isEmpty(): boolean {
    return this.#heap.length === 0;
  }

  add(at: number, run: () => void): void {
    this.#planned += 1;
    const heap = this.#heap;
    let index = heap.push({ at, order: this.#planned, run }) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfEarlier(index, parent)) break;
      index = parent;
    }
  }

  takeBefore(end: number): { at: number; run: () => void } | null {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.at > end) return null;
    const last = heap.pop();
    if (heap.length > 0 && last !== undefined) {
      heap[0] = last;
      let index = 0;
      while (true) {
        const left = 2 * index + 1;
        const child = left + 1 < heap.length && this.#isEarlier(left + 1, left) ? left + 1 : left;
        if (child >= heap.length || !this.#swapIfEarlier(child, index)) break;
        index = child;
      }
    }
    return first;
  }

  #isEarlier(one: number, other: number): boolean {
    const a = this.#heap[one]!;
    const b = this.#heap[other]!;
    return a.at < b.at || (a.at === b.at && a.order < b.order);
  }

  #swapIfEarlier(one: number, other: number): boolean {
    if (!this.#isEarlier(one, other)) return false;
    const kept = this.#heap[one]!;
    this.#heap[one] = this.#heap[other]!;
    this.#heap[other] = kept;
    return true;
  }
}
