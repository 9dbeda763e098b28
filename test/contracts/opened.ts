import { createHash } from "node:crypto";
import type { FaultCode } from "@vermilion/node/fault";
import { expect } from "vitest";
import type { WriteFaults } from "../support/memory/index.ts";

/** What a contract suite needs of an adapter: the port over an empty store, the same store opened again, and command over its faults. */
export interface Opened<Port> {
  readonly port: Port;
  /** The port as a process finds it that starts after this one. */
  reopen(): Promise<Port>;
  close(): Promise<void>;
  readonly faults: WriteFaults;
}

export type Open<Port> = () => Promise<Opened<Port>>;

/** The same for a port of one chain: the store holds two. */
interface OpenedChain<Port> extends Opened<Port> {
  /** The port of the other chain. */
  otherChain(): Promise<Port>;
}

export type OpenChain<Port> = () => Promise<OpenedChain<Port>>;

/** Ids of the two chains of a store. */
export const testChains = ["a1".repeat(32), "b2".repeat(32)] as const;

/** Runs a test body over a fresh store and closes the store whatever happens. */
export function over<Port, In extends Opened<Port>>(
  open: () => Promise<In>,
  body: (port: In["port"], opened: In) => Promise<void>,
): () => Promise<void> {
  return async () => {
    const opened = await open();
    try {
      await body(opened.port, opened);
    } finally {
      await opened.close();
    }
  };
}

export async function expectFault(work: Promise<unknown>, code: FaultCode): Promise<void> {
  await expect(work).rejects.toMatchObject({ name: "Fault", code });
}

/** Broken contracts are bugs: an assertion, never a `Fault` that a caller might wait out. */
export async function expectBug(work: () => Promise<unknown>, message: RegExp): Promise<void> {
  const error = await work().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Error);
  expect((error as Error).name).toBe("Error");
  expect((error as Error).message).toMatch(/^bug: /);
  expect((error as Error).message).toMatch(message);
}

/** Repeats `work` until it does not fail: how a caller gets over writes that may or may not have happened. */
export async function untilDone<T>(work: () => Promise<T>, attemptsMax = 400): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === attemptsMax || (error as { name?: string }).name !== "Fault") throw error;
    }
  }
}

/** `toEqual` where byte arrays are compared by length and hash: megabytes one by one take minutes. */
export function expectSame(actual: unknown, expected: unknown): void {
  expect(shortened(actual)).toEqual(shortened(expected));
}

function shortened(value: unknown): unknown {
  if (value instanceof Uint8Array) return `${value.length} bytes ${createHash("sha256").update(value).digest("hex")}`;
  if (Array.isArray(value)) return value.map(shortened);
  if (typeof value !== "object" || value === null || value instanceof Map) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, shortened(member)]));
}
