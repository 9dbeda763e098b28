import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      { test: { name: "fast", include: ["test/**/*.test.ts"], exclude: ["test/**/*.slow.test.ts"] } },
      { test: { name: "slow", include: ["test/**/*.slow.test.ts"], testTimeout: 300_000, hookTimeout: 120_000 } },
    ],
  },
});
