/**
 * Deliveries on their way to webhooks: claimed for a lease, posted by somebody else, and told what came of it. A delivery whose poster died
 * is claimed again under the same id. Nothing here posts.
 */
import { type Confirmed, unconfirmed } from "../redis/confirmer.ts";
import type { EngineConfig } from "../redis/engine-config.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import type { Secrets } from "../redis/secrets.ts";
import { type Claim, type Claimed, type Told, webhookClaimScript, webhookDoneScript } from "./lua/posts.ts";
import { readPostBody } from "./post-body.ts";
import { WebhookTarget } from "./webhook-definition.ts";
import { REST_AFTER } from "./webhooks.ts";

/** How deliveries go; all in ms. */
export type DeliveryPace = {
  /** A claimed delivery is another's after this: longer than a post may take. */
  leaseMs: number;
  firstRetryMs: number;
  mostRetryMs: number;
  /** How long a delivery is tried for. */
  giveUpMs: number;
  /** A webhook that failed all along for this long loses what waited for `giveUpMs`, without a post for each. */
  failingMs: number;
  /** How long dead letters are kept. */
  deadMs: number;
  firstRestMs: number;
  mostRestMs: number;
};

export const DELIVERY_PACE: DeliveryPace = {
  leaseMs: 20_000,
  firstRetryMs: 2_000,
  mostRetryMs: 1_800_000,
  giveUpMs: 86_400_000,
  failingMs: 3_600_000,
  deadMs: 7 * 86_400_000,
  firstRestMs: 1_000,
  mostRestMs: 300_000,
};

/** Tries that each delivery gets, though its day is over: our own workers may have been away. */
const LEAST_TRIES = 3;

/** A pause before the next try, ms: doubles from the first, half of it by `random` (0 to 1). */
export function retryPauseMs(tries: number, random: number, { firstRetryMs, mostRetryMs }: DeliveryPace = DELIVERY_PACE): number {
  const whole = Math.min(mostRetryMs, firstRetryMs * 2 ** Math.min(30, Math.max(0, tries - 1)));
  return Math.round(whole * (0.5 + random / 2));
}

/** `retryAfterMs`: how long the receiver asked to be left alone; `gone`: it said that nothing is to be posted to it any more. */
export type DeliveryEnd = { ok: true } | { ok: false; why: string; random: number; retryAfterMs: number | null; gone: boolean };

export type { Claim, Claimed, Told } from "./lua/posts.ts";

type DeliveryEngine = { scripts: RedisScripts; secrets: Secrets; config: EngineConfig; confirmed?: Confirmed };

export class WebhookDeliveries {
  readonly #scripts: RedisScripts;
  readonly #secrets: Secrets;
  readonly #config: EngineConfig;
  readonly #pace: DeliveryPace;
  readonly #confirmed: Confirmed;

  constructor(engine: DeliveryEngine, pace: DeliveryPace = DELIVERY_PACE) {
    this.#scripts = engine.scripts;
    this.#secrets = engine.secrets;
    this.#config = engine.config;
    this.#pace = pace;
    this.#confirmed = engine.confirmed ?? unconfirmed;
  }

  /** Takes deliveries that are due, at most `capacity`, and `perWebhook` for each webhook with those in `inFlight` (by its `gen`). */
  async claim(capacity: number, { perWebhook, inFlight }: { perWebhook: number; inFlight: ReadonlyMap<string, number> }): Promise<Claim> {
    const { leaseMs, giveUpMs, failingMs, deadMs } = this.#pace;
    const pace = { leaseMs, giveUpMs, failingMs, deadMs, restAfter: REST_AFTER, outcomeDays: this.#config.outcomeDays };
    const asked = { capacity, perWebhook, inFlight: Object.fromEntries(inFlight), ...pace };
    // A receiver is told nothing that a failover may take back.
    return await this.#confirmed(
      () => this.#scripts.run(webhookClaimScript, asked),
      ({ posts }) => posts.length === 0,
    );
  }

  /** Where a claimed delivery goes. */
  async target({ sealed, webhook }: Claimed): Promise<WebhookTarget> {
    return WebhookTarget.parse(JSON.parse(await this.#secrets.open(sealed, { purpose: "webhook", owner: webhook })));
  }

  /** The body to post, or null when its data was erased meanwhile. */
  async body({ item }: Claimed): Promise<string | null> {
    return await readPostBody(this.#scripts, item);
  }

  /**
   * Tells what came of a claimed delivery. `resting`: the webhook as a whole stopped answering with this one; `recovered`: it answers again;
   * `ended`: it is gone.
   */
  async done({ webhook, gen, lane, item, lease, tries }: Claimed, end: DeliveryEnd): Promise<Told> {
    const { giveUpMs, failingMs, firstRestMs, mostRestMs } = this.#pace;
    return await this.#scripts.run(webhookDoneScript, {
      webhook,
      gen,
      lane,
      item,
      lease,
      ok: end.ok,
      ...(end.ok ? {} : this.#failure(end, tries)),
      leastTries: LEAST_TRIES,
      giveUpMs,
      failingMs,
      firstRestMs,
      mostRestMs,
      restAfter: REST_AFTER,
      outcomeDays: this.#config.outcomeDays,
    });
  }

  #failure({ why, random, retryAfterMs, gone }: Extract<DeliveryEnd, { ok: false }>, tries: number) {
    // Not longer than a delivery is tried for: a receiver that asks for a year gets its dead letters.
    const askedMs = Math.min(retryAfterMs ?? 0, this.#pace.giveUpMs);
    const retryMs = Math.max(askedMs, retryPauseMs(tries + 1, random, this.#pace));
    return { why, random: 0.5 + random / 2, retryMs, gone, ...(askedMs > 0 ? { askedMs } : {}) };
  }
}
