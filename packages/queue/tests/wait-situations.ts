/** One situation for each reason of the closed list that is told today: what keeps a job back, brought about on a rig. */
import type { AccountPolicy, WaitReason, WaitsFor } from "@linkup-queue/contracts";
import { expect } from "vitest";
import { accountEventScript } from "../src/accounts/lua/account.ts";
import type { AccountEvent } from "../src/index.ts";
import type { EngineConfig } from "../src/redis/engine-config.ts";
import type { Rig, RigJob } from "./rig.ts";

/** Reasons of what is not built: none of them is told today. */
export const NOT_BUILT = ["step_not_due"] as const satisfies WaitReason[];
export type BuiltReason = Exclude<WaitReason, (typeof NOT_BUILT)[number]>;

export type Situation = {
  /** Brings it about on an opened rig with the account "ada"; answers the job that waits. */
  prepare: (rig: Rig) => Promise<RigJob>;
  /** Settings under which it arises, where they are not the rig's. */
  settings?: Partial<Pick<EngineConfig, "maxCreditsPerDay" | "rateLimit" | "redisReplicas">>;
  /** The gate's own word, where it is another; null for what BullMQ alone causes. */
  says?: string | null;
  /** More that is told. */
  tells?: Partial<WaitsFor>;
  /** Ends what flushing Redis does not end. */
  end?: (rig: Rig) => Promise<void>;
};

const campaign = (rig: Rig, fields: object) => rig.client.hset(rig.key("campaign:spring"), fields);
/** BullMQ's doing with a job that its worker puts off. */
export async function putOff(rig: Rig, { ref }: RigJob, dueMs: number): Promise<void> {
  await rig.client.hset(rig.bull(ref.queue, ref.id), { ats: 1 });
  await rig.client.zadd(rig.bull(ref.queue, "delayed"), dueMs * 4096, ref.id);
}

/** A job of an account whose log-in is answered so. */
async function afterLogin(rig: Rig, event: { type: "code_required" } | { type: "refused"; why: string }): Promise<RigJob> {
  const need = await rig.engine.accounts.register("carol", { email: "carol@example.com", password: "secret" });
  if (need === null) throw new Error("carol is not logged in");
  const told: AccountEvent = { ...event, state: "refreshing", epoch: need.epoch, turn: need.turn };
  await rig.engine.scripts.run(accountEventScript, { account: "carol", event: told, outcomeDays: rig.engine.config.outcomeDays });
  return await rig.job("carol");
}

/** Hours that open in three days. */
function closedFor(nowMs: number): NonNullable<AccountPolicy["hours"]> {
  const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
  const opens = weekdays[new Date(nowMs + 3 * 86_400_000).getUTCDay()] ?? "sun";
  return { timezone: "UTC", weekdays: [opens], from: "00:00", to: "24:00" };
}

const aTime = expect.any(String) as string;

export const SITUATIONS: Readonly<Record<BuiltReason, Situation>> = {
  fresh_state: {
    prepare: async (rig) => {
      await rig.reset();
      await rig.open({ fresh: false });
      await rig.account("ada", 1);
      return await rig.job("ada");
    },
    tells: { until: aTime },
  },
  state_lost: {
    prepare: async (rig) => {
      await rig.client.hset(rig.key("key"), "lost", rig.nowMs);
      return await rig.job("ada");
    },
  },
  reconciling: {
    prepare: async (rig) => {
      const job = await rig.job("ada");
      const settlement = rig.settlement(job, await rig.send(job), "timed_out");
      const { next } = settlement;
      if (next.kind !== "end") throw new Error("an unanswered call ends its job");
      const write = {
        account: "ada",
        target: "",
        text: "",
        code: "timed_out",
        message: "",
        httpStatus: null,
        looks: 1,
        absent: true,
      } as const;
      await rig.gate.settle({ ...settlement, next: { kind: "look", reconciling: write, afterMs: 300_000, exhausted: next } });
      await putOff(rig, job, rig.nowMs + 300_000);
      return job;
    },
    says: null,
    tells: { until: aTime },
  },
  key_stopped: {
    prepare: async (rig) => {
      await rig.engine.keys.pause();
      return await rig.job("ada");
    },
  },
  key_cooling: {
    prepare: async (rig) => {
      const hot = await rig.job("ada");
      await rig.gate.settle(rig.settlement(hot, await rig.send(hot), "rate_limited"));
      return await rig.job("ada");
    },
    tells: { until: aTime },
  },
  probe_out: {
    prepare: async (rig) => {
      await rig.client.hset(rig.key("key"), { unproven: 1 });
      await rig.account("bob", 1);
      await rig.send(await rig.job("bob"));
      return await rig.job("ada");
    },
  },
  brake: {
    prepare: async (rig) => {
      const refused = await rig.job("ada");
      await rig.gate.settle(rig.settlement(refused, await rig.send(refused), "service_refused"));
      return await rig.job("ada");
    },
    tells: { until: aTime, position: 1 },
  },
  busy: {
    prepare: async (rig) => {
      await rig.send(await rig.job("ada"));
      await rig.park(await rig.job("ada"));
      return await rig.job("ada");
    },
    tells: { accountId: "ada", position: 2 },
  },
  disabled: {
    prepare: async (rig) => {
      await rig.engine.accounts.pause("ada");
      return await rig.job("ada");
    },
    tells: { accountId: "ada", position: 1 },
  },
  refreshing: {
    prepare: async (rig) => {
      await rig.engine.accounts.register("carol", { email: "carol@example.com", password: "secret" });
      return await rig.job("carol");
    },
    tells: { accountId: "carol", position: 1 },
  },
  resting: {
    prepare: async (rig) => {
      const limited = await rig.job("ada");
      await rig.gate.settle(rig.settlement(limited, await rig.send(limited), "linkedin_limited"));
      return await rig.job("ada");
    },
    says: "cooling",
    tells: { accountId: "ada", until: aTime },
  },
  account_cap: {
    prepare: async (rig) => {
      await rig.account("ada", 1, { policy: { caps: { message: { perDay: 1 } } } });
      await rig.call(await rig.job("ada"));
      return await rig.job("ada");
    },
    tells: { accountId: "ada", until: aTime, position: 1 },
  },
  warm_up: {
    prepare: async (rig) => {
      await rig.account("ada", 1, { policy: { caps: { message: { perDay: 4 } }, warmUp: [{ days: 7, share: 0.5 }] } });
      await rig.call(await rig.job("ada"));
      await rig.call(await rig.job("ada"));
      return await rig.job("ada");
    },
    tells: { accountId: "ada", until: aTime, position: 1 },
  },
  account_pace: {
    prepare: async (rig) => {
      await rig.account("ada", 1, { policy: { pace: { message: { minSeconds: 3_600, maxSeconds: 7_200 } } } });
      await rig.call(await rig.job("ada"));
      return await rig.job("ada");
    },
    tells: { accountId: "ada", until: aTime, position: 1 },
  },
  hours: {
    prepare: async (rig) => {
      await rig.account("ada", 1, { policy: { hours: closedFor(rig.nowMs) } });
      return await rig.job("ada");
    },
    tells: { accountId: "ada", until: aTime, position: 1 },
  },
  campaign_paused: {
    prepare: async (rig) => {
      await campaign(rig, { state: "paused" });
      return await rig.job("ada", { campaignId: "spring" });
    },
  },
  campaign_scheduled: {
    prepare: async (rig) => {
      await campaign(rig, { state: "scheduled", startAt: rig.nowMs + 60_000 });
      return await rig.job("ada", { campaignId: "spring" });
    },
    tells: { until: aTime },
  },
  budget_exhausted: {
    prepare: async (rig) => {
      await campaign(rig, { state: "running", maxCredits: 2, charged: 2 });
      return await rig.job("ada", { campaignId: "spring" });
    },
  },
  campaign_budget: {
    prepare: async (rig) => {
      await campaign(rig, { state: "running", maxCredits: 2, charged: 1, held: 1 });
      return await rig.job("ada", { campaignId: "spring" });
    },
  },
  day_budget: {
    settings: { maxCreditsPerDay: 1 },
    prepare: async (rig) => {
      await rig.account("bob", 1);
      await rig.send(await rig.job("bob"));
      return await rig.job("ada");
    },
    tells: { until: expect.stringMatching(/T00:00:00\.000Z$/) as string },
  },
  over_day_budget: {
    settings: { maxCreditsPerDay: 1 },
    prepare: async (rig) => {
      const dear = await rig.job("ada", { price: 2 });
      const data = { accountId: "ada", input: { message_text: "Hi", media_link: "https://example.com/a.png" } };
      await rig.client.hset(rig.bull("messages", dear.ref.id), { data: JSON.stringify(data) });
      return dear;
    },
  },
  window: {
    settings: { rateLimit: 1 },
    prepare: async (rig) => {
      await rig.client.hset(rig.key("key"), { limit: 1 });
      await rig.account("bob", 1);
      await rig.send(await rig.job("bob"));
      return await rig.job("ada");
    },
    tells: { until: aTime },
  },
  pace: {
    prepare: async (rig) => {
      await rig.client.zadd(rig.key("slots"), ...Array.from({ length: 150 }, (_, n) => [rig.nowMs + 50_000, `slot-${n}`]).flat());
      await rig.client.hset(rig.key("key"), { tat: rig.nowMs + 10_000 });
      await rig.backlog(200);
      return await rig.job("ada");
    },
    tells: { until: aTime },
  },
  awaiting_code: {
    prepare: async (rig) => await afterLogin(rig, { type: "code_required" }),
    tells: { accountId: "carol", position: 1 },
  },
  needs_attention: {
    prepare: async (rig) => await afterLogin(rig, { type: "refused", why: "login_refused" }),
    tells: { accountId: "carol", position: 1 },
  },
  redis_memory: {
    prepare: async (rig) => {
      const job = await rig.job("ada");
      const [, used] = /used_memory:(\d+)/.exec(await rig.client.info("memory")) ?? [];
      await rig.client.config("SET", "maxmemory", Math.floor(Number(used) * 1.05));
      await rig.engine.health.look();
      return job;
    },
    end: async (rig) => {
      await rig.client.config("SET", "maxmemory", "0");
      await rig.engine.health.look();
    },
  },
  redis_replicas: {
    settings: { redisReplicas: 1 },
    prepare: async (rig) => await rig.job("ada"),
  },
  worker_full: { prepare: async (rig) => await rig.job("ada"), says: null },
  open_call: {
    prepare: async (rig) => {
      const job = await rig.job("ada");
      await rig.send(job);
      return job;
    },
    tells: { until: aTime },
  },
  run_at: {
    prepare: async (rig) => {
      const job = await rig.job("ada");
      await rig.client.zadd(rig.bull("messages", "delayed"), (rig.nowMs + 60_000) * 4096, job.ref.id);
      return job;
    },
    says: null,
    tells: { until: aTime },
  },
  backoff: {
    prepare: async (rig) => {
      const failed = await rig.job("ada");
      await rig.gate.settle(rig.settlement(failed, await rig.send(failed), "server_error"));
      await putOff(rig, failed, rig.nowMs + 60_000);
      return failed;
    },
    says: null,
    tells: { until: aTime },
  },
};
