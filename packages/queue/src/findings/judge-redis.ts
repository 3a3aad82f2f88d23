/** Whether a Redis may hold the ledger, from what it says of itself. Pure. */
import type { EngineSettings } from "@linkup-queue/contracts";
import { tooFewAsked } from "../redis/attached-replicas.ts";
import { daysLeft, daysText, memoryBound } from "../redis/memory-history.ts";
import { FULL_SHARE, type RedisFacts, type RedisSetting, redisRemedy } from "../redis/suitability.ts";
import { type Finding, type FindingCheck, fail, ok, size, span, warn } from "./finding.ts";

const FILLING = 0.75;
/** Whoever has fewer days until nothing is granted any more is warned. */
const FEW_DAYS = 3;
/** BullMQ's delays and expiry go by the clock of the host: a second is noticed, a minute breaks promises about time. */
const SKEW_WARN_MS = 1_000;
const SKEW_FAIL_MS = 60_000;

export type RedisCase = {
  facts: RedisFacts;
  /** This host's clock at the moment of the question that is nearest to Redis's clock, ms since the epoch. */
  hostNowMs: number;
  /** Memory that a day adds, bytes; left out or null: nobody knows. */
  perDayBytes?: number | null;
  settings: Pick<EngineSettings, "allowVolatileRedis" | "trustRedisDurability" | "redisReplicas">;
};

/** Findings about version, persistence, eviction, memory, replicas and clock. */
export function judgeRedis({ facts, hostNowMs, settings, perDayBytes = null }: RedisCase): Finding[] {
  const persistence = facts.settings.filter(({ name }) => name !== "maxmemory-policy");
  const eviction = facts.settings.filter(({ name }) => name === "maxmemory-policy");
  return [
    facts.recentEnough
      ? ok("redis version", facts.server)
      : fail("redis version", `${facts.server} is too old`, "Install Redis 7.0 or later, or Valkey"),
    judgeSettings("persistence", persistence, settings),
    ...(facts.lastWriteOk
      ? []
      : [fail("last write", "Redis could not write its append-only file", "Look at Redis's log; mostly the disk is full or read-only")]),
    judgeSettings("eviction", eviction, settings),
    judgeMemory(facts, perDayBytes),
    ...judgeReplicas(facts, settings.redisReplicas),
    judgeSkew(facts.nowMs - hostNowMs),
  ];
}

function judgeSettings(check: FindingCheck, found: readonly RedisSetting[], settings: RedisCase["settings"]): Finding {
  const shown = found.map((setting) => `${setting.name} ${setting.found ?? "can't be read"}`).join(", ");
  const wrong = found.filter((setting) => setting.found !== null && setting.found !== setting.needed);
  if (wrong.length > 0) {
    const level = settings.allowVolatileRedis ? warn : fail;
    const allowed = settings.allowVolatileRedis ? "allowed by LINKUP_ALLOW_VOLATILE_REDIS, which is for development: " : "";
    const remedy = `${wrong.map(redisRemedy).join("; ")}; and in redis.conf, or a restart forgets it`;
    return level(check, `${shown} (${allowed}${wrong.map(({ why }) => why).join("; ")})`, remedy);
  }
  if (found.every((setting) => setting.found !== null)) return ok(check, shown);
  if (settings.trustRedisDurability) return ok(check, "can't be read; vouched for by LINKUP_TRUST_REDIS_DURABILITY");
  const needed = found.map((setting) => `${setting.name} ${setting.needed}`).join(" and ");
  const level = settings.allowVolatileRedis ? warn : fail;
  return level(
    check,
    "this Redis does not let its configuration be read",
    `Make sure of ${needed}, then set LINKUP_TRUST_REDIS_DURABILITY=1`,
  );
}

function judgeMemory(facts: RedisFacts, perDayBytes: number | null): Finding {
  const { usedBytes, maxBytes } = facts;
  const bound = memoryBound(facts);
  const name = maxBytes > 0 ? "maxmemory" : "the host's memory";
  const days = daysLeft(facts, perDayBytes);
  const coming = days === null ? "" : `; at the last day's growth of ${size(perDayBytes ?? 0)} it is at 90 % in ${daysText(days)}`;
  const found = bound > 0 ? `${size(usedBytes)} of ${size(bound)} (${name}) used${coming}` : `${size(usedBytes)} used, no bound known`;
  if (bound === 0) return ok("memory", found);
  const share = usedBytes / bound;
  if (share > FULL_SHARE) {
    return fail(
      "memory",
      found,
      "No call is granted above 90 %: raise maxmemory, let a consumer empty the results queue, or keep outcomes for fewer days",
    );
  }
  if (share > FILLING || (days !== null && days < FEW_DAYS)) {
    return warn("memory", found, "Above 90 % no call is granted: raise maxmemory in time");
  }
  return ok("memory", found);
}

function judgeReplicas({ replicas, mostReplicas }: RedisFacts, wanted: number): Finding[] {
  const trouble = tooFewAsked({ asked: wanted, attached: mostReplicas });
  if (trouble !== null) {
    return [
      warn("replicas", trouble, `Set LINKUP_REDIS_REPLICAS=${mostReplicas} for all processes; LINKUP_STRICT=1 refuses less at the start`),
    ];
  }
  if (wanted === 0) return [];
  const found = `${replicas} of the ${wanted} that LINKUP_REDIS_REPLICAS asks for`;
  return [
    replicas >= wanted
      ? ok("replicas", found)
      : fail(
          "replicas",
          found,
          "No call leaves and no write is answered with success before enough replicas have it: bring them back, or lower LINKUP_REDIS_REPLICAS",
        ),
  ];
}

/** Redis read its clock at some moment of the question: on a busy host that took seconds, which are no difference between the clocks. */
export function nearestMoment(redisNowMs: number, { fromMs, toMs }: { fromMs: number; toMs: number }): number {
  return Math.min(Math.max(redisNowMs, fromMs), toMs);
}

function judgeSkew(skewMs: number): Finding {
  const found = `this host is ${span(Math.abs(skewMs))} ${skewMs > 0 ? "behind" : "ahead of"} Redis`;
  const remedy = "Set the clocks by NTP on both hosts: delays, expiry and schedules go by the clock";
  if (Math.abs(skewMs) >= SKEW_FAIL_MS) return fail("clock", found, remedy);
  if (Math.abs(skewMs) >= SKEW_WARN_MS) return warn("clock", found, remedy);
  return ok("clock", `${Math.abs(skewMs)} ms between this host and Redis`);
}
