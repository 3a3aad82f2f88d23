/** Forgets a person who was invited and is still to be looked at, or whose invitation is to be taken back. */
import { personKey } from "@linkup-queue/contracts";
import type { RedisScripts } from "../redis/scripts.ts";

/** Forgets the person (by `personKey`) in all readings of invitations: nobody looks whether they accepted, and no invitation to them is taken back. */
export async function forgetInvited({ client, keys }: RedisScripts, person: string): Promise<void> {
  for (const account of await client.zrange(keys.counts, "0", "-1")) {
    const about = await client.hget(keys.countOf(account), "about");
    if (about !== null && personKey(about) === person) await client.hdel(keys.countOf(account), "about");
    for (const key of [keys.invited(account), keys.unanswered(account)]) {
      for (const address of await client.zrange(key, "0", "-1")) {
        if (personKey(address) === person) await client.zrem(key, address);
      }
    }
  }
}
