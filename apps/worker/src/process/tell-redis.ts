/** Says why nothing new is sent while Redis is not well: in the log when that begins and ends, and to whoever asks whether the worker is ready. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Engine, RedisLook, RedisShortage } from "@linkup-queue/queue";
import type { Logger } from "pino";
import type { Readiness } from "./health.ts";

/** Why nothing new is granted, for people. */
const SHORTAGES: Record<RedisShortage, string> = {
  redis_memory: "Redis uses more than 90 % of its maxmemory",
  redis_replicas: "Fewer replicas than LINKUP_REDIS_REPLICAS have Redis's newest writes: no call leaves before they do",
};
const REDIS_AWAY = "Redis does not answer";
/** A probe waits no longer for Redis, ms: Kubernetes gives up after one second by default. */
const PROBE_MS = 900;

export function tellRedis(log: Logger, { before, shortage, unconfirmed }: RedisLook): void {
  if (shortage !== before && shortage !== null) log.warn({ hold: shortage, unconfirmed }, `nothing new is sent: ${SHORTAGES[shortage]}`);
  if (shortage === null && before !== null) log.info({ hold: before }, "Redis is well again: calls leave");
}

/** Whether calls can leave now; answers within a second. */
export async function readinessOf({ scripts, keys, health }: Engine): Promise<Readiness> {
  // Not asked while it is away: what is asked then waits until it is back.
  if (scripts.client.status !== "ready") return { ready: false, why: [REDIS_AWAY] };
  const key = await Promise.race([keys.read(), sleep(PROBE_MS, null, { ref: false })]);
  if (key === null) return { ready: false, why: [REDIS_AWAY] };
  const why = [];
  if (key.state !== "open") why.push(`the API key is ${key.state}: ${key.reason}`);
  if (health.shortage !== null) why.push(SHORTAGES[health.shortage]);
  return { ready: why.length === 0, why };
}
