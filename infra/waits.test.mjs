/** Tests await a signal, or poll by the one helper with its generous deadline: what sleeps for a time of its own fails on a busy machine. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./child.mjs";

/** Pauses that are part of what is tested, and wait for nothing. @type {Record<string, string>} */
const PAUSES = {
  "apps/api/tests/campaign-load-main.ts": "asks at its own pace beside an upload",
  "apps/api/tests/console.browser.test.ts": "a script that comes late",
  "apps/worker/tests/campaigns.chaos.test.ts": "an upload that trickles",
  "apps/worker/tests/webhooks.chaos.test.ts": "a receiver that is slow",
};
const POLL = /\b(?:setTimeout(?: as \w+)?\b(?!\()|setTimeout\(|sleep\(|expect\.poll|vi\.waitFor|vi\.waitUntil)/;

test("no test and no fixture polls or sleeps in a way of its own", () => {
  const files = globSync("{apps,packages}/*/{src/**/*.test.ts,tests/**/*.ts}", { cwd: ROOT }).sort();
  expect(files.length).toBeGreaterThan(100);
  const polling = files.filter((file) => POLL.test(readFileSync(join(ROOT, file), "utf8").replace(/\/\/.*$/gm, "")));
  expect(polling).toEqual(Object.keys(PAUSES).sort());
});
