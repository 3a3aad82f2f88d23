/** One look at all that a world needs to know of a server: jobs that lie there to be fetched, those in hand with their locks, and outcomes. */

import { QUEUES } from "../actors/sim-worker.ts";
import type { SimServer } from "../machine/sim-server.ts";
import { TAG } from "./names.ts";

const LOOK = `local tag, found = ARGV[1], { queues = {}, results = redis.call('LLEN', ARGV[1] .. ':results:wait') }
for at = 2, #ARGV do
  local of = tag .. ':' .. ARGV[at] .. ':'
  local due = redis.call('ZRANGE', of .. 'delayed', 0, 0, 'WITHSCORES')
  local one = { waiting = redis.call('LLEN', of .. 'wait') + redis.call('ZCARD', of .. 'prioritized'), due = due[2] or '', active = {} }
  for n, id in ipairs(redis.call('LRANGE', of .. 'active', 0, -1)) do one.active[n] = { of .. id .. ':lock', redis.call('GET', of .. id .. ':lock') or '' } end
  found.queues[at - 1] = one
end
return cjson.encode(found)`;

export type Look = {
  queues: { waiting: number; due: string; active: [lock: string, token: string][] | Record<string, never> }[];
  results: number;
};

export async function lookAt({ real }: SimServer): Promise<Look> {
  return JSON.parse(String(await real.eval(LOOK, 0, TAG, ...QUEUES))) as Look;
}
