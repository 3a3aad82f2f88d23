/**
 * Recipients of a campaign who would not be written to: suppressed, answered, or written to lately. Counted among those that are left, by the gate's own rule as of
 * now; of a long list among some that are drawn at random. It changes nothing.
 */
import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import { REACHING_OPERATIONS } from "@linkup-queue/contracts";
import { peopleOfJob, peopleReached } from "../job/job-subjects.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import type { PeopleDigests } from "../safety/people-digests.ts";
import type { Campaign } from "./campaign-record.ts";
import { renderInput } from "./campaign-template.ts";
import type { Drawn } from "./draw-samples.ts";
import { outOfReachScript } from "./lua/out-of-reach.ts";
import { OUT_OF_REACH_CODES, type OutOfReachCode } from "./out-of-reach-code.ts";

/** How many of the recipients that are left would not be written to now, in all and by code; an estimate where fewer were `looked` at than there are. */
export type OutOfReach = { recipients: number; byCode: Record<OutOfReachCode, number>; looked: number };

const REACHING: ReadonlySet<string> = new Set(REACHING_OPERATIONS);
/** So many are looked at, at most. */
const MOST_LOOKED = 2_000;
const AT_ONCE = 200;

type Parts = { scripts: RedisScripts; digests: PeopleDigests };

/** How many recipients have to be drawn for the count: none for a campaign that writes to nobody, or while nobody was ever suppressed, written to or heard of. */
export async function drawnForReach({ digests }: Pick<Parts, "digests">, campaign: Campaign): Promise<number> {
  return REACHING.has(campaign.definition.operation) && (await digests.refresh()) !== null ? MOST_LOOKED : 0;
}

/** Null for a campaign that writes to nobody. `drawn`: recipients that are left, drawn at random as `drawnForReach` says; null where it says none. */
export async function countOutOfReach(
  { scripts, digests }: Parts,
  campaign: Campaign,
  drawn: readonly Drawn[] | null,
): Promise<OutOfReach | null> {
  if (!REACHING.has(campaign.definition.operation)) return null;
  const found: Record<OutOfReachCode, number> = { suppressed: 0, replied: 0, contacted_recently: 0 };
  if (drawn === null) return { recipients: 0, byCode: found, looked: campaign.recipients.unsent };
  for (let at = 0; at < drawn.length; at += AT_ONCE) {
    const recipients = drawn.slice(at, at + AT_ONCE).map((recipient) => asked(digests, campaign, recipient));
    for (const code of await scripts.run(outOfReachScript, { campaign: campaign.id, recipients })) if (code !== null) found[code] += 1;
    await yieldToEventLoop();
  }
  const scale = drawn.length === 0 ? 0 : campaign.recipients.unsent / drawn.length;
  const byCode = { ...found };
  for (const code of OUT_OF_REACH_CODES) byCode[code] = Math.round(found[code] * scale);
  return { recipients: OUT_OF_REACH_CODES.reduce((sum, code) => sum + byCode[code], 0), byCode, looked: drawn.length };
}

function asked(digests: PeopleDigests, { definition: { operation, input } }: Campaign, { id, fields, accountId }: Drawn) {
  const rendered = renderInput(operation, input, fields);
  const data = { input: rendered.ok ? rendered.input : {}, recipientId: id };
  const { people = "", reached = "" } = digests.told(peopleReached(operation, data), peopleOfJob({ ...data, template: { fields } }));
  return { people, reached, account: accountId };
}
