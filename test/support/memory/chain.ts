/** The chain of a test that has one alone. */
export const memoryChain = "c".repeat(64);
