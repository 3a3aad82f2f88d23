/**
 * The life of a delivery: claim -> read its data -> post -> tell what came of it. Whatever crashes in between, it is posted again under the
 * same id. No log line holds an address, a secret or a body.
 */
import type { TroubleTeller } from "@linkup-queue/contracts";
import { type Claimed, type DeliveryPace, type Engine, WebhookDeliveries } from "@linkup-queue/queue";
import { postWebhook } from "@linkup-queue/webhooks";
import type { Logger } from "pino";

export type WebhookFeedOptions = {
  engine: Engine;
  allowPrivate: boolean;
  log: Logger;
  trouble: TroubleTeller;
  random: () => number;
  pace: DeliveryPace;
};

export type WebhookFeed = {
  /** Takes no more deliveries; posts that are out get a moment to end, the others are posted again by whoever claims them. */
  stop(): Promise<void>;
};

/** Posts in flight in one process, and of them to one webhook: a slow one must not hold up the others. */
const AT_ONCE = 64;
const PER_WEBHOOK = 16;
/** By Standard Webhooks a receiver that wants nothing more says so. */
const GONE = 410;
const LOOK_EVERY_MS = 250;
const TROUBLE_PAUSE_MS = 1_000;
const STOP_WITHIN_MS = 3_000;

/** Begins to post. */
export function startWebhookFeed({ engine, allowPrivate, log, trouble, random, pace }: WebhookFeedOptions): WebhookFeed {
  const deliveries = new WebhookDeliveries(engine, pace);
  const inFlight = new Set<Promise<void>>();
  const inFlightByGen = new Map<string, number>();
  const giveUp = new AbortController();
  const posting: Posting = { deliveries, allowPrivate, log, random, signal: giveUp.signal };
  let stopping = false;
  // A post that ended while Redis was looked at must not wait for the next look.
  let woken = false;
  let resume: (() => void) | null = null;
  const wake = () => {
    woken = true;
    resume?.();
  };
  const pause = async (ms: number) => {
    if (!woken) {
      const { promise, resolve } = Promise.withResolvers<void>();
      resume = resolve;
      const timer = setTimeout(resolve, ms);
      await promise;
      clearTimeout(timer);
    }
    woken = false;
  };
  const start = (claimed: Claimed) => {
    const { gen, webhook, item } = claimed;
    inFlightByGen.set(gen, (inFlightByGen.get(gen) ?? 0) + 1);
    const delivery = deliver(posting, claimed)
      .catch((error: unknown) => trouble.see(error, "trouble with a delivery; it is posted again", { webhook, messageId: item }))
      .finally(() => {
        const others = (inFlightByGen.get(gen) ?? 1) - 1;
        if (others > 0) inFlightByGen.set(gen, others);
        else inFlightByGen.delete(gen);
        inFlight.delete(delivery);
        wake();
      });
    inFlight.add(delivery);
  };
  const look = async (): Promise<number> => {
    try {
      const capacity = AT_ONCE - inFlight.size;
      if (capacity <= 0) return LOOK_EVERY_MS;
      const { posts, deaths } = await deliveries.claim(capacity, { perWebhook: PER_WEBHOOK, inFlight: inFlightByGen });
      for (const { webhook, count } of deaths)
        log.error({ webhook, count }, "a webhook did not answer for a day, or said that it is gone: dead letters");
      posts.forEach(start);
      return LOOK_EVERY_MS;
    } catch (error) {
      trouble.see(error, "trouble with webhooks; looking again");
      return TROUBLE_PAUSE_MS;
    }
  };
  const loop = (async () => {
    while (!stopping) {
      const pauseMs = await look();
      if (!stopping) await pause(pauseMs);
    }
  })();

  return {
    stop: async () => {
      stopping = true;
      wake();
      await loop;
      const timer = setTimeout(() => giveUp.abort(), STOP_WITHIN_MS);
      await Promise.all(inFlight);
      clearTimeout(timer);
    },
  };
}

type Posting = { deliveries: WebhookDeliveries; allowPrivate: boolean; log: Logger; random: () => number; signal: AbortSignal };

async function deliver({ deliveries, allowPrivate, log, random, signal }: Posting, claimed: Claimed): Promise<void> {
  const { webhook, item: messageId, tries } = claimed;
  const body = await deliveries.body(claimed);
  if (body === null) {
    await deliveries.done(claimed, { ok: true });
    log.warn({ webhook, messageId }, "a delivery's data is kept no longer; nothing was posted");
    return;
  }
  const { url, secret } = await deliveries.target(claimed);
  const result = await postWebhook({ url, secret, messageId, body }, { allowPrivate, signal });
  // It stays claimed until its lease is over.
  if (!result.ok && result.why === "given_up") return;
  const told = await deliveries.done(claimed, result.ok ? result : { ...result, random: random(), gone: result.httpStatus === GONE });
  const facts = { webhook, messageId, tries: tries + 1, ...(result.ok ? {} : { why: result.why }) };
  if (told === "dead") log.error(facts, "a delivery failed for a day: a dead letter");
  else if (told === "ended")
    log.error(facts, "a webhook said that it is gone: nothing more is posted to it, and what waits are dead letters");
  else if (told === "resting") log.warn(facts, "a webhook fails whatever is posted: it rests, and is asked with one post at a time");
  else if (told === "recovered") log.info(facts, "the webhook answers again");
  else log.debug({ ...facts, told }, "posted to a webhook");
}
