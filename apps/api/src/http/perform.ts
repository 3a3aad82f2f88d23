/** Runs a route for a caller who may: within Redis's time, confirmed before it is told, and with its entry in the audit list if it changes something. */
import type { AuditEntry } from "@linkup-queue/queue";
import type { ApiContext } from "./api-context.ts";
import { toLinkupError } from "./api-error.ts";
import { HTTP_STATUS } from "./http-status.ts";
import type { Answer, RawCall, Route } from "./route.ts";

export type Performed = { call: RawCall; from: { via: AuditEntry["via"]; address: string } };

/** The route's answer. Throws what it throws, and `redis_unreachable`. */
export async function perform(route: Route, context: ApiContext, { call, from }: Performed): Promise<Answer> {
  const run = async () => {
    const answer = await route.run(context, call);
    await note(String(answer === "streamed" ? call.response.statusCode : answer.status));
    return answer;
  };
  const note = async (status: string) => {
    if (route.method === "get" || call.caller === null || isTrial(call)) return;
    const choice = route.choiceIn(call.body);
    const entry = {
      by: call.caller.name,
      via: from.via,
      from: from.address,
      what: `${route.method.toUpperCase()} ${route.path}${choice === null ? "" : ` (${choice})`}`,
      target: targetOf(call),
      status,
    };
    await (route.counted ? context.audit.count(entry) : context.audit.note(entry));
  };
  // A success is told once no failover can take it back; a stream sees to that piece by piece.
  const isTold = route.method !== "get" && route.role !== "none" && route.streams.length === 0;
  const work = isTold ? () => context.engine.confirmed(run) : run;
  // A stream bounds its own waits, one chunk at a time; what is open to all needs no Redis.
  const bounded = route.role !== "none" && route.streams.length === 0 && !route.slow;
  try {
    return await (bounded ? context.redis.within(work, context.limits.redisMs) : work());
  } catch (thrown) {
    const status = HTTP_STATUS[toLinkupError(thrown).code];
    // It may have been done. Redis may well refuse this entry, too.
    if (status >= 500) void note(String(status)).catch(() => undefined);
    throw thrown;
  }
}

/** A request that only asks what would be. */
function isTrial({ query }: RawCall): boolean {
  return (query as { dryRun?: unknown } | null)?.dryRun === "1";
}

/** Ids of things of ours; whatever else is in an address may be about a person. */
function targetOf({ params }: RawCall): string {
  const { id, jobId } = (params ?? {}) as { id?: unknown; jobId?: unknown };
  return [id, jobId].filter((part) => typeof part === "string").join(" ");
}
