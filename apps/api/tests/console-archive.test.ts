/** One person's history in the console where an archive is set up: each job once, however far back; and while the archive is away. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openArchive } from "@linkup-queue/archive";
import { type Outcome, personKey } from "@linkup-queue/contracts";
import { waitFor } from "@linkup-queue/testkit";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type SignedIn, signInToConsole } from "./console-signed-in.ts";
import { type ConsoleSystem, startConsoleSystem } from "./console-system.ts";
import { startTestApi } from "./fixture.ts";

const START = Date.parse("2026-01-10T10:00:00.000Z");
const OLD = 60;
const address = (number: number) => `https://www.linkedin.com/in/person-${number}`;

let folder: string;
let system: ConsoleSystem;
let viewer: SignedIn;
let recent: Outcome;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "linkup-console-archive-"));
  system = await startConsoleSystem({ archive: { kind: "sqlite", path: join(folder, "archive.db") } });
  viewer = await signInToConsole(system.api.api.url, "viewer");
  const jobId = await system.add("ada", 301);
  await system.outcomeOf(jobId);
  recent = (await system.api.as("viewer").getJob({ jobId })).outcome as Outcome;
  const archive = openArchive({ kind: "sqlite", path: join(folder, "archive.db") }, { keyId: system.api.settings.keyId });
  // The worker makes the tables, and has put it there as well.
  await waitFor(async () => (await archive.byPerson(personKey(address(301)), { limit: 10 }).catch(() => ({ items: [] }))).items.length, {
    what: "the outcome in the archive",
    until: (count) => count === 1,
  });
  const old = Array.from({ length: OLD }, (_one, n) => ({
    ...recent,
    outcomeId: `o-old-${n}`,
    jobId: `old-${n}`,
    finishedAt: new Date(START + n * 60_000).toISOString(),
  }));
  await archive.append(old.map((outcome) => ({ outcome, about: [personKey(address(301))] })));
  await archive.close();
});
afterAll(async () => {
  await system.close();
  await rm(folder, { recursive: true });
});

const jobsIn = (text: string) => [...text.matchAll(/data-label="job"><a href="[^"]+">([^<]+)</g)].map(([, id]) => id);

test("outcomes that Redis has come first, then those that the archive alone has, a page at a time, and it is told how far back that reaches", async () => {
  const { status, text } = await viewer.send("find-person", { url: address(301) });
  expect(status).toBe(200);
  expect(jobsIn(text)).toEqual([recent.jobId, ...Array.from({ length: 50 }, (_one, n) => `old-${OLD - 1 - n}`)]);
  expect(text).toMatch(/the archive reaches back to <time datetime="2026-01-10T10:00:00.000Z"/);
  const archived = /name="archived" value="([^"]+)"/.exec(text)?.[1] ?? "";
  const more = await viewer.send("find-person", { url: address(301), archived });
  expect(jobsIn(more.text)).toEqual(Array.from({ length: OLD - 50 }, (_one, n) => `old-${OLD - 51 - n}`));
  expect(more.text).not.toContain("Look on in the archive");
  const refused = await viewer.send("find-person", { url: address(301), archived: "no place" });
  expect(refused.status).toBe(400);
});

test("the table of a person has all of it, each job once", async () => {
  const { status, text } = await viewer.send("download-person", { url: address(301) });
  expect(status).toBe(200);
  const rows = parse(text, { columns: true }) as { jobId: string }[];
  expect(rows.map(({ jobId }) => jobId)).toEqual([recent.jobId, ...Array.from({ length: OLD }, (_one, n) => `old-${OLD - 1 - n}`)]);
});

test("somebody who is named by a recipientId is told that the archive is not asked for them", async () => {
  const { text } = await viewer.send("find-person", { url: "crm 17" });
  expect(text).toContain("is asked by address or profile id alone");
});

test("an archive that is away leaves the page readable and is told; half a table is not handed out; without one it says how far back Redis reaches", async () => {
  const away = await startTestApi({ fresh: true, settings: { archive: { kind: "sqlite", path: join(folder, "none/archive.db") } } });
  try {
    const producer = await signInToConsole(away.api.url, "producer");
    const page = await producer.send("find-person", { url: address(301) });
    expect(page.status).toBe(200);
    expect(page.text).toContain("The archive does not answer now");
    expect(page.text).toContain("What the list has of them");
    expect((await producer.send("download-person", { url: address(301) })).status).toBe(503);
    expect(away.logged()).toContain("the archive does not answer the console");
    expect(away.logged()).not.toMatch(/person-301/i);
  } finally {
    await away.close();
  }
  const without = await startTestApi({ fresh: true });
  try {
    const producer = await signInToConsole(without.api.url, "producer");
    const { text } = await producer.send("find-person", { url: address(301) });
    expect(text).toContain("Redis keeps outcomes for 7 days; no archive is set up");
  } finally {
    await without.close();
  }
});
