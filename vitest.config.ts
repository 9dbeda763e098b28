import { defineConfig } from "vitest/config";

const reportFile = process.env["VITEST_JSON"];

/**
 * `fast` is what `npm run check` runs; `slow` starts processes, kills them, simulates at length. `npm test` runs both. `aws` needs emulated
 * AWS, which it installs itself: `npm run test:aws`.
 */
export default defineConfig({
  test: {
    reporters: reportFile === undefined ? ["default"] : ["default", ["json", { outputFile: reportFile }]],
    projects: [
      {
        test: {
          name: "fast",
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.slow.test.ts", "test/**/*.aws.test.ts"],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "slow",
          include: ["test/**/*.slow.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          // They start whole consortia: one file at a time leaves each the computer it needs.
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "aws",
          include: ["test/**/*.aws.test.ts"],
          testTimeout: 300_000,
          // The first start installs the emulator.
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
