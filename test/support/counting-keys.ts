import type { Keys } from "@vermilion/member/ports/index";

/** A member's keys by name: what the stack makes of each is one key of KMS. */
export type KeyName = "sign" | "log" | "cosign" | "agree" | "wrap";

export interface CountingKeys {
  readonly keys: Keys;
  /** Calls by key, since the last time that it was asked. Keys that were not used are not there. */
  taken(): Readonly<Partial<Record<KeyName, number>>>;
}

/** Counts what KMS would be asked for. */
export function countingKeys(inner: Keys): CountingKeys {
  let counts: Partial<Record<KeyName, number>> = {};
  const counted = <Given extends readonly unknown[], Answer>(name: KeyName, use: (...given: Given) => Answer) => {
    return (...given: Given): Answer => {
      counts[name] = (counts[name] ?? 0) + 1;
      return use(...given);
    };
  };
  return {
    keys: {
      public: inner.public,
      sign: counted("sign", inner.sign),
      signLog: counted("log", inner.signLog),
      cosign: counted("cosign", inner.cosign),
      deriveSharedSecret: counted("agree", inner.deriveSharedSecret),
      wrap: counted("wrap", inner.wrap),
      unwrap: counted("wrap", inner.unwrap),
    },
    taken() {
      const taken = counts;
      counts = {};
      return taken;
    },
  };
}
