import type { RecordKeys } from "@vermilion/member/ports/index";

/** Ports that a function was not given: using one is a bug. */
function absent<Port extends object>(name: string): Port {
  return new Proxy({} as Port, {
    get: () => {
      throw new Error(`bug: this function was not given ${name}`);
    },
  });
}

/** For functions that read the ledger and nothing else. */
export const nothing = { recordKeys: absent<RecordKeys>("record keys") } as const;
