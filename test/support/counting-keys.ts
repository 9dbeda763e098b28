import type { Keys } from "@vermilion/node/ports/index";

/** A member's keys by name: what the stack makes of each is one key of KMS. */
export type KeyName = "sign" | "log" | "cosign" | "agree" | "wrap";

type Counts = Readonly<Partial<Record<KeyName, number>>>;

export interface CountingKeys {
  readonly keys: Keys;
  /** Calls by key, since the last time that it was asked. Keys that were not used are not there. */
  taken(): { readonly calls: Counts /** Calls without those that asked for what had been asked for before. */; readonly different: Counts };
}

/** Counts what KMS would be asked for. */
export function countingKeys(inner: Keys): CountingKeys {
  let asked: { readonly name: KeyName; readonly what: string }[] = [];
  const counted = <Given extends readonly unknown[], Answer>(name: KeyName, call: string, use: (...given: Given) => Answer) => {
    return (...given: Given): Answer => {
      const [what] = given;
      asked.push({ name, what: `${call} ${what instanceof Uint8Array ? Buffer.from(what).toString("hex") : JSON.stringify(what)}` });
      return use(...given);
    };
  };
  return {
    keys: {
      public: inner.public,
      sign: counted("sign", "sign", inner.sign),
      signLog: counted("log", "sign", inner.signLog),
      cosign: counted("cosign", "sign", inner.cosign),
      deriveSharedSecret: counted("agree", "derive", inner.deriveSharedSecret),
      wrap: counted("wrap", "wrap", inner.wrap),
      unwrap: counted("wrap", "unwrap", inner.unwrap),
    },
    taken() {
      const calls = tally(asked.map(({ name }) => name));
      const different = tally([...new Map(asked.map(({ name, what }) => [`${name} ${what}`, name])).values()]);
      asked = [];
      return { calls, different };
    },
  };
}

function tally(names: readonly KeyName[]): Counts {
  const counts: Partial<Record<KeyName, number>> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
