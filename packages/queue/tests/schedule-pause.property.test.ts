/**
 * Pauses of a schedule under random orders of pauses, resumes, late and stale ticks and runs by hand, as the clock moves: no tick of a pause is ever
 * served or called missed, none twice, and BullMQ plans ticks only while it is not paused. The model is a list of due times.
 */
import { START_MS } from "@linkup-queue/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { defineSchedule, ScheduleRequest } from "../src/index.ts";
import { revisionOf } from "../src/schedules/schedule-definition.ts";
import { type Rig, startRig } from "./rig.ts";

const EVERY_MS = 60_000;
const job = { operation: "profile.me", accountId: "ada", input: {} };
const DEFINITION = defineSchedule(ScheduleRequest.parse({ everyMs: EVERY_MS, overlap: "queue", job }));

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
  vi.useFakeTimers({ toFake: ["Date"], now: START_MS });
});
afterAll(async () => {
  vi.useRealTimers();
  await rig.close();
});

const STEP = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("advance"), ms: fc.constantFrom(1, 7_000, 59_999, EVERY_MS, 200_000) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("tick"), behind: fc.constantFrom(0, 0, 0, 1, 3) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("pause") }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("resume") }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("run") }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("put") }) },
);

let runs = 0;
/** The machine's clock, as this file says it is. */
let nowMs = START_MS;

function advance(ms: number): void {
  nowMs += ms;
  vi.setSystemTime(nowMs);
}

test("whatever comes in whatever order, a pause has no ticks, and after it nothing of it is caught up", async () => {
  const { schedules, ticks, jobs } = rig.engine;
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { minLength: 5, maxLength: 25 }), async (steps) => {
      const id = `s${++runs}`;
      await schedules.put(id, DEFINITION);
      const fromMs = nowMs;
      let paused = false;
      /** All up to here is accounted for: served, or of a pause. */
      let seenMs = fromMs;
      const served: number[] = [];
      const due = () => Array.from({ length: Math.floor((nowMs - fromMs) / EVERY_MS) }, (_, at) => fromMs + (at + 1) * EVERY_MS);
      for (const step of steps) {
        switch (step.kind) {
          case "advance":
            advance(step.ms);
            break;
          case "pause":
            expect(await schedules.pause(id)).toBe(paused ? "unchanged" : "changed");
            paused = true;
            break;
          case "resume":
            expect(await schedules.resume(id)).toBe(paused ? "changed" : "unchanged");
            if (paused) seenMs = Math.max(seenMs, nowMs);
            paused = false;
            break;
          case "put":
            expect(await schedules.put(id, DEFINITION)).toBe("unchanged");
            break;
          case "run": {
            const ran = await ticks.run(id);
            expect(ran.kind).toBe("added");
            break;
          }
          case "tick": {
            const all = due();
            const tickMs = all.at(-1 - step.behind);
            if (tickMs === undefined) break;
            const said = await ticks.decide({ scheduleId: id, revision: revisionOf(DEFINITION), tickMs, from: "host-1" });
            const atMs = all.at(-1) ?? 0;
            if (paused) expect(said).toEqual({ kind: "paused" });
            else if (atMs <= seenMs) expect(said).toEqual({ kind: "passed" });
            else {
              const missed = all.filter((one) => one > seenMs && one < atMs).length;
              expect(said).toMatchObject({ kind: "add", atMs, missed });
              await ticks.done({ scheduleId: id, revision: "", tickMs });
              served.push(atMs);
              seenMs = atMs;
            }
          }
        }
        const view = await schedules.read(id);
        expect(view?.pausedAt === null).toBe(!paused);
        expect(view?.next.length).toBe(paused ? 0 : 10);
      }
      expect(new Set(served).size).toBe(served.length);
      await schedules.remove(id);
      await jobs.queues.of("profiles").obliterate({ force: true });
    }),
    { numRuns: Number(process.env["RUNS"] ?? 40) },
  );
});
