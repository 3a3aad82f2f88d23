/** The worker's Prometheus metrics. Labels are closed lists: never an account, a job or a person. */
import type { Verdict } from "@linkup-queue/contracts";
import type { Cost } from "@linkup-queue/linkup";
import type { KeyState, WaitingLine } from "@linkup-queue/queue";
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";

export type Metrics = {
  waits: Counter<"reason">;
  clockJumps: Counter;
  /** A call that left, with what it cost; `status` is the provider's, or the row of the answer table where there was none. */
  called(call: { operation: string; verdict: Verdict; cost: Cost }): void;
  /** Credits that turned out to be wasted: of jobs that did not succeed, and of calls that met a dead token. */
  wasted(credits: number): void;
  /** Takes the figures that are only looked at now and then. */
  observe(key: KeyState, line: WaitingLine): void;
  /** Outcomes that wait for the archive; 0 in a process that does not archive. */
  archiveWaits(waiting: { count: number; oldestSeconds: number }): void;
  text(): Promise<{ contentType: string; text: string }>;
};

/** A registry of its own, so that several workers can live in one process. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers: [registry] });
  const waits = new Counter({
    name: "linkup_gate_waits_total",
    help: "Jobs that could not leave at once, by reason: in line at the gate, parked for their account or campaign, or put off",
    labelNames: ["reason"],
    registers: [registry],
  });
  const calls = new Counter({
    name: "linkup_calls_total",
    help: "Calls of this process that left, by operation and by HTTP status or what came instead",
    labelNames: ["operation", "status"],
    registers: [registry],
  });
  const clockJumps = new Counter({
    name: "linkup_redis_clock_jumps_total",
    help: "Jumps of Redis's clock that this process saw; each closes the key for one window",
    registers: [registry],
  });
  const credits = new Counter({
    name: "linkup_credits_total",
    help: "Credits that calls of this process cost (charged), may have cost (uncertain), or cost for nothing as it settled them (wasted)",
    labelNames: ["kind"],
    registers: [registry],
  });
  const windowShare = gauge("linkup_window_share", "Share of the rate window's slots that are busy, 0 to 1");
  const inFlight = gauge("linkup_calls_in_flight", "Calls of this process that are out");
  const waiting = gauge("linkup_line_waiting", "Jobs of this process that wait at the gate");
  const keyOpen = gauge("linkup_key_open", "1 when calls may leave, 0 when the key is cooling or stopped");
  const transit = gauge("linkup_transit_ms", "The LINKUP_TRANSIT_MS that holds; 0: a place is busy until one window after its answer");
  const stateLost = gauge(
    "linkup_state_lost",
    "1 while Redis is older than it was: nothing leaves until linkup restore was told what may be sent",
  );
  const brakes = gauge("linkup_brakes", "Operations that stand still because LinkUp itself refuses them");
  const unpublished = gauge("linkup_outbox_unpublished", "Outcomes that are settled and not yet on the results queue");
  const archiveWaiting = gauge("linkup_archive_waiting", "Outcomes that wait for the archive, in the process that archives");
  const archiveLag = gauge(
    "linkup_archive_lag_seconds",
    "Age of the oldest outcome that waits for the archive, in the process that archives",
  );
  return {
    waits,
    clockJumps,
    called: ({ operation, verdict, cost }) => {
      calls.inc({ operation, status: String(verdict.httpStatus ?? verdict.row) });
      if (cost.charged > 0) credits.inc({ kind: "charged" }, cost.charged);
      if (cost.uncertain > 0) credits.inc({ kind: "uncertain" }, cost.uncertain);
    },
    wasted: (wasted) => {
      if (wasted > 0) credits.inc({ kind: "wasted" }, wasted);
    },
    observe: (key, line) => {
      windowShare.set(key.slotsBusy / key.rateLimit);
      inFlight.set(line.inFlight);
      waiting.set(line.waiting);
      keyOpen.set(key.state === "open" ? 1 : 0);
      transit.set(key.transit?.answersUntilMs === null ? key.transit.ms : 0);
      stateLost.set(key.lost === null ? 0 : 1);
      brakes.set(key.brakes.length);
      unpublished.set(key.unpublished);
    },
    archiveWaits: ({ count, oldestSeconds }) => {
      archiveWaiting.set(count);
      archiveLag.set(oldestSeconds);
    },
    text: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}
