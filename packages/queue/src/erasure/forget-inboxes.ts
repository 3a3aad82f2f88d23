/** Forgets where a person is found whose conversation a reading of an inbox is still to look at. */
import { peopleIn } from "@linkup-queue/contracts";
import { jsonOrNull } from "../job/job-meta.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import { replaceText } from "./forget-text.ts";

/** Forgets the person (by `personKey`) in all readings that are under way: a conversation without an address is looked at, and nobody is told of. */
export async function forgetInboxes(scripts: RedisScripts, person: string): Promise<void> {
  for (const account of await scripts.client.zrange(scripts.keys.watches, "0", "-1")) {
    while (await forgetIn(scripts, account, person));
  }
}

/** Whether it is to be read again, as it changed meanwhile. */
async function forgetIn(scripts: RedisScripts, account: string, person: string): Promise<boolean> {
  const was = await scripts.client.hget(scripts.keys.watch(account), "asks");
  const asks = was === null ? null : jsonOrNull(was);
  if (was === null || !Array.isArray(asks) || !asks.some((ask) => names(ask, person))) return false;
  const becomes = JSON.stringify(asks.map((ask) => (names(ask, person) ? { ...ask, address: "" } : ask)));
  return (await replaceText(scripts, { event: "asks", account }, { was, becomes })) === "changed";
}

function names(ask: unknown, person: string): boolean {
  return peopleIn(ask).has(person);
}
