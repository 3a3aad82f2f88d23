/** A connection to Redis, of whichever kind, and the servers behind it. */
import { Cluster, type Redis } from "ioredis";

export type RedisClient = Redis | Cluster;

/** The servers that may hold our keys. */
export function mastersOf(client: RedisClient): Redis[] {
  return client instanceof Cluster ? client.nodes("master") : [client];
}
