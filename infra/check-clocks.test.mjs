/** The check of tests' clocks catches these, lets those through, and holds for this project. */
import { expect, test } from "vitest";
import { findClockProblems, judgeClocks } from "./check-clocks.mjs";
import { ROOT } from "./child.mjs";

/** @param {string} text */
const judge = (text) => judgeClocks("packages/queue/tests/rig.ts", text);

test.each([
  "  nowMs = Date.now();",
  "  await rig.setClock(Date.now());",
  "let nowMs = Date.now() - 1_000;",
  "const options = { nowMs: Date.now() };",
  "const clock = { now: Date.now };",
  'const read = Date["now"];',
  "const { today = new Date() } = options;",
  "const today = new Date;",
  "const startMs = +new Date( );",
  "const text = Date();",
  "vi.setSystemTime(new Date());",
  "const startMs = Temporal.Now.instant().epochMilliseconds;",
  "const nowMs = performance.timeOrigin + performance.now();",
  "const [seconds] = await rig.client.time();",
  "const [seconds] = await redis().time();",
  "const script = \"return redis.call('TIME')\";",
])("refused, as it reads the machine's clock: %s", (line) => {
  expect(judge(line)).toEqual([expect.stringContaining("packages/queue/tests/rig.ts:1 reads the machine's clock")]);
});

test.each([
  "  nowMs = fromNow(0).getTime();",
  "const startMs: number = fromNow(-5_000).getTime();",
  "let testClock = fromNow(0);",
  "const credits = () => readCredits(scripts, { nowMs: fromNow(0).getTime() });",
  "await rig.setClock(fromNow(0).getTime());",
  "await clock.start(Math.floor(fromNow(0).getTime()));",
  "await rig.reset(fromNow(0).getTime());",
])("refused, as a clock starts there: %s", (line) => {
  expect(judge(line)).toEqual([expect.stringContaining("starts a clock at the machine's time")]);
});

test.each(["expect(row.day).toBe(fromNow(0).toISOString().slice(0, 10));", "const weekday = fromNow(60_000).getUTCDay();"])(
  "refused, as that day may be over by then: %s",
  (line) => {
    expect(judge(line)).toEqual([expect.stringContaining("expects a day")]);
  },
);

test.each([
  "  nowMs = START_MS;",
  'const START = Date.parse("2028-01-03T12:00:00Z");',
  "const at = new Date(startMs).toISOString();",
  "const at = new Date(\n  startMs,\n);",
  "const later = await add({ runAt: fromNow(3_600_000).toISOString() });",
  "const startAt = fromNow(1_500);",
  "const dates: Date[] = [];",
  "const made = { createdDate: someDate() };",
  "const deadline = performance.now() + 500;",
  "// Date.now() would be another day's",
  "/* const nowMs = Date.now();\n   new Date() */",
])("let through: %s", (text) => {
  expect(judge(text)).toEqual([]);
});

test("a place is told by file and line, behind comments of several lines too", () => {
  expect(judge("/*\n * A rig.\n */\nlet nowMs = Date.now();\n")).toEqual([
    "packages/queue/tests/rig.ts:4 reads the machine's clock: let nowMs = Date.now();",
  ]);
});

test("this project's tests keep to it", () => {
  expect(findClockProblems(ROOT)).toEqual([]);
});
