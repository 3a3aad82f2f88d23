/** Ends that are noted beside the notes of the state, on a disk that may hold anything. */
import { appendFile, mkdtemp, readdir, rm, stat, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EndLine } from "@linkup-queue/queue";
import { fromNow } from "@linkup-queue/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openEndsJournal } from "./ends-journal.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ends-journal-"));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const open = async (worker: string, keyId = "default") =>
  await openEndsJournal({
    folder,
    keyId,
    worker,
    onError: (error) => {
      throw error;
    },
  });
const line = (n: number): EndLine => ({ v: 1, queue: "messages", id: `job-${n}`, madeAtMs: n, became: "untold" });
const file = (name: string) => join(folder, name);

test("lines are found by the next worker of the same key, and by no other key's", async () => {
  const first = await open("w");
  expect(first.found).toEqual([]);
  for (let n = 0; n < 5; n++) first.note(line(n));
  await first.close();
  expect((await open("next")).found).toEqual([0, 1, 2, 3, 4].map(line));
  expect((await open("next", "other")).found).toEqual([]);
  expect((await open("next", "defaul")).found).toEqual([]);
});

test("of several workers the lines of the one that wrote last come last", async () => {
  for (const [n, worker] of ["b", "c", "a"].entries()) {
    const journal = await open(worker);
    journal.note(line(n));
    await journal.close();
    const at = fromNow(n * 1_000 - 60_000);
    await utimes(file(`linkup-ends.default.${worker}.ndjson`), at, at);
  }
  expect((await open("next")).found).toEqual([0, 1, 2].map(line));
});

test("a file is for its user alone", async () => {
  const journal = await open("w");
  journal.note(line(1));
  await journal.close();
  expect((await stat(file("linkup-ends.default.w.ndjson"))).mode & 0o777).toBe(0o600);
});

test("a line that was cut off, or that is none, tells nothing, and the others are read", async () => {
  const journal = await open("w");
  journal.note(line(1));
  await journal.close();
  await appendFile(file("linkup-ends.default.w.ndjson"), `null\n{"v":2}\n${JSON.stringify(line(2))}\n{"v":1,"que`);
  expect((await open("next")).found).toEqual([line(1), line(2)]);
});

test("a full file begins anew, and of the files before it the latest is kept", async () => {
  const journal = await open("w");
  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < 10_000; n++) journal.note(line(round));
    await journal.close();
  }
  journal.note(line(9));
  await journal.close();
  expect((await readdir(folder)).sort()).toEqual(["linkup-ends.default.w.before.ndjson", "linkup-ends.default.w.ndjson"]);
  const { found } = await open("next");
  expect(found).toHaveLength(10_001);
  expect(found[0]).toEqual(line(2));
  expect(found.at(-1)).toEqual(line(9));
});

test("a file that nobody has written to for a day is removed by the next worker", async () => {
  const journal = await open("gone");
  journal.note(line(1));
  await journal.close();
  const old = fromNow(-86_401_000);
  await utimes(file("linkup-ends.default.gone.ndjson"), old, old);
  expect((await open("next")).found).toEqual([]);
  expect(await readdir(folder)).toEqual([]);
});
