/** Forgets a person who was invited and is still to be looked at. */
import { personKey } from "@linkup-queue/contracts";
import type { RedisScripts } from "../redis/scripts.ts";

/** Forgets the person (by `personKey`) in all readings of invitations: nobody looks whether they accepted. */
export async function forgetInvited({ client, keys }: RedisScripts, person: string): Promise<void> {
  for (const account of await client.zrange(keys.counts, "0", "-1")) {
    const about = await client.hget(keys.countOf(account), "about");
    if (about !== null && personKey(about) === person) await client.hdel(keys.countOf(account), "about");
    for (const address of await client.zrange(keys.invited(account), "0", "-1")) {
      if (personKey(address) === person) await client.zrem(keys.invited(account), address);
    }
  }
}
