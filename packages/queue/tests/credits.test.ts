/** The credits of a day: the wasted by their cause, each account's with its calls, and how long the sums are kept. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Rig, startRig } from "./rig.ts";

const DAY_MS = 86_400_000;
let rig: Rig;

beforeAll(async () => {
  rig = await startRig();
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
  await rig.account("ada", 100);
});

const read = async (days = 1) => await rig.engine.credits.read({ days, nowMs: rig.nowMs });

test("credits are wasted by the code with which their job ended; those of jobs that succeeded have no cause", async () => {
  await rig.call(await rig.job("ada", { price: 3 }), "not_found");
  await rig.call(await rig.job("ada"), "not_found");
  await rig.call(await rig.job("ada"), "rate_limited");
  await rig.advance(61_000);
  await rig.call(await rig.job("ada", { price: 5 }));
  const { total, byCause } = await read();
  expect(total).toMatchObject({ charged: 10, wasted: 5 });
  expect(byCause).toEqual([
    { cause: "not_found", wasted: 4 },
    { cause: "rate_limited", wasted: 1 },
  ]);
});

test("a call with a dead token is wasted for that, though its job succeeds later; a job that fails after it has both causes", async () => {
  const [saved, lost] = await rig.jobs(2, "ada", { price: 2 });
  if (saved === undefined || lost === undefined) throw new Error("no jobs");
  const [first, second] = [await rig.send(saved), await rig.send(lost)];
  await rig.settle(saved, first, "token_dead");
  await rig.settle(lost, second, "token_dead");
  await rig.engine.accounts.register("ada", { loginToken: "another" });
  await rig.call(saved);
  await rig.call(lost, "not_found");
  const { total, byCause } = await read();
  expect(total).toMatchObject({ charged: 8, wasted: 6 });
  expect(byCause).toEqual([
    { cause: "token_expired", wasted: 4 },
    { cause: "not_found", wasted: 2 },
  ]);
});

test("a late answer that was charged is wasted for the reason why nobody waited for it, and repeating it counts it once", async () => {
  const job = await rig.job("ada", { price: 3 });
  const sent = await rig.send(job);
  await rig.settle(job, sent, "timed_out");
  expect((await read()).byCause).toEqual([]);
  await rig.settle(job, sent, "ok");
  await rig.settle(job, sent, "ok");
  expect((await read()).byCause).toEqual([{ cause: "timed_out", wasted: 3 }]);
});

test("a log-in that was charged and did not work is wasted as one", async () => {
  const need = await rig.engine.accounts.register("ben", { email: "ben@example.com", password: "p" });
  if (need === null) throw new Error("a log-in was expected");
  const { accountId: _account, ...auth } = need;
  const job = rig.authJob(need, "auth.login");
  const refused = { kind: "end", status: "failed", code: null, outcome: null } as const;
  const callId = rig.newCall();
  const granted = await rig.gate.ask({ ...rig.request(job, callId), auth });
  expect(granted.kind).toBe("granted");
  await rig.gate.markLeft(job.ref, callId);
  await rig.gate.settle({ ...rig.settlement(job, { callId, epoch: auth.epoch }, "not_found"), next: refused });
  expect((await read()).byCause).toEqual([{ cause: "login_failed", wasted: 1 }]);
});

test("the sums of a day are read for as long as its accounts' are kept, and add up over days", async () => {
  await rig.call(await rig.job("ada"), "not_found");
  await rig.advance(DAY_MS);
  await rig.call(await rig.job("ada"), "not_found");
  expect((await read(1)).byCause).toEqual([{ cause: "not_found", wasted: 1 }]);
  expect((await read(2)).byCause).toEqual([{ cause: "not_found", wasted: 2 }]);
});

test("an account's calls that left are told day by day with what they were charged, those that cost nothing too", async () => {
  await rig.account("ben", 100);
  await rig.call(await rig.job("ada", { price: 3 }));
  await rig.call(await rig.job("ada"), "server_error");
  await rig.call(await rig.job("ada"), "not_left");
  await rig.advance(DAY_MS);
  await rig.call(await rig.job("ada"), "timed_out");
  const days = (await rig.engine.credits.ofAccounts({ ids: ["ada", "ben"], days: 3, nowMs: rig.nowMs })) as Map<string, unknown>;
  const day = (back: number) => new Date(rig.nowMs - back * DAY_MS).toISOString().slice(0, 10);
  expect(days.get("ada")).toEqual([
    { day: day(2), calls: 0, charged: 0 },
    { day: day(1), calls: 2, charged: 3 },
    { day: day(0), calls: 1, charged: 0 },
  ]);
  expect(days.get("ben")).toEqual([0, 0, 0].map((none, at) => ({ day: day(2 - at), calls: none, charged: none })));
});

test("the days of a page of accounts are one read of Redis for each day, however many accounts", async () => {
  const reads = async () => {
    const stats = await rig.client.info("commandstats");
    return [...stats.matchAll(/cmdstat_(?!info)\w+:calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0);
  };
  const ids = Array.from({ length: 50 }, (_none, at) => `account-${at}`);
  const before = await reads();
  expect((await rig.engine.credits.ofAccounts({ ids, days: 7, nowMs: rig.nowMs })).size).toBe(50);
  expect((await reads()) - before).toBe(7);
  expect((await rig.engine.credits.ofAccounts({ ids: [], days: 7, nowMs: rig.nowMs })).size).toBe(0);
  expect((await reads()) - before).toBe(7);
});

test("a day whose first call cost nothing is forgotten in its time like any other", async () => {
  await rig.call(await rig.job("ada"), "server_error");
  await rig.call(await rig.job("ada"), "not_found");
  const day = Math.floor(rig.nowMs / DAY_MS);
  for (const [name, days] of [
    [`account-credits:${day}`, 100],
    [`credits:${day}`, 400],
  ] as const) {
    const seconds = await rig.client.ttl(rig.key(name));
    expect(seconds, name).toBeGreaterThan((days - 1) * 86_400);
    expect(seconds, name).toBeLessThanOrEqual(days * 86_400);
  }
});
