/** Schedules on a real Redis with real workers: no tick twice, overlaps skipped, misses told, definitions kept, whatever is killed. */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { defineSchedule, type Schedule, ScheduleRequest } from "@linkup-queue/queue";
import { tickJobRef } from "@linkup-queue/queue/inside";
import { fromNow, waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { type System, type SystemOptions, startSystem } from "./fixture.ts";
import { expectOnceEach, putSchedule, type ScheduleChanges } from "./schedule-fixture.ts";

let system: System;
afterEach(async () => system.close());

const EVERY_SECOND = { everyMs: 1_000 };
const HOURLY = { cron: "7 * * * *", timezone: "Europe/Amsterdam" };

async function start(options: SystemOptions = {}): Promise<void> {
  system = await startSystem(options);
  await system.account("ada", { loginToken: `token-${randomUUID()}` });
}

const put = (rule: object, changes: ScheduleChanges = {}) => putSchedule(system, rule, changes);

async function read(): Promise<Schedule> {
  return (await system.engine.schedules.read("s1")) ?? expect.fail("there is no schedule s1");
}

async function until(what: string, holds: (schedule: Schedule) => boolean): Promise<Schedule> {
  return await waitFor(
    async () => {
      const schedule = await read();
      return holds(schedule) ? schedule : null;
    },
    { what, everyMs: 50 },
  );
}

test("each tick adds one job, and the schedule shows the last one with its outcome", async () => {
  await start();
  expect(await put(EVERY_SECOND)).toBe("created");
  await system.outcomesArrive(2);
  const schedule = await until("the outcome of a tick", ({ lastJob }) => lastJob?.status === "succeeded");
  expect(schedule).toMatchObject({
    id: "s1",
    everyMs: 1_000,
    cron: null,
    overlap: "skip",
    problems: [],
    missed: { count: 0, lastAt: null },
  });
  expect(schedule.next).toHaveLength(10);
  expect(system.outcomes.map(({ jobId }) => jobId)).toContain(schedule.lastJob?.jobId);
  await system.engine.schedules.remove("s1");
  expect(await system.engine.schedules.read("s1")).toBeNull();
  expect(await system.queue("schedules").getJobSchedulersCount()).toBe(0);
  await expectOnceEach(system);
  // Nobody but the schedule changed anything here, and the list is read a part at a time.
  const newest = await system.engine.audit.read({ limit: 1 });
  const older = await system.engine.audit.read({ before: newest[0]?.id, limit: 1_000 });
  const ticks = [...newest, ...older].filter(({ status }) => status === "added");
  expect(ticks[0]).toMatchObject({ by: "schedule", via: "schedule", from: hostname(), what: "tick: profile.scrape", count: 1 });
  const ticked = ticks.map(({ target }) => target).toSorted();
  expect(ticked).toEqual(system.outcomes.map(({ jobId }) => `s1 ${jobId}`).toSorted());
});

test("three workers and a definition put again and again run each tick once", async () => {
  await start({ workers: 3 });
  await put(EVERY_SECOND, { overlap: "queue" });
  const first = Date.parse((await read()).next[0] ?? "");
  const putAgain = async () => {
    expect(await put(EVERY_SECOND, { overlap: "queue" })).toBe("unchanged");
    return system.outcomes.length;
  };
  await waitFor(putAgain, { what: "four ticks' outcomes", until: (seen) => seen >= 4 });
  const { lastTickAt, missed, next } = await read();
  await system.engine.schedules.remove("s1");
  const ticks = (Date.parse(lastTickAt ?? "") - first) / 1_000 + 1;
  await system.outcomesArrive(ticks);
  expect(system.outcomes).toHaveLength(ticks);
  expect(missed.count).toBe(0);
  expect((Date.parse(next[0] ?? "") - first) % 1_000).toBe(0);
  await expectOnceEach(system);
});

test("a job that BullMQ forgot is not run again by its tick", async () => {
  await start();
  await put(EVERY_SECOND);
  await system.outcomesArrive(1);
  const { lastJob } = await until("the outcome of a tick", ({ lastJob: job }) => job?.status === "succeeded");
  await system.engine.schedules.remove("s1");
  await system.queue("profiles").obliterate({ force: true });
  const before = system.sandbox.summary().requests;
  const outcomes = system.outcomes.length;

  const ticks = system.engine.ticks;
  const job = { operation: "profile.scrape", accountId: "ada", input: { linkedin_url: "https://www.linkedin.com/in/x" } };
  const definition = defineSchedule(ScheduleRequest.parse({ ...EVERY_SECOND, job }));
  const added = await ticks.addJob("s1", { definition, atMs: Date.parse(lastJob?.tickAt ?? "") });
  expect(added.id).toBe(lastJob?.jobId);
  await waitFor(() => system.queue("profiles").getCompletedCount(), { what: "the job to be done with", until: (seen) => seen === 1 });
  expect(system.sandbox.summary().requests).toBe(before);
  expect(system.outcomes).toHaveLength(outcomes);
});

test("a tick whose predecessor is parked is skipped and told, and ticks go on when that one has its outcome", async () => {
  await start();
  await system.engine.accounts.pause("ada");
  await put(EVERY_SECOND);
  const held = await until("two skipped ticks", ({ skipped }) => skipped.count >= 2);
  expect(held.lastJob?.status).toBe("pending");
  expect(held.skipped.lastAt).toBe(held.lastTickAt);
  const told = await system.engine.audit.read({ limit: 1_000 });
  expect(told.filter(({ status, target }) => status === "skipped" && target === "s1").length).toBeGreaterThanOrEqual(2);
  expect(held.problems).toEqual(["Account ada is disabled (by a person): the job of a tick waits until it is active"]);
  expect((await system.engine.accounts.read("ada"))?.parked).toBe(1);
  await system.engine.accounts.resume("ada");
  const after = await until(
    "the next tick's job",
    ({ lastJob }) => lastJob?.jobId !== held.lastJob?.jobId && lastJob?.status === "succeeded",
  );
  expect(after.problems).toEqual([]);
  expect(after.missed.count).toBe(0);
});

test("with overlap `queue` a tick adds its job although the one before is parked", async () => {
  await start();
  await system.engine.accounts.pause("ada");
  await put(EVERY_SECOND, { overlap: "queue" });
  await waitFor(async () => (await system.engine.accounts.read("ada"))?.parked ?? 0, {
    what: "three parked jobs",
    until: (seen) => seen >= 3,
  });
  expect((await read()).skipped).toEqual({ count: 0, lastAt: null });
});

test("ticks that passed without a worker are told and not caught up", async () => {
  await start({ workers: 0 });
  const worker = await system.startWorker();
  await put(EVERY_SECOND, { overlap: "queue" });
  await system.outcomesArrive(1);
  await worker.drain();
  const stopped = await read();
  const [late = ""] = (await system.queue("schedules").getDelayed()).map(({ id }) => id);
  const done = system.outcomes.length;
  const stoppedMs = performance.now();
  await waitFor(() => performance.now() - stoppedMs, { what: "four ticks to pass", until: (seen) => seen >= 4_500, everyMs: 100 });
  await system.startWorker();
  const back = await until("missed ticks", ({ missed }) => missed.count > 0);
  const between = (Date.parse(back.lastTickAt ?? "") - Date.parse(stopped.lastTickAt ?? "")) / 1_000;
  await system.engine.schedules.remove("s1");
  expect(back.missed.count).toBeGreaterThanOrEqual(3);
  await waitFor(() => system.queue("profiles").getActiveCount(), { what: "the jobs to be done", until: (seen) => seen === 0 });
  await system.outcomesArrive(done + between - back.missed.count);
  // The tick that lay there served the latest due time, and every other one was either told as missed or ran.
  const served = system.outcomes.map(({ jobId }) => jobId);
  const atMs = Number(late.split(":")[2]);
  expect(atMs).toBeGreaterThan(Date.parse(stopped.lastTickAt ?? ""));
  expect(served).not.toContain(tickJobRef("s1", { queue: "profiles", atMs }).id);
  expect(system.outcomes.length - done).toBeLessThanOrEqual(between - back.missed.count + 1);
  await expectOnceEach(system);
});

test("the same definition again leaves the next tick untouched, another one replaces it", async () => {
  await start();
  const planned = async () => (await system.queue("schedules").getDelayed()).map(({ id, timestamp, delay }) => ({ id, timestamp, delay }));
  for (const rule of [HOURLY, { everyMs: 3_600_000 }]) {
    await put(rule);
    const [tick] = await planned();
    const { next } = await read();
    expect(tick?.id).toBe(`repeat:s1:${Date.parse(next[0] ?? "")}`);
    expect(await put(rule)).toBe("unchanged");
    expect(await planned()).toEqual([tick]);
    expect((await read()).next).toEqual(next);
  }
  const before = await read();
  expect(await put({ everyMs: 3_600_000 }, { priority: "bulk" })).toBe("replaced");
  const sameTimes = await read();
  expect(sameTimes.next).toEqual(before.next);
  expect(sameTimes.job.priority).toBe("bulk");
  expect(await put({ everyMs: 7_200_000 })).toBe("replaced");
  expect((await planned()).map(({ id }) => id)).toEqual([`repeat:s1:${Date.parse((await read()).next[0] ?? "")}`]);
});

test("definitions put at the same time end in one of them, and it ticks", async () => {
  await start();
  const rules = [HOURLY, EVERY_SECOND, { cron: "* * * * * *" }, { everyMs: 2_000 }];
  await Promise.all(rules.map((rule) => put(rule)));
  const { next } = await read();
  const [tick, ...more] = await system.queue("schedules").getDelayed();
  expect(more).toEqual([]);
  expect(Math.abs(Number(tick?.id?.split(":")[2]) - Date.parse(next[0] ?? ""))).toBeLessThanOrEqual(2_000);
});

test("a scheduler of BullMQ's that follows another definition adds nothing and is put right by its first tick", async () => {
  await start();
  await put(HOURLY);
  const planned = await system.queue("schedules").getDelayed();
  await system.queue("schedules").upsertJobScheduler("s1", { every: 500 }, { name: "tick", data: { v: 1, revision: "another" } });
  await waitFor(async () => (await system.queue("schedules").getJobScheduler("s1"))?.pattern, {
    what: "the scheduler to be right",
    until: (seen) => seen === HOURLY.cron,
  });
  expect((await system.queue("schedules").getDelayed()).map(({ id }) => id)).toEqual(planned.map(({ id }) => id));
  expect(await read()).toMatchObject({ lastTickAt: null, lastJob: null });
});

test("a tick that someone removed from the queue is planned again", async () => {
  await start({ workers: 0 });
  await put(HOURLY);
  const [tick] = await system.queue("schedules").getDelayed();
  await system.queue("schedules").obliterate({ force: true });
  expect(await system.engine.schedules.repairAll({ process: "test", everyMs: 1 })).toEqual(["s1"]);
  expect((await system.queue("schedules").getDelayed()).map(({ id }) => id)).toEqual([tick?.id]);
  await waitFor(async () => (await system.engine.schedules.repairAll({ process: "test", everyMs: 1 })).length, {
    what: "nothing left to repair",
    until: (seen) => seen === 0,
  });
});

test("a schedule whose account is gone says so, and its jobs end as any job without an account does", async () => {
  await start();
  await put(EVERY_SECOND, { accountId: "nobody" });
  const schedule = await until("a failed job", ({ lastJob }) => lastJob?.status === "failed");
  expect(schedule.lastJob?.code).toBe("account_unavailable");
  expect(schedule.problems).toEqual([expect.stringContaining("Account nobody is gone")]);
});

test("schedules are listed in the order of their ids, page by page", async () => {
  await start({ workers: 0 });
  const job = { operation: "profile.scrape", accountId: "ada", input: { linkedin_url: "https://www.linkedin.com/in/x" } };
  for (const id of ["c", "a", "b"]) await system.engine.schedules.put(id, defineSchedule(ScheduleRequest.parse({ ...HOURLY, job })));
  const first = await system.engine.schedules.list({ limit: 2 });
  const rest = await system.engine.schedules.list({ afterId: first.next ?? "", limit: 2 });
  expect([...first.schedules, ...rest.schedules].map(({ id }) => id)).toEqual(["a", "b", "c"]);
  expect([first.next, rest.next]).toEqual(["b", null]);
  // A page of large ones is short.
  const file = `data:image/png;base64,${"A".repeat(3_000_000)}`;
  for (const id of ["d", "e", "f"]) {
    const large = { ...job, operation: "message.send", input: { ...job.input, message_text: "Hello", media_file: file } };
    await system.engine.schedules.put(id, defineSchedule(ScheduleRequest.parse({ ...HOURLY, job: large })));
  }
  const large = await system.engine.schedules.list({ limit: 100 });
  expect([large.schedules.length, large.next]).toEqual([5, "e"]);
  expect(await system.engine.schedules.list({ afterId: "e", limit: 100 })).toMatchObject({ schedules: [{ id: "f" }], next: null });
});

/** Long enough for three ticks of every second. */
async function threeTicksPass(): Promise<void> {
  const startedMs = performance.now();
  await waitFor(() => performance.now() - startedMs, { what: "three ticks to pass", until: (seen) => seen >= 3_500, everyMs: 100 });
}

test("a paused schedule makes no tick, and resumed it goes on from its next time and catches nothing up", async () => {
  await start();
  await put(EVERY_SECOND, { overlap: "queue" });
  await system.outcomesArrive(1);
  expect(await system.engine.schedules.pause("s1")).toBe("changed");
  expect(await system.queue("schedules").getJobSchedulersCount()).toBe(0);
  const paused = await read();
  await threeTicksPass();
  const still = await read();
  expect(still).toMatchObject({ lastTickAt: paused.lastTickAt, lastJob: { jobId: paused.lastJob?.jobId }, next: [], problems: [] });
  expect(await system.engine.schedules.repairAll({ process: "test", everyMs: 1 })).toEqual([]);
  expect(await put(EVERY_SECOND, { overlap: "queue" })).toBe("unchanged");
  expect(await put(EVERY_SECOND, { overlap: "queue", priority: "bulk" })).toBe("replaced");
  expect(await system.queue("schedules").getJobSchedulersCount()).toBe(0);
  const resumedMs = fromNow(0).getTime();
  expect(await system.engine.schedules.resume("s1")).toBe("changed");
  const after = await until("a tick after it", ({ lastTickAt }) => lastTickAt !== paused.lastTickAt);
  expect(Date.parse(after.lastTickAt ?? "")).toBeGreaterThan(resumedMs - 1);
  expect(after).toMatchObject({ pausedAt: null, missed: { count: 0 } });
  await system.engine.schedules.remove("s1");
  await expectOnceEach(system);
});

test("a run by hand adds one job, paused or not; a second one is refused while that has no outcome, and its ticks are skipped", async () => {
  await start();
  await put(EVERY_SECOND);
  await system.engine.schedules.pause("s1");
  await system.outcomesArrive(system.sandbox.summary().requests);
  const settled = async () => (await read()).lastJob?.status !== "pending";
  await waitFor(settled, { what: "the jobs of its ticks to be over", until: (seen) => seen });
  const before = (await read()).lastTickAt;
  await system.engine.accounts.pause("ada");
  const ran = await system.engine.ticks.run("s1");
  expect(ran).toMatchObject({ kind: "added", queue: "profiles" });
  const jobId = ran.kind === "added" ? ran.jobId : "";
  expect(await system.engine.ticks.run("s1")).toEqual({ kind: "pending", jobId });
  expect(await read()).toMatchObject({ lastTickAt: before, lastJob: { jobId, status: "pending" } });
  await system.engine.schedules.resume("s1");
  await until("a tick that is skipped for it", ({ skipped }) => skipped.count > 0);
  await system.engine.schedules.pause("s1");
  await system.engine.accounts.resume("ada");
  await waitFor(async () => (await read()).lastJob?.status, { what: "its outcome", until: (seen) => seen === "succeeded" });
  expect(system.outcomes.filter((outcome) => outcome.jobId === jobId)).toHaveLength(1);
  await expectOnceEach(system);
});
