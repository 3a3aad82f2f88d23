/**
 * A person among jobs, waiting and ended: those that wait are cancelled through the ledger, those that ended lose what they say of the
 * person, and those whose call is out are told. It walks all of our keys, for a rare request.
 */
import { CALL_QUEUES, type CallQueue } from "@linkup-queue/contracts";
import type { ChainableCommander } from "ioredis";
import type { JobCancels } from "../again/cancels.ts";
import { JobMeta, jsonOrNull } from "../job/job-meta.ts";
import { peopleOfJob } from "../job/job-subjects.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import type { JobViews } from "../views/job-views.ts";
import { replaceText, scanKeys } from "./forget-text.ts";

export type ForgottenJobs = { cancelled: number; erased: number; inFlight: number };

export type JobParts = { scripts: RedisScripts; views: JobViews; cancels: JobCancels };

const Noted = JobMeta.pick({ about: true });

/** The rest of a job's data: whose account, and nothing about anybody else. */
function nameless(data: unknown): string {
  const { accountId, campaignId } = Object(data) as { accountId?: unknown; campaignId?: unknown };
  return JSON.stringify({ v: 1, accountId, campaignId, input: null, erased: true });
}

/** The commands of one pipeline; those that met another type of key answer nothing. */
export async function answersOf(pipeline: ChainableCommander): Promise<(string | null)[]> {
  const replies = (await pipeline.exec()) ?? [];
  return replies.map(([error, value]) => (error === null && typeof value === "string" ? value : null));
}

/** Forgets the person (by `personKey`) in the call queues and the ledger. */
export async function forgetJobs(parts: JobParts, person: string): Promise<ForgottenJobs> {
  const { scripts } = parts;
  const total: ForgottenJobs = { cancelled: 0, erased: 0, inFlight: 0 };
  const places = CALL_QUEUES.map((queue) => ({ queue, prefix: `${scripts.tag}:${queue}:` }));
  const entries = scripts.keys.job("");
  for await (const keys of scanKeys(scripts)) {
    const pipeline = scripts.client.pipeline();
    const looked = keys.flatMap((key): { queue: CallQueue | null; id: string }[] => {
      const place = places.find(({ prefix }) => key.startsWith(prefix));
      if (place !== undefined) {
        pipeline.hget(key, "data");
        return [{ queue: place.queue, id: key.slice(place.prefix.length) }];
      }
      if (!key.startsWith(entries)) return [];
      pipeline.hget(key, "meta");
      return [{ queue: null, id: key.slice(entries.length) }];
    });
    if (looked.length === 0) continue;
    for (const [at, text] of (await answersOf(pipeline)).entries()) {
      const one = looked[at];
      if (text === null || one === undefined) continue;
      const value = jsonOrNull(text);
      if (one.queue === null) {
        if (peopleOfEntry(value).includes(person)) await forgetEntry(scripts, { digest: one.id, text, person });
      } else if (peopleOfJob(value).includes(person)) total[await forgetJob(parts, { queue: one.queue, id: one.id, text })] += 1;
    }
  }
  return total;
}

async function forgetJob(
  { scripts, views, cancels }: JobParts,
  { queue, id, text }: { queue: CallQueue; id: string; text: string },
): Promise<keyof ForgottenJobs> {
  const [found] = await views.find(id, queue);
  const said = found === undefined ? "ended" : await cancels.cancel(found, { nameless: true });
  if (said === "call_out") return "inFlight";
  await replaceText(scripts, { event: "job", queue, id }, { was: text, becomes: nameless(jsonOrNull(text)) });
  return said === "cancelled" ? "cancelled" : "erased";
}

/** The ledger's own note of a job says whom it is about; one of an earlier version names the recipient alone. */
function peopleOfEntry(meta: unknown): string[] {
  return [...peopleOfJob(meta), ...(Noted.safeParse(meta).data?.about ?? [])];
}

/** Whatever writes the job's outcome from the ledger's note names nobody. */
async function forgetEntry(
  scripts: RedisScripts,
  { digest, text, person }: { digest: string; text: string; person: string },
): Promise<void> {
  const meta = Object(jsonOrNull(text)) as Record<string, unknown>;
  const others = (Noted.safeParse(meta).data?.about ?? []).filter((other) => other !== person);
  // A script that writes the note again would make an empty list an object.
  const about = others.length === 0 ? undefined : others;
  await replaceText(scripts, { event: "entry", digest }, { was: text, becomes: JSON.stringify({ ...meta, recipientId: null, about }) });
}
