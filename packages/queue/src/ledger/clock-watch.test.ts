/** Redis's clock beside the process's own: a jump is told from a slow answer, and the key is closed before whoever saw it goes on. */
import { START_MS } from "@linkup-queue/testkit";
import { expect, test } from "vitest";
import { type ClockLook, ClockWatch } from "./clock-watch.ts";

const FIRST: ClockLook = { askedMs: 0, answeredMs: 2, clockMs: START_MS };
const look = (askedMs: number, answeredMs: number, clockMs: number): ClockLook => ({ askedMs, answeredMs, clockMs: START_MS + clockMs });

/** The jumps that are noticed in these looks, after a first one. */
async function jumpsIn(looks: readonly ClockLook[]): Promise<number[]> {
  const jumps: number[] = [];
  const watch = new ClockWatch({ close: async () => undefined, onJump: (jumpMs) => jumps.push(jumpMs) });
  for (const one of [FIRST, ...looks]) await watch.look(one);
  return jumps;
}

test.each<[string, ClockLook[], number[]]>([
  ["runs", [look(5_000, 5_001, 5_000)], []],
  ["runs, and its answer took three seconds", [look(5_000, 8_000, 7_990)], []],
  ["runs, and its answer took three seconds on the way back", [look(5_000, 8_000, 5_010)], []],
  ["jumped forward", [look(5_000, 5_002, 35_000)], [29_996]],
  ["jumped back", [look(5_000, 5_002, -25_000)], [-29_996]],
  ["jumped and goes on", [look(5_000, 5_002, 35_000), look(6_000, 6_001, 36_001)], [29_996]],
  ["jumped while an answer took longer", [look(5_000, 8_000, 7_000), look(8_001, 8_003, 10_001)], [1_994]],
  ["jumped, with another answer on its way", [look(5_000, 5_002, 35_000), look(4_999, 5_003, 4_999)], [29_996]],
  ["is set right little by little", [look(60_000, 60_001, 60_028), look(120_000, 120_001, 120_056)], []],
])("a clock that %s", async (_case, looks, jumps) => {
  expect(await jumpsIn(looks)).toEqual(jumps);
});

test("whoever looks goes on only when the key is closed, and it is closed later where Redis was away", async () => {
  const closings: PromiseWithResolvers<void>[] = [];
  const close = () => {
    const closing = Promise.withResolvers<void>();
    closings.push(closing);
    return closing.promise;
  };
  const jumps: number[] = [];
  const watch = new ClockWatch({ close, onJump: (jumpMs) => jumps.push(jumpMs) });
  await watch.look(FIRST);
  const both = [watch.look(look(1_000, 1_001, 31_000)), watch.look(look(1_000, 1_002, 31_001))];
  closings[0]?.reject(new Error("away"));
  expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  let isOver = false;
  const third = watch.look(look(2_000, 2_001, 32_000)).then(() => {
    isOver = true;
  });
  expect([closings.length, isOver]).toEqual([2, false]);
  closings[1]?.resolve();
  await third;
  await watch.look(look(3_000, 3_001, 33_000));
  expect([closings.length, jumps]).toEqual([2, [29_999]]);
});
