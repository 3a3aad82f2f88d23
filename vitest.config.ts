/** How tests run: beside the files and in `tests` folders of each workspace, two files at a time, each file in a process of its own. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{apps,packages}/*/{src,tests}/**/*.test.ts", "infra/*.test.mjs"],
    setupFiles: ["./packages/testkit/src/assert-nothing-left.ts"],
    pool: "forks",
    isolate: true,
    fileParallelism: true,
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    passWithNoTests: false,
    // A test that was left focused would hide all others.
    allowOnly: false,
  },
});
