/**
 * How tests run: beside the files and in `tests` folders of each workspace, three files at a time (most wait for what they watch), each file in a process of its own.
 * A file says by its name that it is long: `*.chaos.test.ts` (faults, kill after kill) and `*.long.test.ts`. `npm test` runs the others,
 * `npm run test:long` those.
 */
import { defineConfig } from "vitest/config";

const LONG = ["{apps,packages}/*/{src,tests}/**/*.{chaos,long}.test.ts", "infra/*.{chaos,long}.test.mjs"];

export default defineConfig({
  test: {
    setupFiles: ["./packages/testkit/src/suite/assert-nothing-left.ts", "./packages/testkit/src/suite/tell-limit.ts"],
    pool: "forks",
    isolate: true,
    fileParallelism: true,
    maxWorkers: 3,
    // Limits are for tests that hang, and no measure of speed: a wait of its own (`waitFor`) gives up first and says what for.
    hookTimeout: 180_000,
    teardownTimeout: 10_000,
    passWithNoTests: false,
    // A test that was left focused would hide all others.
    allowOnly: false,
    projects: [
      {
        extends: true,
        test: {
          name: "short",
          include: ["{apps,packages}/*/{src,tests}/**/*.test.ts", "infra/*.test.mjs"],
          exclude: LONG,
          testTimeout: 120_000,
        },
      },
      { extends: true, test: { name: "long", include: LONG, testTimeout: 600_000 } },
    ],
  },
});
