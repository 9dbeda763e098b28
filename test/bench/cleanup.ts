import { mkdtempSync, rmSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";

const endingSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** What must not outlive the run: ended in the opposite order, also after a failure, a Ctrl-C or a crash. */
export class Cleanup {
  private readonly closers: { readonly close: () => Promise<void> | void; readonly atExit: () => void }[] = [];

  private readonly atExit = (): void => {
    for (const { atExit } of this.closers.toReversed()) atExit();
  };
  private readonly onSignal = (signal: NodeJS.Signals): void => {
    void this.closeAll().finally(() => process.exit(128 + constants.signals[signal]));
  };

  constructor() {
    process.on("exit", this.atExit);
    for (const signal of endingSignals) process.once(signal, this.onSignal);
  }

  /** `atExit` is for a process that ends without `closeAll`: it must be synchronous. */
  add(close: () => Promise<void> | void, atExit: () => void = () => undefined): void {
    this.closers.push({ close, atExit });
  }

  temporaryFolder(parent: string): string {
    const folder = mkdtempSync(join(parent, "vermilion-bench-"));
    const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    this.add(remove, remove);
    return folder;
  }

  async closeAll(): Promise<void> {
    for (let next = this.closers.at(-1); next !== undefined; next = this.closers.at(-1)) {
      try {
        await next.close();
      } finally {
        if (this.closers.at(-1) === next) this.closers.pop();
      }
    }
    process.off("exit", this.atExit);
    for (const signal of endingSignals) process.off(signal, this.onSignal);
  }
}
