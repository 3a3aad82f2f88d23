/** One set-up at a time, also when a holder died, was stopped, or left something that is no lock. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { withLock } from "./lock-file.mjs";
import { hammer } from "./lock-hammer.mjs";

const folder = mkdtempSync(join(tmpdir(), "lock-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Another process that takes the lock and keeps it. @param {string} path */
async function holdElsewhere(path) {
  const script = `
    const { withLock } = await import(${JSON.stringify(fileURLToPath(new URL("lock-file.mjs", import.meta.url)))});
    await withLock(${JSON.stringify(path)}, () => new Promise((resolve) => {
      process.once("SIGTERM", resolve);
      setInterval(() => {}, 1_000_000).unref();
      process.stdin.resume().once("end", resolve);
      console.log("in");
    }));
    process.exit();`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["pipe", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return child;
}

test("two that want the same lock go one after the other, and the second is told", async () => {
  const path = join(folder, "busy.lock");
  /** @type {(string | number | null)[]} */
  const order = [];
  const entered = Promise.withResolvers();
  const release = Promise.withResolvers();
  const first = withLock(path, async () => {
    order.push("first in");
    entered.resolve(undefined);
    await release.promise;
    order.push("first out");
  });
  await entered.promise;
  const second = withLock(
    path,
    async () => order.push("second in"),
    (holder) => {
      order.push("second waits for", holder);
      release.resolve(undefined);
    },
  );
  await Promise.all([first, second]);
  expect(order).toEqual(["first in", "second waits for", process.pid, "first out", "second in"]);
});

/** @param {string} path */
function leaveFile(path) {
  mkdirSync(path);
  writeFileSync(join(path, "12-0123456789ab"), "");
}

/** Remains of killed processes, other versions and other programs in the lock's place. @type {[string, (path: string) => void][]} */
const LEFT = [
  ["a file with the number of a dead process", (path) => writeFileSync(path, "4194304")],
  ["a file with the number of a living process that never asked for it", (path) => writeFileSync(path, String(process.pid))],
  ["an empty file", (path) => writeFileSync(path, "")],
  ["a file with half a number and what is none", (path) => writeFileSync(path, "41\0garbage\n")],
  ["an empty folder", (path) => mkdirSync(path)],
  ["a folder with a file in it", leaveFile],
];
for (const [what, leave] of LEFT) {
  test(`${what} is no lock: it is taken over, by one at a time`, async () => {
    const path = join(folder, `left-${LEFT.findIndex(([name]) => name === what)}.lock`);
    leave(path);
    let inside = 0;
    let most = 0;
    let stays = 0;
    const work = async () => {
      inside += 1;
      stays += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    };
    await Promise.all([withLock(path, work), withLock(path, work), withLock(path, work)]);
    expect({ most, stays }).toEqual({ most: 1, stays: 3 });
  });
}

test("the lock of a process that is killed goes to the one that waits", async () => {
  const path = join(folder, "killed.lock");
  const holder = await holdElsewhere(path);
  const told = Promise.withResolvers();
  const mine = withLock(path, async () => "mine", told.resolve);
  expect(await told.promise).toBe(holder.pid);
  holder.kill("SIGKILL");
  expect(await mine).toBe("mine");
  if (holder.exitCode === null && holder.signalCode === null) await once(holder, "exit");
});

test("a process that stands still keeps its lock, and gives it back when it goes on", async () => {
  const path = join(folder, "stopped.lock");
  const holder = await holdElsewhere(path);
  holder.kill("SIGSTOP");
  /** @type {string[]} */
  const order = [];
  const told = Promise.withResolvers();
  const mine = withLock(path, async () => order.push("mine"), told.resolve);
  await told.promise;
  // A third one finds the same holder, which proves that the second did not take it meanwhile.
  const again = Promise.withResolvers();
  const third = withLock(path, async () => {}, again.resolve);
  expect(await again.promise).toBe(holder.pid);
  order.push("goes on");
  holder.kill("SIGCONT");
  holder.kill("SIGTERM");
  await Promise.all([mine, third, once(holder, "exit")]);
  expect(order).toEqual(["goes on", "mine"]);
});

test("work that throws gives the lock back, and nothing is left of it", async () => {
  const path = join(folder, "own", "throws.lock");
  await expect(withLock(path, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await withLock(path, async () => "again")).toBe("again");
  expect(readdirSync(join(folder, "own"))).toEqual([]);
});

test("a folder whose path is longer than a socket's address may be is locked like any other", async () => {
  const path = join(folder, "long-".repeat(30), "ö".repeat(60), "deep.lock");
  await withLock(path, async () => {
    const told = Promise.withResolvers();
    const second = withLock(path, async () => "second", told.resolve);
    expect(await told.promise).toBe(process.pid);
    return { second };
  }).then(async ({ second }) => expect(await second).toBe("second"));
});

test("the remains of a process that was killed while it took the lock are removed a minute later, and nothing else is", async () => {
  const own = join(folder, "swept");
  const old = join(own, "a.lock.12-0123456789ab");
  for (const path of [old, join(own, "a.lock.13-0123456789ab"), join(own, "a.lock.old")]) mkdirSync(path, { recursive: true });
  for (const name of readdirSync(own)) if (!name.includes(".13-")) utimesSync(join(own, name), new Date(0), new Date(0));
  await withLock(join(own, "a.lock"), async () => {});
  expect(readdirSync(own)).toEqual(["a.lock.13-0123456789ab", "a.lock.old"]);
});

test("six processes over a file that was left, some killed inside: never two are in, and each gets in", async () => {
  const path = join(folder, "hammered.lock");
  writeFileSync(path, "4194304");
  const { stays, kills, troubles } = await hammer({ path, processes: 6, times: 10, killed: 0.05 });
  expect(troubles).toEqual([]);
  expect(stays).toBeGreaterThanOrEqual((6 - kills) * 10);
});
