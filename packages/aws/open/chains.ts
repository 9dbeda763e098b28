import type { Clock } from "@vermilion/node/ports/index";
import type { FoundingStore, InstalledChain } from "../founding/store.ts";

/** The chains of a member as a process has opened them. */
export interface OpenedChains<Opened> {
  /** `chain`: its id, or `main`. Undefined where it is not installed, or no chain is. */
  of(chain: string): Promise<Opened | undefined>;
}

/** One that is not known is looked for so often at most, ms: anybody may ask for any. The main one is looked for at each call. */
const lookAgainMs = 5_000;

/**
 * Opens each chain once, when it is first asked for. One that is not known is looked for in the table again, so that a process sees what was
 * installed after it began; one that could not be opened is tried again.
 */
export function openedChains<Opened>(
  founding: Pick<FoundingStore, "chains">,
  clock: Pick<Clock, "now">,
  open: (installed: InstalledChain, isMain: boolean) => Promise<Opened>,
): OpenedChains<Opened> {
  const opened = new Map<string, Promise<Opened>>();
  let installed: readonly InstalledChain[] = [];
  let lookedAt = Number.NEGATIVE_INFINITY;

  async function find(chain: string): Promise<InstalledChain | undefined> {
    const look = () => (chain === "main" ? installed[0] : installed.find((one) => one.chain === chain));
    const now = clock.now();
    if (look() === undefined && (chain === "main" || Math.abs(now - lookedAt) >= lookAgainMs)) {
      lookedAt = now;
      installed = await founding.chains();
    }
    return look();
  }

  return {
    async of(chain) {
      const found = await find(chain);
      if (found === undefined) return undefined;
      const known = opened.get(found.chain);
      if (known !== undefined) return known;
      const opening = open(found, found === installed[0]).catch((cause: unknown) => {
        opened.delete(found.chain);
        throw cause;
      });
      opened.set(found.chain, opening);
      return opening;
    },
  };
}

const chainPath = /^\/(?:v1|peer\/v1)\/chains\/([0-9a-f]{64})\//;

/** The chain that the path of a call names, where it names one by its id. */
export function chainOfPath(pathname: string): string {
  return chainPath.exec(pathname)?.[1] ?? "main";
}
