/** `npm run check`: what can be said about the source without running it. One line and a time for each part; a failed part says what to do. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { findClockProblems } from "./check-clocks.mjs";
import { findImportProblems } from "./check-imports.mjs";
import { findWordProblems } from "./check-words.mjs";
import { captureChild, ROOT, secondsSince } from "./child.mjs";

/** @typedef {{ name: string, remedy: string, runsTests?: boolean, run: () => Promise<{ status: number, text: string }> }} Part */

/** The tests that compare pages with the code they tell of. None of them needs a Redis. */
const DOCS_TESTS = [
  "infra/docs.test.mjs",
  "infra/generated-docs.test.mjs",
  "infra/named-tests.test.mjs",
  "packages/queue/tests/lua.test.ts",
  "packages/linkup/src/v1/answers-page.test.ts",
  "packages/contracts/src/settings/settings.test.ts",
  "apps/sandbox/tests/docs.test.ts",
];

/** The linter asks nobody whether it is new, and tells nobody that it ran. */
const OFFLINE = { REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" };

/** @type {Part[]} */
const PARTS = [
  {
    name: "format and lint",
    remedy: "npx biome check --write . repairs what can be repaired",
    run: () => captureChild("biome", ["check", "--error-on-warnings", "--colors=off", "--max-diagnostics=50", "."]),
  },
  { name: "types", remedy: "correct the types; an editor shows the same", run: checkTypes },
  {
    name: "dependencies between workspaces",
    remedy: "the allowed ones are in infra/rooms.mjs, and turbo.json says the same",
    run: () => captureChild("turbo", ["boundaries", "--no-color"]),
  },
  {
    name: "rooms",
    remedy: "who may use what is in infra/rooms.mjs",
    run: async () => {
      const problems = findImportProblems(ROOT);
      return { status: problems.length === 0 ? 0 : 1, text: problems.join("\n") };
    },
  },
  {
    name: "clocks of tests",
    remedy:
      "start at START_MS, or where a suite turns on days at each of STARTS; a system that runs in real time is given fromNow(ms); all of @linkup-queue/testkit",
    run: async () => {
      const problems = findClockProblems(ROOT);
      return { status: problems.length === 0 ? 0 : 1, text: problems.join("\n") };
    },
  },
  {
    name: "words",
    remedy: "begin the sentence with its noun: The accounts that ..., not Those that ...",
    run: async () => {
      const problems = findWordProblems(ROOT);
      return { status: problems.length === 0 ? 0 : 1, text: problems.join("\n") };
    },
  },
  {
    name: "description of the api",
    remedy: "correct the routes' schemas and rows, then npm run docs: docs/openapi.json is made from them",
    run: () => captureChild("redocly", ["lint", "--config", "redocly.yaml", "--format", "stylish", "docs/openapi.json"], OFFLINE),
  },
  {
    name: "dead code",
    remedy: "remove what is unused, or name a new entry in knip.json",
    run: () => captureChild("knip", ["--no-progress", "--no-config-hints"]),
  },
  {
    name: "docs in step",
    runsTests: true,
    remedy: "npm run docs writes the pages that are made from the code; repair links and examples in the others by hand",
    run: () => captureChild("vitest", ["run", "--reporter=dot", ...DOCS_TESTS], { NO_COLOR: "1" }),
  },
];

/**
 * Runs all parts, also after a failed one.
 * @param {{ withTests?: boolean }} [options] `withTests`: also the part that runs tests; false where all tests are run afterwards.
 * @returns {Promise<number>} 0 when all passed.
 */
export async function check({ withTests = true } = {}) {
  let failures = 0;
  for (const part of PARTS) {
    if (part.runsTests === true && !withTests) continue;
    const started = performance.now();
    const { status, text } = await part.run();
    console.log(`${status === 0 ? "ok    " : "FAILED"} ${part.name} (${secondsSince(started)})`);
    if (status === 0) continue;
    failures += 1;
    console.log(`${text.trim()}\n-> ${part.remedy}\n`);
  }
  return failures === 0 ? 0 : 1;
}

/** The compiler over each workspace, two at a time. */
async function checkTypes() {
  const projects = ["apps", "packages", "."].flatMap((parent) =>
    readdirSync(join(ROOT, parent), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(join(ROOT, parent, entry.name, "tsconfig.json")))
      .map((entry) => join(parent, entry.name)),
  );
  /** @type {string[]} */
  const failed = [];
  const next = async () => {
    for (let project = projects.shift(); project !== undefined; project = projects.shift()) {
      const { status, text } = await captureChild("tsc", ["-p", project, "--pretty", "false"]);
      if (status !== 0) failed.push(`${project}\n${text}`);
    }
  };
  await Promise.all([next(), next()]);
  return { status: failed.length === 0 ? 0 : 1, text: failed.join("\n") };
}
