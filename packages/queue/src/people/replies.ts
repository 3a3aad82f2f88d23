/** People who answered, as typed calls. Kept as digests for a year, so replies outlive the person's erasure. It ends no job by itself: see `StoppedJobs`. */
import { canonicalRecipient, personKey } from "@linkup-queue/contracts";
import { z } from "zod";
import type { EngineConfig } from "../redis/engine-config.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import { type PeopleDigests, personDigest } from "../safety/people-digests.ts";
import type { OnChanged } from "../safety/state-event.ts";
import { repliedScript } from "./lua/replies.ts";

/** Clocks of those who tell of replies may be so far ahead, ms. */
const AHEAD_MS = 300_000;
/** As people.lua remembers replies, ms. */
const REMEMBERED_MS = 365 * 86_400_000;

/** When somebody answered; left out: now. */
export const ReplyMoment = z.iso
  .datetime({ offset: true, error: "must be an ISO date and time", abort: true })
  .refine((text) => Date.parse(text) <= Date.now() + AHEAD_MS, "must not lie ahead")
  .refine((text) => Date.parse(text) > Date.now() - REMEMBERED_MS, "must not be more than a year ago");

/**
 * `person`: a digest, from which nothing leads back. `repliedAt`: their latest reply that is known, ISO. `isNews`: this one is. `mayStop`: there is, or was, a campaign that
 * is stopped by replies.
 */
export type Reply = { person: string; repliedAt: string; isNews: boolean; mayStop: boolean };

/** A reply as those hear of it who follow what changes. `url`: where the person is found; null for one who was forgotten. */
export type HeardReply = { person: string; url: string | null; repliedAtMs: number };

const MOST_HEARD = 200;

export class Replies {
  readonly #scripts: RedisScripts;
  readonly #digests: PeopleDigests;
  readonly #config: Pick<EngineConfig, "outcomeDays">;
  readonly #onChanged: OnChanged;

  /** `onChanged` hears of each reply that is news. */
  constructor(
    scripts: RedisScripts,
    { digests, config, onChanged = () => undefined }: { digests: PeopleDigests; config: EngineConfig; onChanged?: OnChanged | undefined },
  ) {
    this.#scripts = scripts;
    this.#digests = digests;
    this.#config = config;
    this.#onChanged = onChanged;
  }

  /**
   * Somebody answered: from then on no call to them leaves for a campaign that stops on a reply and was made before it. `address`: of their profile in any spelling, or a profile
   * id; `atMs`: left out, now. Throws `invalid_input`, and `secrets_key_wrong`.
   */
  async put({ address, atMs }: { address: string; atMs?: number | undefined }): Promise<Reply> {
    const key = personKey(address);
    for (;;) {
      const secret = await this.#digests.forWriting();
      const person = personDigest(secret, key);
      const [said, repliedMs, mayStop] = await this.#scripts.run(repliedScript, {
        people: [person],
        address: canonicalRecipient(address),
        at: atMs,
        secretName: secret.name,
        sealed: secret.sealed,
        outcomeDays: this.#config.outcomeDays,
      });
      // Another process made the first secret meanwhile.
      if (said === "other") continue;
      if (said === "noted") this.#onChanged([{ kind: "replied", person, atMs: repliedMs }]);
      return { person, repliedAt: new Date(repliedMs).toISOString(), isNews: said === "noted", mayStop };
    }
  }

  /** The replies that were told since `place`, two hundred at most, and the place behind them; none where it is null, which begins with the next one. */
  async heardSince(place: string | null): Promise<{ replies: HeardReply[]; place: string }> {
    const { client, keys } = this.#scripts;
    if (place === null) return { replies: [], place: (await client.xrevrange(keys.replies, "+", "-", "COUNT", 1))[0]?.[0] ?? "0-0" };
    const entries = await client.xrange(keys.replies, `(${place}`, "+", "COUNT", MOST_HEARD);
    const told = entries.map(([, [, person = "", , at = ""]]) => ({ person, repliedAtMs: Number(at) }));
    const pipeline = client.pipeline();
    for (const { person } of told) pipeline.get(keys.address(person));
    const addresses = told.length === 0 ? [] : ((await pipeline.exec()) ?? []);
    const urlAt = (at: number) => {
      const [error, url] = addresses[at] ?? [null, null];
      if (error) throw error;
      return typeof url === "string" ? url : null;
    };
    return { replies: told.map((one, at) => ({ ...one, url: urlAt(at) })), place: entries.at(-1)?.[0] ?? place };
  }
}
