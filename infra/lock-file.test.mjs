/** One set-up at a time, also when a holder died. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { withLock } from "./lock-file.mjs";

const folder = mkdtempSync(join(tmpdir(), "lock-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

test("two that want the same lock go one after the other, and the second is told", async () => {
  const path = join(folder, "busy.lock");
  /** @type {string[]} */
  const order = [];
  const release = Promise.withResolvers();
  const first = withLock(path, async () => {
    order.push("first in");
    await release.promise;
    order.push("first out");
  });
  const second = withLock(
    path,
    async () => order.push("second in"),
    () => {
      order.push("second waits");
      release.resolve(undefined);
    },
  );
  await Promise.all([first, second]);
  expect(order).toEqual(["first in", "second waits", "first out", "second in"]);
});

test("the lock of a process that died is taken over, by one at a time", async () => {
  const path = join(folder, "dead.lock");
  const dead = spawn("true");
  await once(dead, "exit");
  writeFileSync(path, String(dead.pid));
  let inside = 0;
  let most = 0;
  const work = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
  };
  await Promise.all([withLock(path, work), withLock(path, work), withLock(path, work)]);
  expect(most).toBe(1);
});

test("work that throws gives the lock back", async () => {
  const path = join(folder, "throws.lock");
  await expect(withLock(path, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await withLock(path, async () => "again")).toBe("again");
});
