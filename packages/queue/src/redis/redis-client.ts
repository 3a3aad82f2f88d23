/** A connection to Redis, of whichever kind, and the servers behind it. */
import { Cluster, type Redis } from "ioredis";
import { slotOf } from "./cluster-slot.ts";

export type RedisClient = Redis | Cluster;

/** The servers that may hold our keys. */
export function mastersOf(client: RedisClient): Redis[] {
  return client instanceof Cluster ? client.nodes("master") : [client];
}

/** The server that has the keys of this tag, as far as the cluster's client knows. */
export function masterOfTag(cluster: Cluster, tag: string): Redis | null {
  const address = cluster.slots[slotOf(tag)]?.[0];
  return cluster.nodes("all").find(({ options }) => `${options.host}:${options.port}` === address) ?? null;
}
