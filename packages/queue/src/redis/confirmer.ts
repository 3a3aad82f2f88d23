/**
 * Waits until as many replicas as LINKUP_REDIS_REPLICAS have what was written, so that no failover takes back what somebody was told. A master's
 * offsets only grow: a later write, and WAIT, on a connection of its own cover all that was acknowledged before on the same master. So one
 * WAIT answers all who asked before it began. In doubt a write is not confirmed.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { LinkupError } from "@linkup-queue/contracts";
import { Cluster, type Redis } from "ioredis";
import type { Keys } from "./keys.ts";
import { historyOf, MasterWatch, type Moment } from "./master-watch.ts";
import type { RedisClient } from "./redis-client.ts";
import { redisTrouble } from "./trouble.ts";

/** How long replicas may take to have a write, ms; a network round trip is far less. */
const WITHIN_MS = 1_000;
/** For an answer of the server itself, which may stand still, ms. */
const ANSWER_WITHIN_MS = 2 * WITHIN_MS;
/** The write that WAIT waits for is no use afterwards. */
const FENCE_MS = 1_000;
const RECONNECT_MS = 100;
const AGAIN = "It is written here, but a failover may take it back: ask again, jobs with the same idempotencyKey";

/** Does some work, and answers once all that it wrote or read is confirmed; at once where `isNothing` of it is to be told. */
export type Confirmed = <Done>(work: () => Promise<Done>, isNothing?: (done: Done) => boolean) => Promise<Done>;

/** Where no replica is asked for. */
export const unconfirmed: Confirmed = (work) => work();

type Waiting = { since: Moment; watch: MasterWatch; resolve: () => void; reject: (error: unknown) => void };
type Round = { history: string; replicas: number };

export type ConfirmerParts = {
  client: RedisClient;
  tag: string;
  keys: Keys;
  /** How many must have a write. */
  replicas: number;
  /** Hears of each round that too few replicas confirmed in time. */
  onUnconfirmed: () => void;
};

export class Confirmer {
  readonly #parts: ConfirmerParts;
  readonly #watch: MasterWatch;
  readonly #links = new Map<Redis, Redis>();
  /** While one round is on its way the next gathers. */
  #waiting: Waiting[] = [];
  #asking = false;
  #closed = false;

  constructor(parts: ConfirmerParts) {
    this.#parts = parts;
    this.#watch = new MasterWatch(parts.client, parts.tag);
  }

  /** Confirms what is written over this connection. */
  over(client: RedisClient): Confirmed {
    const watch = client === this.#parts.client ? this.#watch : new MasterWatch(client, this.#parts.tag);
    return async (work, isNothing = () => false) => {
      const since = await soon(watch.moment(), "Redis is away. Nothing was done; ask again");
      const done = await work();
      if (!isNothing(done)) await this.#confirm(watch, since);
      return done;
    };
  }

  /**
   * Settles when enough replicas have all that was written over the watched connection since that moment. Throws `redis_unsuitable` where too few
   * had it in time, and `redis_unreachable` where the master is not known to be the one that took it.
   */
  async #confirm(watch: MasterWatch, since: Moment): Promise<void> {
    const confirmed = new Promise<void>((resolve, reject) => this.#waiting.push({ since, watch, resolve, reject }));
    if (!this.#asking) void this.#askAll();
    await confirmed;
  }

  /** Cuts the connections. */
  close(): void {
    this.#closed = true;
    for (const link of this.#links.values()) link.disconnect();
  }

  async #askAll(): Promise<void> {
    this.#asking = true;
    while (this.#waiting.length > 0) {
      const round = this.#waiting;
      this.#waiting = [];
      const byServer = Map.groupBy(round, ({ since }) => since.server);
      await Promise.all([...byServer].map(([server, waiting]) => this.#answer(server, waiting)));
    }
    this.#asking = false;
  }

  async #answer(server: Redis, waiting: readonly Waiting[]): Promise<void> {
    const asked = await this.#ask(server).catch(notAnswered);
    const failure = asked instanceof LinkupError ? asked : this.#tooFew(asked);
    const history = asked instanceof LinkupError || failure !== null ? null : asked.history;
    for (const { since, watch, resolve, reject } of waiting) {
      if (watch.isSame(since, history)) resolve();
      else reject(failure ?? new LinkupError("redis_unreachable", `The connection to Redis broke while a write was confirmed. ${AGAIN}`));
    }
  }

  #tooFew({ replicas: confirmed }: Round): LinkupError | null {
    const { replicas, onUnconfirmed } = this.#parts;
    if (confirmed >= replicas) return null;
    onUnconfirmed();
    return new LinkupError("redis_unsuitable", `${confirmed} of ${replicas} replicas confirmed a write within ${WITHIN_MS} ms. ${AGAIN}`);
  }

  /** One round: how many replicas have all that this master was given before, and whose history it is. */
  async #ask(server: Redis): Promise<Round> {
    const link = this.#linkTo(server);
    const { keys, replicas } = this.#parts;
    // A key that was never there: where the slot is on the move, its server sends us away instead of answering for a half of it.
    const name = randomBytes(9).toString("base64url");
    const answers = Promise.all([link.set(keys.fence(name), 1, "PX", FENCE_MS), historyOf(link), link.wait(replicas, WITHIN_MS)]);
    try {
      const [, history, confirmed] = await soon(answers, `Redis did not confirm a write. ${AGAIN}`);
      return { history, replicas: confirmed };
    } catch (error) {
      // Also a connection that is open and stands still.
      link.disconnect(true);
      throw error;
    }
  }

  /** The connection on which replicas are waited for: WAIT holds up whatever comes behind it. */
  #linkTo(server: Redis): Redis {
    const known = this.#links.get(server);
    if (known !== undefined) return known;
    if (this.#closed) throw new LinkupError("interrupted", "The connection to Redis is closed");
    // A round that was under way when the connection broke fails at once: nobody can say which master would answer.
    const link = server.duplicate({ maxRetriesPerRequest: 0, lazyConnect: false, readOnly: false, retryStrategy: () => RECONNECT_MS });
    link.on("error", () => undefined);
    if (this.#parts.client instanceof Cluster) server.once("end", () => this.#drop(server));
    this.#links.set(server, link);
    return link;
  }

  #drop(server: Redis): void {
    this.#links.get(server)?.disconnect();
    this.#links.delete(server);
  }
}

/** The result of what is asked of Redis. Throws `redis_unreachable` when it takes longer than an answer may. */
async function soon<T>(asked: Promise<T>, message: string): Promise<T> {
  asked.catch(() => undefined);
  const timeUp = new AbortController();
  const late = sleep(ANSWER_WITHIN_MS, null, { ref: false, signal: timeUp.signal }).then(() => {
    throw new LinkupError("redis_unreachable", message);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    timeUp.abort();
    late.catch(() => undefined);
  }
}

function notAnswered(error: unknown): LinkupError {
  if (error instanceof LinkupError) return error;
  return redisTrouble(error) ?? new LinkupError("redis_unreachable", `Redis did not confirm a write. ${AGAIN}`, { cause: error });
}
