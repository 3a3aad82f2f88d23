/** Notes of the state in Redis, on a disk that may hold anything. */
import { chmod, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openStateNotes } from "./state-notes.ts";

const SEEN = { line: "worker-1:1", marks: 7, beats: 3 };

let folder: string;
let warned: object[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "state-notes-"));
  warned = [];
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const openNotes = async ({ worker = "w", keyId = "default", at = folder } = {}) =>
  await openStateNotes({ folder: at, keyId, worker, log: { warn: (facts: object) => warned.push(facts) } });
const files = async () => (await readdir(folder)).sort();

test("a note is found by the next worker of the same key, and by no other key's", async () => {
  const first = await openNotes();
  expect(first.found).toEqual([]);
  await first.write({ ...SEEN, marks: 6 });
  await first.write(SEEN);
  expect((await openNotes({ worker: "next" })).found).toEqual([SEEN]);
  expect((await openNotes({ keyId: "other" })).found).toEqual([]);
  expect((await openNotes({ keyId: "defaul" })).found).toEqual([]);
  expect(warned).toEqual([]);
});

test("a note is for its user alone, and nothing is left beside it", async () => {
  await (await openNotes()).write(SEEN);
  expect(await files()).toEqual(["linkup-state.default.w.json"]);
  expect((await stat(join(folder, "linkup-state.default.w.json"))).mode & 0o777).toBe(0o600);
});

test("a folder that is not there is made", async () => {
  const at = join(folder, "deep", "state");
  await (await openNotes({ at })).write(SEEN);
  expect((await openNotes({ at })).found).toEqual([SEEN]);
});

test.each([
  ["half a note", '{"v":1,"keyId":"default","li'],
  ["an empty file", ""],
  ["another form", JSON.stringify({ v: 2, keyId: "default", ...SEEN })],
  ["a count that is none", JSON.stringify({ v: 1, keyId: "default", ...SEEN, marks: -1 })],
  ["another key's note under this key's name", JSON.stringify({ v: 1, keyId: "other", ...SEEN })],
])("%s is told, tells nothing, and hides no other note", async (_what, text) => {
  await (await openNotes()).write(SEEN);
  const file = join(folder, "linkup-state.default.damaged.json");
  await writeFile(file, text);
  expect((await openNotes({ worker: "next" })).found).toEqual([SEEN]);
  expect(warned).toEqual([{ file }]);
  expect(await readFile(file, "utf8")).toBe(text);
});

test("a draft that a crash left is no note", async () => {
  await writeFile(join(folder, "linkup-state.default.w.json.draft"), "{");
  expect((await openNotes()).found).toEqual([]);
  expect(warned).toEqual([]);
});

test("a note that nobody has written for a day goes once another holds what it says; a later one stays", async () => {
  await (await openNotes({ worker: "gone" })).write(SEEN);
  await (await openNotes({ worker: "alive" })).write(SEEN);
  const old = new Date("2020-01-01T00:00:00Z");
  await utimes(join(folder, "linkup-state.default.gone.json"), old, old);
  const next = await openNotes({ worker: "next" });
  expect(await files()).toHaveLength(2);
  await next.write(SEEN);
  expect(await files()).toEqual(["linkup-state.default.alive.json", "linkup-state.default.next.json"]);
});

test("a place where no folder can be is refused in a sentence that names the setting", async () => {
  const file = join(folder, "file");
  await writeFile(file, "");
  const refused = { code: "configuration_invalid", message: expect.stringMatching(/^LINKUP_STATE_DIR: .*file/) };
  await expect(openNotes({ at: file })).rejects.toMatchObject(refused);
  await expect(openNotes({ at: join(file, "below") })).rejects.toMatchObject(refused);
});

test("a folder that this user may not write to is refused", async ({ skip, task }) => {
  if (process.getuid?.() === 0) {
    task.meta.whySkipped = "root may write to every folder";
    skip(task.meta.whySkipped);
  }
  await chmod(folder, 0o500);
  await expect(openNotes()).rejects.toMatchObject({ code: "configuration_invalid" });
});
