/**
 * The api's Prometheus metrics: its own requests, and what waits in Redis, looked at when somebody asks. Labels are closed lists: never an
 * account, a job or a person.
 */
import { type Engine, MOST_WEBHOOKS } from "@linkup-queue/queue";
import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { RedisWait } from "./redis-wait.ts";

export type Metrics = {
  /** A request was answered; `path` is its route's, not its own. */
  answered(request: { method: string; path: string; status: number; seconds: number }): void;
  text(engine: Engine, redis: RedisWait): Promise<{ contentType: string; content: string }>;
};

/** Redis is looked at this often at most, ms, and waited for this long. */
const LOOK_EVERY_MS = 5_000;
const LOOK_WITHIN_MS = 5_000;

/** A registry of its own, so that several apis can live in one process. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const requests = new Histogram({
    name: "linkup_http_request_seconds",
    help: "Time to answer a request, by method, route and status",
    labelNames: ["method", "route", "status"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
    registers,
  });
  const look = engineGauges(registry);
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | null = null;
  return {
    answered: ({ method, path, status, seconds }) => requests.observe({ method, route: path, status: String(status) }, seconds),
    text: async (engine, redis) => {
      // Several may ask at the same time: all wait for the one look.
      if (looking === null && performance.now() - lookedAtMs > LOOK_EVERY_MS) {
        lookedAtMs = performance.now();
        looking = look(engine, redis).finally(() => {
          looking = null;
        });
      }
      await looking;
      return { contentType: registry.contentType, content: await registry.metrics() };
    },
  };
}

function engineGauges(registry: Registry): (engine: Engine, redis: RedisWait) => Promise<void> {
  const gauge = <Label extends string = never>(name: string, help: string, labelNames: Label[] = []) =>
    new Gauge<Label>({ name, help, labelNames, registers: [registry] });
  const redisUp = gauge("linkup_redis_up", "1 when Redis answered the last look, 0 when not; the figures below are then old");
  const oldest = gauge("linkup_queue_oldest_job_seconds", "Age of the oldest job that is due and waits, 0 when none does", ["queue"]);
  const jobs = gauge("linkup_queue_jobs", "Jobs in BullMQ by queue and state; parked jobs are among the delayed", ["queue", "state"]);
  const parked = gauge("linkup_jobs_parked", "Jobs that are held until their account is back");
  const accounts = gauge("linkup_accounts", "Accounts by state", ["state"]);
  const lag = gauge("linkup_outbox_lag_seconds", "Since when the oldest settled outcome waits to be published, 0 when none does");
  const unpublished = gauge("linkup_outbox_unpublished", "Outcomes that are settled and not yet on the results queue");
  const webhooksWaiting = gauge("linkup_webhook_deliveries_waiting", "Deliveries that wait for their webhooks");
  const webhooksDead = gauge("linkup_webhook_dead_letters", "Deliveries that failed for a day and wait for a person");
  const webhooksFailing = gauge("linkup_webhooks_resting", "Webhooks that fail whatever is posted to them");
  const windowShare = gauge("linkup_window_share", "Share of the rate window's slots that are busy, 0 to 1");
  const keyOpen = gauge("linkup_key_open", "1 when calls may leave, 0 when the key is cooling or stopped");
  const brakes = gauge("linkup_brakes", "Operations that stand still because LinkUp itself refuses them");
  const workers = gauge("linkup_workers", "Workers that are alive");
  const credits = gauge("linkup_credits_today", "Credits of this UTC day, by kind", ["kind"]);

  const budget = gauge("linkup_day_budget_credits", "The day's credits by kind: limit, spent, committed; none without a bound", ["kind"]);
  const budgetWaiting = gauge("linkup_day_budget_waiting", "Jobs that wait for the next day's credits");

  const observe = async (engine: Engine) => {
    const key = await engine.keys.read();
    const [backlog, census, spent, webhooks, day] = await Promise.all([
      engine.backlog(key.nowMs),
      engine.census(),
      engine.credits.read({ days: 1, nowMs: key.nowMs }),
      engine.webhooks.list({ limit: MOST_WEBHOOKS }),
      engine.dayBudget(key.nowMs),
    ]);
    const secondsSince = (sinceMs: number | null) => (sinceMs === null ? 0 : Math.max(0, key.nowMs - sinceMs) / 1000);
    for (const { queue, oldestMs, waiting, delayed, active, failed } of backlog.queues) {
      oldest.set({ queue }, secondsSince(oldestMs));
      for (const [state, count] of Object.entries({ waiting, delayed, active, failed })) jobs.set({ queue, state }, count);
    }
    for (const [state, count] of Object.entries(census.byState)) accounts.set({ state }, count);
    for (const kind of ["charged", "uncertain", "wasted"] as const) credits.set({ kind }, spent.total[kind]);
    parked.set(census.parked);
    lag.set(secondsSince(backlog.oldestUnpublishedMs));
    unpublished.set(backlog.unpublished);
    webhooksWaiting.set(webhooks.reduce((sum, { waiting }) => sum + waiting, 0));
    webhooksDead.set(webhooks.reduce((sum, { dead }) => sum + dead, 0));
    webhooksFailing.set(webhooks.filter(({ state }) => state === "resting").length);
    if (day !== null) for (const kind of ["limit", "spent", "committed"] as const) budget.set({ kind }, day[kind]);
    budgetWaiting.set(day?.waiting ?? 0);
    windowShare.set(key.slotsBusy / key.rateLimit);
    keyOpen.set(key.state === "open" ? 1 : 0);
    brakes.set(key.brakes.length);
    workers.set(key.workers);
  };
  return async (engine, redis) => {
    const answered = await redis
      .within(() => observe(engine), LOOK_WITHIN_MS)
      .then(
        () => 1,
        () => 0,
      );
    redisUp.set(answered);
  };
}
