/** The lists of words that the api's description closes: the scripts write no other. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CAMPAIGN_REASONS, KEY_REASONS } from "../src/index.ts";

const SRC = join(import.meta.dirname, "../src");
const LUA = globSync("**/*.lua", { cwd: SRC }).map((file) => readFileSync(join(SRC, file), "utf8"));

function wordsOf(pattern: RegExp): string[] {
  return [...new Set(LUA.flatMap((text) => [...text.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? "")))].sort();
}

test("a campaign is changed for no reason that is not in the list, and each of the list's is used", () => {
  expect(wordsOf(/campaign_life\.change\([^()]*(?:\([^()]*\))?[^()]*, '(\w*)'\)/g)).toEqual([...CAMPAIGN_REASONS].sort());
});

test("the key is cooled or stopped for no reason that is not in the list", () => {
  const written = wordsOf(/\bput\('(?:cooling|stopped)', '(\w+)'|api_key\.put\('reason', '(\w*)'\)/g);
  const told = ["fresh_state", "state_lost"];
  expect([...written, ...told].sort()).toEqual([...KEY_REASONS].sort());
});
