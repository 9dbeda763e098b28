import type { Files, RecordKeys } from "@vermilion/member/ports/index";

/** Ports that a function was not given: using one is a bug. */
function absent<Port extends object>(name: string, known: Partial<Port> = {}): Port {
  return new Proxy(known as Port, {
    get: (target, property) => {
      if (Object.hasOwn(target, property)) return Reflect.get(target, property);
      throw new Error(`bug: this function was not given ${name}`);
    },
  });
}

/** For functions that hold no files. Chunks go by links of S3 on this platform, so that the API's own route gives none. */
export const noFiles = absent<Files>("files", { hasLinks: true });

/** For functions that read the ledger and nothing else. */
export const nothing = { recordKeys: absent<RecordKeys>("record keys"), files: noFiles } as const;
