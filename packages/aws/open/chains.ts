import type { FoundingStore, InstalledChain } from "../founding/store.ts";

/** The chains of a member as a process has opened them. */
export interface OpenedChains<Opened> {
  /** Undefined where the chain is not installed, or none is and `main` is asked for. */
  of(chain: string): Promise<Opened | undefined>;
  /** All that are installed, the main one first. */
  all(): Promise<readonly Opened[]>;
}

/**
 * Opens each chain once, when it is first asked for. A chain that is not known is looked for in the table again, so that a process sees what
 * was installed after it began; one that could not be opened is tried again.
 */
export function openedChains<Opened>(
  founding: FoundingStore,
  open: (installed: InstalledChain, isMain: boolean) => Promise<Opened>,
): OpenedChains<Opened> {
  const opened = new Map<string, Promise<Opened>>();
  let installed: readonly InstalledChain[] = [];

  function ensureOpen(one: InstalledChain): Promise<Opened> {
    const known = opened.get(one.chain);
    if (known !== undefined) return known;
    const opening = open(one, one === installed[0]).catch((cause: unknown) => {
      opened.delete(one.chain);
      throw cause;
    });
    opened.set(one.chain, opening);
    return opening;
  }
  function find(chain: string): InstalledChain | undefined {
    return chain === "main" ? installed[0] : installed.find((one) => one.chain === chain);
  }

  return {
    async of(chain) {
      if (find(chain) === undefined) installed = await founding.chains();
      const found = find(chain);
      return found === undefined ? undefined : ensureOpen(found);
    },
    async all() {
      installed = await founding.chains();
      return Promise.all(installed.map(ensureOpen));
    },
  };
}
