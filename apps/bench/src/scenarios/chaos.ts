/** 16. Redis and the network in trouble, one trouble after the other: what the promises say, as the provider and the taker of outcomes count it. */
import { CHAOS_HEAD, chaosCells, isKept, type RecordedRun, recordRun, totalsOf } from "../measure/chaos-record.ts";
import { printColumns } from "../measure/print-table.ts";
import { NOTHING, type Row } from "../measure/row.ts";
import { TROUBLES } from "./chaos-troubles.ts";
import type { Scenario } from "./scenario.ts";

const SCENARIO = "16 chaos";
const FULL = { sends: 240, runs: 3 };
const SCALED = { sends: 120, runs: 1 };

export const chaos: Scenario = async ({ scale, say, print, record, troubles }) => {
  const size = scale.full ? FULL : SCALED;
  const done: RecordedRun[] = [];
  const skipped: string[] = [];
  const asked = TROUBLES.filter(({ name }) => troubles.length === 0 || troubles.some((words) => name.includes(words)));
  for (const { name, run } of asked) {
    for (let nth = 1; nth <= size.runs; nth++) {
      say(`${name} (${nth} of ${size.runs})`);
      const figures = await run(size.sends);
      if (figures === null) {
        skipped.push(name);
        continue;
      }
      const recorded = { at: new Date().toISOString(), trouble: name, ...figures };
      done.push(recorded);
      if (record) recordRun(recorded);
    }
  }
  const totals = totalsOf(done);
  print(printColumns(CHAOS_HEAD, totals.map(chaosCells)));
  const rows = totals.map((total): Row => {
    const { trouble, doubled, lost, conflicting, mostInWindow, limit } = total;
    const ours = `${doubled} / ${lost} / ${conflicting}; ${mostInWindow} of ${limit}`;
    return {
      scenario: SCENARIO,
      figure: trouble,
      target: "0 / 0 / 0 doubled, lost, conflicting; within the limit",
      ours,
      plain: NOTHING,
      met: isKept(total),
    };
  });
  const notRun = [...new Set(skipped)].map(
    (name): Row => ({ scenario: SCENARIO, figure: name, target: NOTHING, ours: "can't be run on this machine", plain: NOTHING, met: null }),
  );
  return [...rows, ...notRun];
};
