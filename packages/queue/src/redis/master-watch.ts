/**
 * Which master took what was written over a connection. A master's history has a name that no other server gives to its own
 * (`master_replid`, https://redis.io/docs/latest/operate/oss_and_stack/management/replication/): a replica that is promoted begins a new one.
 */
import { LinkupError } from "@linkup-queue/contracts";
import { Cluster, type Redis } from "ioredis";
import { masterOfTag, type RedisClient } from "./redis-client.ts";
import { redisTrouble } from "./trouble.ts";

/** A moment of a connection: what was written over it since then went to this master, unless `isSame` says otherwise. */
export type Moment = { readonly server: Redis; readonly history: string; readonly breaks: number };

export class MasterWatch {
  readonly #client: RedisClient;
  readonly #tag: string;
  /** How often each server's connection closed, and the history that it told of. */
  readonly #known = new WeakMap<Redis, { breaks: number; history: Promise<string> | null }>();

  /** `tag`: of our keys, by which a cluster knows their server. */
  constructor(client: RedisClient, tag: string) {
    this.#client = client;
    this.#tag = tag;
  }

  /** This moment. Waits for the connection; throws `redis_unreachable` for a server that is no master. */
  async moment(): Promise<Moment> {
    // A cluster learns of its servers while it connects.
    if (this.#client instanceof Cluster && this.#server() === null) await this.#client.ping();
    const server = this.#server();
    if (server === null) throw new LinkupError("redis_unreachable", "The cluster has no server for our keys. Ask again later");
    const known = this.#watch(server);
    for (;;) {
      const { breaks } = known;
      known.history ??= historyOf(server);
      const asked = known.history;
      try {
        const history = await asked;
        if (known.breaks === breaks) return { server, history, breaks };
      } catch (error) {
        if (known.history === asked) known.history = null;
        if (error instanceof LinkupError && this.#client instanceof Cluster) this.#client.refreshSlotsCache();
        throw redisTrouble(error) ?? error;
      }
    }
  }

  /** Whether what was written since then is on the master whose history this is; null: nobody knows. */
  isSame(since: Moment, history: string | null): boolean {
    const known = this.#watch(since.server);
    // The name that we keep may be old without a break: its first replica came, or a person made it a replica and a master again.
    if (since.history !== history) known.history = null;
    return since.history === history && known.breaks === since.breaks && this.#server() === since.server;
  }

  #server(): Redis | null {
    return this.#client instanceof Cluster ? masterOfTag(this.#client, this.#tag) : this.#client;
  }

  #watch(server: Redis) {
    const known = this.#known.get(server) ?? { breaks: 0, history: null };
    if (!this.#known.has(server)) {
      this.#known.set(server, known);
      server.on("close", () => {
        known.breaks += 1;
        known.history = null;
      });
    }
    return known;
  }
}

/** The name of the master's history. Throws `redis_unreachable` for a server that is no master. */
export async function historyOf(server: Redis): Promise<string> {
  const told = await server.info("replication");
  const history = /^master_replid:(\w+)/m.exec(told)?.[1];
  if (/^role:master/m.test(told) && history !== undefined) return history;
  throw new LinkupError("redis_unreachable", "This Redis is a replica, which takes no writes: a failover is under way. Ask again later");
}
