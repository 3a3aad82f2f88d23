/** Why a job that has not ended makes no call now: the closed list, each reason in words. It says no sentence about one job. */
import { z } from "zod";

/** Every reason, in words for a person. Some are of what is not built yet and never told today; a reader takes an unknown one as `other`. */
export const WAIT_WORDS = {
  window: "the rate window is full",
  pace: "calls are spread over the rate window, and its turn has not come",
  busy: "its account has as many calls out as it may",
  worker_full: "no worker has room for it yet, or none runs",
  refreshing: "its account is being logged in",
  awaiting_code: "its account waits for a code",
  needs_attention: "its account's log-in was refused",
  disabled: "its account was paused by hand",
  resting: "its account, or a part of what it does, rests",
  account_cap: "its account has done as much as it may",
  account_pace: "its account's own pace",
  hours: "it is outside of its account's hours",
  warm_up: "its account is new and does little yet",
  campaign_paused: "its campaign is paused",
  campaign_scheduled: "its campaign starts later",
  budget_exhausted: "its campaign's credits are used up",
  campaign_budget: "its campaign's last credits are out; what comes back decides",
  day_budget: "the day's credits are used up",
  over_day_budget: "it costs more than a whole day may",
  key_cooling: "the API key cools down",
  key_stopped: "the API key is stopped",
  fresh_state: "Redis has no record of the last rate window, so nothing leaves for one",
  state_lost: "Redis has lost what was sent",
  brake: "LinkUp itself refuses its operation, which is braked",
  open_call: "an earlier call of it may still be out",
  probe_out: "a probe is out, and others wait for what it finds",
  redis_memory: "Redis is almost full",
  redis_replicas: "Redis has fewer replicas than LINKUP_REDIS_REPLICAS",
  backoff: "a try failed; the next comes after a pause",
  run_at: "its runAt has not come",
  reconciling: "a read looks whether it was done",
  step_not_due: "its step is not due",
} as const;

export type WaitReason = keyof typeof WAIT_WORDS;
export const WAIT_REASONS = Object.keys(WAIT_WORDS) as [WaitReason, ...WaitReason[]];

/** The reason why a job waits. Left out: what is not known, or has no meaning for the reason. */
export const WaitsFor = z.object({
  reason: z.enum(WAIT_REASONS),
  /** Not before this it goes on, as far as is known now; ISO. */
  until: z.string().optional(),
  /** The account, where it is the account's. */
  accountId: z.string().optional(),
  /** Its place in the line that it waits in, 1 for the first. */
  position: z.int().optional(),
});
export type WaitsFor = z.infer<typeof WaitsFor>;
