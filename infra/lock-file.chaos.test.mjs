/** The lock under many processes and many kills, round after round over what the last ones left. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { hammer } from "./lock-hammer.mjs";

const folder = mkdtempSync(join(tmpdir(), "lock-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

test("twenty-five rounds of eight processes over a file that was left: never two are in, and none waits for ever", async () => {
  for (let round = 0; round < 25; round++) {
    const path = join(folder, `${round}.lock`);
    writeFileSync(path, "4194304");
    // All at the same moment for the file that was left: one stay each.
    expect(await hammer({ path, processes: 8, times: 1, killed: 0 })).toEqual({ stays: 8, kills: 0, troubles: [] });
  }
});

test("ten rounds of eight processes that are killed inside again and again: never two are in, and none waits for ever", async () => {
  const path = join(folder, "killed.lock");
  let kills = 0;
  for (let round = 0; round < 10; round++) {
    const run = await hammer({ path, processes: 8, times: 25, killed: 0.03 });
    expect(run.troubles).toEqual([]);
    kills += run.kills;
  }
  expect(kills).toBeGreaterThan(10);
});
