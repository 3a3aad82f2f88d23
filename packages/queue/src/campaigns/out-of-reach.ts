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
import { type Drawn, drawRecipients } from "./draw-samples.ts";
import { outOfReachScript } from "./lua/out-of-reach.ts";
import { OUT_OF_REACH_CODES, type OutOfReachCode } from "./out-of-reach-code.ts";

/** How many of the recipients that are left would not be written to now, in all and by code; an estimate where fewer were `looked` at than there are. */
export type OutOfReach = { recipients: number; byCode: Record<OutOfReachCode, number>; looked: number };

const REACHING: ReadonlySet<string> = new Set(REACHING_OPERATIONS);
/** So many are looked at, at most. */
const MOST_LOOKED = 2_000;
const AT_ONCE = 200;

/** Null for a campaign that writes to nobody. `random` gives numbers from 0 to below 1. */
export async function countOutOfReach(
  { scripts, digests }: { scripts: RedisScripts; digests: PeopleDigests },
  campaign: Campaign,
  random: () => number,
): Promise<OutOfReach | null> {
  if (!REACHING.has(campaign.definition.operation)) return null;
  const found: Record<OutOfReachCode, number> = { suppressed: 0, replied: 0, contacted_recently: 0 };
  // Nobody was ever suppressed, written to or heard of.
  if ((await digests.refresh()) === null) return { recipients: 0, byCode: found, looked: campaign.recipients.unsent };
  const drawn = await drawRecipients(scripts, campaign, { count: MOST_LOOKED, random });
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
