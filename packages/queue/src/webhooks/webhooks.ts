/**
 * Webhooks as people handle them: put, read, list, remove, look at the dead letters and send them again. The secret goes in and never comes
 * out of here but sealed. Nothing here posts.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { LinkupError } from "@linkup-queue/contracts";
import { z } from "zod";
import { campaignLane } from "../job/delivery-lane.ts";
import type { EngineConfig } from "../redis/engine-config.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import type { Secrets } from "../redis/secrets.ts";
import { webhookPublishScript, webhookPutScript, webhookRedriveScript, webhookRemoveScript, webhookTestScript } from "./lua/webhook.ts";
import { readPostBody } from "./post-body.ts";
import { WEBHOOK_EVENTS, type WebhookBody, type WebhookEvent, WebhookId, WebhookRequest, WebhookTarget } from "./webhook-definition.ts";

export type Webhook = {
  id: string;
  url: string;
  /** Null: all. */
  statuses: string[] | null;
  campaignId: string | null;
  events: string[];
  /** `resting`: it failed whatever was posted, and is asked with one post at a time. `ended`: it answered 410; put anew it goes on. */
  state: "ok" | "failing" | "resting" | "ended";
  failingSince: string | null;
  lastError: string | null;
  lastErrorAt: string | null;
  lastDeliveredAt: string | null;
  waiting: number;
  delivered: number;
  dead: number;
  /** Dead letters that were forgotten: too old, or too many. */
  dropped: number;
  createdAt: string;
  updatedAt: string;
};

export type DeadLetter = { messageId: string; tries: number; error: string; handedOverAt: string; diedAt: string };
/** When it died and its id: a place in the list of dead letters. */
export const DeadLetterPlace = z.tuple([z.iso.datetime(), z.string().min(1).max(200)]);
export type Redriven = { redriven: number; gone: number };

/** Each settled outcome looks at every webhook. */
export const MOST_WEBHOOKS = 20;
/** Failures in a row, each of another delivery, after which a webhook rests. */
export const REST_AFTER = 10;
const REDRIVE_BATCH = 200;

const iso = (ms: string | undefined): string | null => (ms ? new Date(Number(ms)).toISOString() : null);
const Letter = z.object({ tries: z.number(), since: z.number(), why: z.string() });

export class Webhooks {
  readonly #scripts: RedisScripts;
  readonly #secrets: Secrets;
  readonly #config: EngineConfig;

  constructor(scripts: RedisScripts, secrets: Secrets, config: EngineConfig) {
    this.#scripts = scripts;
    this.#secrets = secrets;
    this.#config = config;
  }

  /** Registers a webhook, or changes one: what waits for it goes to the new address. Throws `conflict` when there are too many. */
  async put(id: string, request: WebhookRequest): Promise<Webhook> {
    const { url, secret, statuses, campaignId, events } = WebhookRequest.parse(request);
    const target: WebhookTarget = { url, secret };
    const said = await this.#scripts.run(webhookPutScript, {
      id: WebhookId.parse(id),
      gen: randomBytes(9).toString("base64url"),
      sealed: await this.#secrets.seal(JSON.stringify(target), { purpose: "webhook", owner: id }),
      statuses: [...new Set(statuses ?? [])].join(),
      campaign: campaignId ?? "",
      events: [...new Set(events ?? WEBHOOK_EVENTS)].join(),
      mostHooks: MOST_WEBHOOKS,
    });
    if (said === "full")
      throw new LinkupError("conflict", `There are ${MOST_WEBHOOKS} webhooks, as many as there may be; remove one first`);
    const webhook = await this.read(id);
    if (webhook === null) throw new LinkupError("conflict", "The webhook was removed while it was put");
    return webhook;
  }

  /** One webhook, without its secret; null when there is none. */
  async read(id: string): Promise<Webhook | null> {
    const { client } = this.#scripts;
    const fields = await client.hgetall(this.#scripts.keys.webhook(id));
    const { gen, sealed } = fields;
    if (gen === undefined || sealed === undefined) return null;
    const { url } = WebhookTarget.parse(JSON.parse(await this.#secrets.open(sealed, { purpose: "webhook", owner: id })));
    const count = (name: string) => Number(fields[name] ?? 0);
    const fails = count("fails");
    return {
      id,
      url,
      statuses: fields["statuses"] ? fields["statuses"].split(",") : null,
      campaignId: fields["campaign"] || null,
      events: (fields["events"] ?? "").split(","),
      state: fields["ended"] !== undefined ? "ended" : fails >= REST_AFTER ? "resting" : fails > 0 ? "failing" : "ok",
      failingSince: iso(fields["failingSince"]),
      lastError: fields["lastError"] ?? null,
      lastErrorAt: iso(fields["lastErrorAt"]),
      lastDeliveredAt: iso(fields["lastDeliveredAt"]),
      waiting: count("waiting"),
      delivered: count("delivered"),
      dead: await client.zcard(this.#scripts.keys.hookDead(gen)),
      dropped: count("dropped"),
      createdAt: iso(fields["createdAt"]) ?? "",
      updatedAt: iso(fields["updatedAt"]) ?? "",
    };
  }

  /** Webhooks in the order of their ids, after `afterId`, at most `limit`. */
  async list({ afterId, limit }: { afterId?: string | undefined; limit: number }): Promise<Webhook[]> {
    const ids = await this.#scripts.namesAfter(this.#scripts.keys.webhooks, afterId, limit);
    return (await Promise.all(ids.map((id) => this.read(id)))).filter((webhook) => webhook !== null);
  }

  /** Forgets a webhook and all that waits for it. False when there is none. */
  async remove(id: string): Promise<boolean> {
    return await this.#scripts.run(webhookRemoveScript, { id });
  }

  /** Dead letters, the oldest first, after the one named by `after`. Throws `not_found` for no such webhook. */
  async dead(
    id: string,
    { after, limit }: { after?: { diedAt: string; messageId: string } | undefined; limit: number },
  ): Promise<DeadLetter[]> {
    const { client } = this.#scripts;
    const gen = await client.hget(this.#scripts.keys.webhook(id), "gen");
    if (gen === null) throw new LinkupError("not_found", `There is no webhook ${id}`);
    const key = this.#scripts.keys.hookDead(gen);
    const fromMs = after === undefined ? 0 : Date.parse(after.diedAt);
    const found: { item: string; diedMs: number }[] = [];
    for (let skip = 0; found.length < limit; skip += limit) {
      const rows = await client.zrangebyscore(key, fromMs, "+inf", "WITHSCORES", "LIMIT", skip, limit);
      for (let at = 0; at < rows.length; at += 2) {
        const row = { item: rows[at] ?? "", diedMs: Number(rows[at + 1]) };
        // Many may have died in one millisecond; within it they stand by their ids.
        if (after === undefined || row.diedMs > fromMs || row.item > after.messageId) found.push(row);
      }
      if (rows.length < 2 * limit) break;
    }
    const page = found.slice(0, limit);
    if (page.length === 0) return [];
    const letters = await client.hmget(this.#scripts.keys.hookWhy(gen), ...page.map(({ item }) => item));
    return page.flatMap(({ item, diedMs }, at) => {
      const text = letters[at];
      if (!text) return [];
      const { tries, since, why } = Letter.parse(JSON.parse(text));
      return [{ messageId: item, tries, error: why, handedOverAt: new Date(since).toISOString(), diedAt: new Date(diedMs).toISOString() }];
    });
  }

  /** The body of a post as it would be sent now, JSON; null when its data is kept no longer. */
  async body(messageId: string): Promise<string | null> {
    return await readPostBody(this.#scripts, messageId);
  }

  /** Sends dead letters again: these, or all there are now. `gone`: their data was kept no longer. Throws `not_found`. */
  async redrive(id: string, messageIds?: readonly string[]): Promise<Redriven> {
    const total: Redriven = { redriven: 0, gone: 0 };
    let left = messageIds?.length ?? (await this.read(id))?.dead ?? 0;
    let at = 0;
    do {
      const items = messageIds?.slice(at, at + REDRIVE_BATCH);
      at += REDRIVE_BATCH;
      const said = await this.#scripts.run(webhookRedriveScript, { webhook: id, items, outcomeDays: this.#config.outcomeDays });
      if (said === null) throw new LinkupError("not_found", `There is no webhook ${id}`);
      total.redriven += said.redriven;
      total.gone += said.gone;
      left -= REDRIVE_BATCH;
    } while (left > 0);
    return total;
  }

  /**
   * Hands over a post by hand, whatever the webhook asked for; a worker posts it, and what comes of it is seen on the webhook. Answers its id.
   * Throws `not_found`, and `conflict` for a webhook that has ended.
   */
  async test(id: string): Promise<string> {
    const item = `e-test-${randomUUID()}`;
    const { client } = this.#scripts;
    const [seconds] = await client.time();
    const body: WebhookBody = { type: "webhook.test", timestamp: new Date(Number(seconds) * 1_000).toISOString(), data: { webhookId: id } };
    const said = await this.#scripts.run(webhookTestScript, { webhook: id, item, payload: JSON.stringify(body) });
    if (said === "unknown") throw new LinkupError("not_found", `There is no webhook ${id}`);
    if (said === "ended")
      throw new LinkupError("conflict", `Webhook ${id} has ended, as its address is gone: put it with another address first`);
    return item;
  }

  /** Hands an event of a campaign to the webhooks that want it. Handing over the same event again changes nothing. Answers how many will get it. */
  async publish(event: WebhookEvent): Promise<number> {
    const body: WebhookBody = {
      type: `campaign.${event.word}`,
      timestamp: new Date(event.atMs).toISOString(),
      data: { campaignId: event.campaignId, ...event.more },
    };
    return await this.#scripts.run(webhookPublishScript, {
      item: `e-${event.eventId}`,
      kind: "campaign",
      campaign: event.campaignId,
      lane: campaignLane(event.campaignId),
      payload: JSON.stringify(body),
      outcomeDays: this.#config.outcomeDays,
    });
  }
}
