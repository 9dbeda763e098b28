import type { Shelf } from "@vermilion/aws/tiles/publish";
import { Fault } from "@vermilion/node/fault";

/** A shelf in memory that can be told to fail, before a call does anything or after it has done all. */
export class MemoryShelf implements Shelf {
  readonly objects = new Map<string, { readonly bytes: Uint8Array; readonly version: string }>();
  /** Calls so far, and paths in the order that they were written in. */
  calls = 0;
  readonly written: string[] = [];
  private versions = 0;
  private failAt: { readonly call: number; readonly when: "before" | "after" } | undefined;

  /** The process ends at its `call`-th call from now. */
  failAfter(call: number, when: "before" | "after"): void {
    this.failAt = { call: this.calls + call, when };
  }

  read(path: string) {
    return this.call(() => this.objects.get(path));
  }

  keep(path: string, bytes: Uint8Array) {
    return this.call(() => {
      if (!this.objects.has(path)) this.write(path, bytes);
    });
  }

  replace(path: string, bytes: Uint8Array, version: string | undefined) {
    return this.call(() => {
      if (this.objects.get(path)?.version !== version) return "stale" as const;
      this.write(path, bytes);
      return "replaced" as const;
    });
  }

  readonly get = async (path: string): Promise<Uint8Array | undefined> => this.objects.get(path)?.bytes;

  private write(path: string, bytes: Uint8Array): void {
    this.versions += 1;
    this.objects.set(path, { bytes, version: `v${this.versions}` });
    this.written.push(path);
  }

  private async call<Answer>(work: () => Answer): Promise<Answer> {
    this.calls += 1;
    const fails = this.failAt !== undefined && this.calls >= this.failAt.call ? this.failAt.when : undefined;
    const fault = new Fault("storage-failed", "ordered by the test");
    await Promise.resolve();
    if (fails === "before") throw fault;
    const answer = work();
    if (fails === "after") {
      // What was under way beside this call is not done any more.
      this.failAt = { call: 0, when: "before" };
      throw fault;
    }
    await Promise.resolve();
    return answer;
  }

  /** A new process. */
  recover(): void {
    this.failAt = undefined;
  }
}
