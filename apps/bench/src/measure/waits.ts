/** Waits of other requests while the api was under load, as a line of the table. Pure. */
import { millis, type Row } from "./row.ts";
import { median, percentile } from "./statistics.ts";

/** ms. */
export type Waits = {
  tookMs: readonly number[];
  /** The same requests when the api had nothing else to do: on a machine that others use too, this is the machine's part. */
  idleMs: readonly number[];
};

/** The line without its scenario's name. */
export function waitsRow({ tookMs, idleMs }: Waits): Omit<Row, "scenario"> {
  const p99Ms = percentile(tookMs, 0.99);
  return {
    figure: `p99 of ${tookMs.length} other requests meanwhile`,
    target: "< 50 ms",
    ours: `${millis(p99Ms)} (median ${millis(median(tookMs))}, longest ${millis(tookMs.reduce((most, took) => Math.max(most, took), 0))})`,
    plain: `(before the load: p99 ${millis(percentile(idleMs, 0.99))})`,
    met: p99Ms < 50,
  };
}
