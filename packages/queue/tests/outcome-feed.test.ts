/** Outcomes in the order they came, those whose effect nobody knows, the plots of the day and of the window, and the audit list. */
import { personKey } from "@linkup-queue/contracts";
import { START_MS } from "@linkup-queue/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { jobDigest, OUTCOMES_LOOKED_AT, type OutcomePlace, outcomeIdOf, peopleOfJob } from "../src/index.ts";
import type { OutcomeFilter } from "../src/ledger/outcome-feed.ts";
import { type CallEnd, type Rig, type RigJob, startRig } from "./rig.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await startRig();
});
afterAll(async () => rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
  await rig.account("ada", 1_000);
  await rig.account("carl", 1_000);
});

const quarterOf = (ms: number) => Math.floor(ms / 900_000);
const idOf = (job: RigJob) => outcomeIdOf(jobDigest(job.ref));

/** Ends a job and publishes its outcome. */
async function end(job: RigJob, as: CallEnd = "ok"): Promise<string> {
  await rig.call(job, as);
  await rig.engine.outbox.republish(jobDigest(job.ref));
  return idOf(job);
}

/** Publishes these together. */
async function endTogether(jobs: readonly RigJob[], as: CallEnd = "ok"): Promise<string[]> {
  for (const job of jobs) await rig.call(job, as);
  await Promise.all(jobs.map((job) => rig.engine.outbox.republish(jobDigest(job.ref))));
  return jobs.map(idOf);
}

async function follow(filter: OutcomeFilter, limit: number, after?: OutcomePlace): Promise<{ ids: string[]; place: OutcomePlace }> {
  const ids: string[] = [];
  for (let place = after; ; ) {
    const page = await rig.engine.outcomes.read(filter, { after: place, limit });
    expect(page.outcomes.length).toBeLessThanOrEqual(limit);
    ids.push(...page.outcomes.map(({ outcomeId }) => outcomeId));
    place = page.place;
    if (!page.more) return { ids, place };
  }
}

describe("the feed of outcomes", () => {
  test("tells each once and in their order, in pages of any size, and goes on where it ended", async () => {
    const first = await endTogether(await rig.jobs(7, "ada"));
    const second = [await end(await rig.job("carl"), "not_found"), await end(await rig.job("ada"), "timed_out")];
    for (const limit of [1, 2, 3, 100]) expect((await follow({}, limit)).ids, `pages of ${limit}`).toEqual([...first, ...second]);
    const { place } = await follow({}, 4);
    expect(await follow({}, 4, place)).toEqual({ ids: [], place });
    const third = await end(await rig.job("ada"));
    expect((await follow({}, 4, place)).ids).toEqual([third]);
  });

  test("tells an outcome with a person's word again, and passes over none between", async () => {
    const [told, ...others] = await endTogether(await rig.jobs(4, "ada"), "timed_out");
    const digest = [...(told ?? "")].slice(2).join("");
    await rig.engine.jobs.resolutions.resolve({ digest, ended: "unknown" }, { happened: true, by: "ann" });
    for (const limit of [1, 2, 3]) expect((await follow({}, limit)).ids, `pages of ${limit}`).toEqual([told, ...others, told]);
    // Both tellings in one page are one.
    expect((await follow({}, 100)).ids).toEqual([told, ...others]);
  });

  test("filters by status, code, account and operation, each and together", async () => {
    const fine = await end(await rig.job("ada"));
    const missing = await end(await rig.job("carl"), "not_found");
    const doubtful = await end(await rig.job("ada"), "timed_out");
    const viewed = await end(await rig.job("ada", { operation: "profile.scrape", queue: "profiles" }));
    const cases: [OutcomeFilter, string[]][] = [
      [{ status: "succeeded" }, [fine, viewed]],
      [{ code: "not_found" }, [missing]],
      [{ accountId: "ada" }, [fine, doubtful, viewed]],
      [{ operation: "profile.scrape" }, [viewed]],
      [{ accountId: "ada", status: "unknown" }, [doubtful]],
      [{ accountId: "carl", status: "unknown" }, []],
    ];
    for (const [filter, ids] of cases) expect((await follow(filter, 1)).ids, JSON.stringify(filter)).toEqual(ids);
  });

  test("is read from the latest back, too, in pages of any size, and none is passed over or told twice", async () => {
    const first = await endTogether(await rig.jobs(5, "ada"));
    const second = [await end(await rig.job("carl"), "not_found"), await end(await rig.job("ada"))];
    const back = async (filter: OutcomeFilter, limit: number) => {
      const ids: string[] = [];
      for (let after: OutcomePlace | undefined; ; ) {
        const { outcomes, place, more } = await rig.engine.outcomes.read(filter, { after, limit, newestFirst: true });
        ids.push(...outcomes.map(({ outcomeId }) => outcomeId));
        if (!more) return ids;
        after = place;
      }
    };
    for (const limit of [1, 2, 3, 100]) expect(await back({}, limit), `pages of ${limit}`).toEqual([...first, ...second].reverse());
    expect(await back({ accountId: "carl" }, 1)).toEqual([second[0]]);
  });

  test("tells what is about a person, whether a recipientId or the job's input names them, and however they are spelled", async () => {
    const about = peopleOfJob({ input: { linkedin_url: "https://fr.linkedin.com/in/Person-7/", message_text: "Hi" } });
    const endOf = async (more: Partial<RigJob["meta"]>) => {
      const made = await rig.job("ada");
      const job = { ...made, meta: { ...made.meta, ...more } };
      await rig.endUncalled(job);
      await rig.engine.outbox.republish(jobDigest(job.ref));
      return idOf(job);
    };
    const byInput = await endOf({ about });
    const byId = await endOf({ recipientId: "https://www.linkedin.com/in/person-7" });
    await end(await rig.job("ada"));
    expect((await follow({ person: personKey("linkedin.com/in/person-7") }, 1)).ids).toEqual([byInput, byId]);
    expect((await follow({ person: personKey("linkedin.com/in/person-70") }, 1)).ids).toEqual([]);
  });

  test("a page looks at a bounded number, is short before the end, and nothing is passed over", async () => {
    const { scripts } = rig.engine;
    const rare = await end(await rig.job("carl"), "not_found");
    // Outcomes that are kept no longer, in entries as full as they may be.
    const gone = Array.from({ length: 200 }, (_none, at) => [`o-gone-${at}`, "s"]).flat();
    for (let entries = 0; entries < OUTCOMES_LOOKED_AT / 200; entries++)
      await rig.client.xadd(scripts.keys.outcomeFeed, `${rig.nowMs}-*`, ...gone);
    const last = await end(await rig.job("carl"), "not_found");
    const page = await rig.engine.outcomes.read({ code: "not_found" }, { limit: 10 });
    expect(page).toMatchObject({ more: true, outcomes: [{ outcomeId: rare }] });
    const next = await rig.engine.outcomes.read({ code: "not_found" }, { after: page.place, limit: 10 });
    expect(next).toMatchObject({ more: false, outcomes: [{ outcomeId: last }] });
  });

  test("whoever stayed away for longer than outcomes are kept is told that some may have gone", async () => {
    await end(await rig.job("ada"));
    const { place } = await follow({}, 10);
    expect((await rig.engine.outcomes.read({}, { after: place, limit: 10 })).missed).toBe(false);
    const long = { entry: "1000-0", skip: 1 };
    expect((await rig.engine.outcomes.read({}, { after: long, limit: 10 })).missed).toBe(true);
  });

  test.each([
    { came: 0, looks: true, when: "the first of a quarter of an hour" },
    { came: 50, looks: false, when: "one between" },
    { came: 99, looks: true, when: "each hundredth" },
  ])("old entries are looked for with $when", async ({ came, looks }) => {
    const feed = rig.key("outcome-feed");
    const old = rig.nowMs - 30 * 86_400_000;
    for (let n = 0; n < 100; n++) await rig.client.xadd(feed, `${old}-${n}`, `o-${n}`, "s");
    if (came > 0) await rig.client.hset(rig.key(`outcome-counts:${Math.floor(rig.nowMs / 86_400_000)}`), `${quarterOf(rig.nowMs)}|s`, came);
    await end(await rig.job("ada"));
    expect(await rig.client.xlen(feed)).toBe(looks ? 1 : 101);
  });

  test("with no results queue in use outcomes are told by the feed alone", async () => {
    const unused = rig.withConfig({ resultsMax: 0 });
    const job = await rig.job("ada");
    await rig.call(job);
    expect(await unused.outbox.republish(jobDigest(job.ref))).toBe(true);
    expect((await follow({}, 10)).ids).toEqual([idOf(job)]);
    expect((await rig.results()).size).toBe(0);
    expect(await unused.outbox.isFull()).toBe(false);
    expect((await rig.engine.keys.read()).unpublished).toBe(0);
    await unused.close();
  });
});

describe("writes whose effect nobody knows", () => {
  test("are listed newest first, reads and others not, until they are done again", async () => {
    const jobs = await rig.jobs(5, "ada");
    const data = { accountId: "ada", input: { linkedin_url: "https://www.linkedin.com/in/grace", message_text: "Hi" } };
    await rig.client.hset(rig.bull("messages", jobs[0]?.ref.id ?? ""), { data: JSON.stringify(data) });
    for (const job of jobs) {
      await end(job, "timed_out");
      await rig.advance(1_000);
    }
    await end(await rig.job("ada", { operation: "profile.scrape", queue: "profiles" }), "timed_out");
    await end(await rig.job("ada"), "not_found");
    const listed: string[] = [];
    for (let before: Parameters<typeof rig.engine.unknownWrites.read>[0]["before"]; ; ) {
      const page = await rig.engine.unknownWrites.read({ before, limit: 2 });
      listed.push(...page.outcomes.map(({ outcomeId }) => outcomeId));
      if (page.next === null) break;
      before = page.next;
    }
    expect(listed).toEqual(jobs.map(idOf).toReversed());
    const [again] = jobs;
    const found = await rig.engine.jobs.redrives.redrive("messages", again?.ref.id ?? "", { maySendTwice: true });
    expect(found.kind).toBe("redriven");
    expect(await rig.engine.unknownWrites.count()).toBe(4);
  });
});

describe("plots", () => {
  test("tell how many outcomes of each status came in each quarter of an hour of the last day", async () => {
    const expected = new Map<number, { succeeded: number; failed: number; unknown: number }>();
    for (const minutes of [1, 14, 16, 40, 0, 61, 180, 7, 300, 2]) {
      const quarter = Math.floor(rig.nowMs / 900_000) * 900_000;
      const counts = expected.get(quarter) ?? { succeeded: 0, failed: 0, unknown: 0 };
      await endTogether(await rig.jobs(3, "ada"));
      await end(await rig.job("ada"), "not_found");
      await end(await rig.job("ada"), "timed_out");
      expected.set(quarter, { succeeded: counts.succeeded + 3, failed: counts.failed + 1, unknown: counts.unknown + 1 });
      await rig.advance(minutes * 60_000);
    }
    const counts = await rig.engine.outcomeCounts(rig.nowMs);
    expect(counts).toHaveLength(96);
    for (const { fromMs, succeeded, failed, unknown, cancelled } of counts) {
      expect({ succeeded, failed, unknown }, new Date(fromMs).toISOString()).toEqual(
        expected.get(fromMs) ?? { succeeded: 0, failed: 0, unknown: 0 },
      );
      expect(cancelled).toBe(0);
    }
    expect(counts.at(-1)?.fromMs).toBe(Math.floor(rig.nowMs / 900_000) * 900_000);
  });

  test("tell second by second how many calls of the last window were answered, and how many are out", async () => {
    for (const number of [1, 3, 2]) {
      for (const job of await rig.jobs(number, "ada")) await rig.call(job);
      await rig.advance(1_000);
    }
    await rig.send(await rig.job("ada"));
    const history = await rig.engine.windowHistory(await rig.engine.keys.read());
    expect(history).toMatchObject({ bucketMs: 1_000, limit: 300, used: 7, out: 1, windowMs: 60_000 });
    expect(history.answered).toHaveLength(60);
    expect(history.answered.filter((count) => count > 0)).toEqual([1, 3, 2]);
    await rig.advance(120_000);
    const later = await rig.engine.windowHistory(await rig.engine.keys.read());
    expect(later.answered.every((count) => count === 0)).toBe(true);
  });
});

describe("the audit list", () => {
  const entry = { by: "anna", via: "http", from: "10.0.0.1", what: "POST /v1/key/pause", target: "", status: "200", count: 1 } as const;

  test("tells the newest first, page by page, and cuts what is too long for a name", async () => {
    for (let number = 0; number < 5; number++) await rig.engine.audit.write([{ ...entry, target: `t${number}` }]);
    await rig.engine.audit.write([{ ...entry, target: "x".repeat(1_000) }]);
    const first = await rig.engine.audit.read({ limit: 3 });
    expect(first.map(({ target }) => target)).toEqual(["x".repeat(300), "t4", "t3"]);
    const rest = await rig.engine.audit.read({ before: first[2]?.id, limit: 10 });
    expect(rest.map(({ target }) => target)).toEqual(["t2", "t1", "t0"]);
    expect(rest[0]).toMatchObject({ ...entry, target: "t2" });
  });

  test("an entry goes after ninety days", async () => {
    const { keys } = rig.engine.scripts;
    for (let number = 0; number < 500; number++) await rig.client.xadd(keys.audit, `${START_MS + number}-0`, "by", "anna");
    await rig.setClock(START_MS + 91 * 86_400_000);
    await rig.engine.audit.write([entry]);
    expect((await rig.engine.audit.read({ limit: 1_000 })).length).toBeLessThan(200);
  });

  test("is written while Redis is full, as a stop must be", async () => {
    await rig.client.config("SET", "maxmemory", "1");
    try {
      await rig.engine.audit.write([entry]);
    } finally {
      await rig.client.config("SET", "maxmemory", "0");
    }
    expect(await rig.engine.audit.read({ limit: 10 })).toHaveLength(1);
  });
});
