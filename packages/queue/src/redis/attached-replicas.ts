/** Whether LINKUP_REDIS_REPLICAS asks for as many replicas as there are: any of them may be promoted, also the one that lacks a write. */
import { LinkupError } from "@linkup-queue/contracts";
import { mastersOf, type RedisClient } from "./redis-client.ts";

export type AttachedReplicas = { asked: number; attached: number };

/** How many replicas follow the master, of a cluster the one that has most. */
export async function attachedReplicas(client: RedisClient): Promise<number> {
  const told = await Promise.all(mastersOf(client).map((server) => server.info("replication")));
  return told.reduce((most, text) => Math.max(most, Number(/^connected_slaves:(\d+)/m.exec(text)?.[1] ?? 0)), 0);
}

/** A failover's harm where fewer are asked for than are attached; null for none. */
export function tooFewAsked({ asked, attached }: AttachedReplicas): string | null {
  if (attached <= asked) return null;
  const setting = `LINKUP_REDIS_REPLICAS asks for ${asked} of the ${attached} replicas that are attached`;
  return `${setting}: a failover to another may send twice, and take back what was answered with success. Set it to ${attached}`;
}

/** Throws `configuration_invalid` where fewer are asked for than are attached: for a process that is to be strict. */
export async function checkAttached(client: RedisClient, { asked, strict }: { asked: number; strict: boolean }): Promise<void> {
  if (!strict) return;
  const trouble = tooFewAsked({ asked, attached: await attachedReplicas(client) });
  if (trouble !== null) throw new LinkupError("configuration_invalid", trouble);
}
