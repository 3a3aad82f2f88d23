/**
 * Examples of what a campaign will send, drawn at random from all that are left, each with the same chance, at flat memory. It changes nothing,
 * and shows an operation's input alone: no secret is in there.
 */
import type { OperationName } from "@linkup-queue/contracts";
import type { RedisScripts } from "../redis/scripts.ts";
import { countRecipients, isForgotten, type Recipient, unpackRecipients } from "./campaign-recipients.ts";
import type { Campaign } from "./campaign-record.ts";
import { textsOfSteps } from "./campaign-steps.ts";
import { renderInput } from "./campaign-template.ts";
import { readPackedChunks } from "./unsent.ts";

/** Recipients that are shown as examples. */
export const SAMPLES = 10;
type SentInput = Record<string, unknown>;
/** The input that a recipient will be sent; of a sequence that of the first step, and beside it those of all. */
export type Sample = { recipientId: string; input: SentInput; steps?: { operation: OperationName; input: SentInput }[] };

/** A recipient with the account whose share it is. */
export type Drawn = Recipient & { accountId: string };

/** More are looked at than are shown: some may be erased, or not fit a text that was edited meanwhile. */
export const LOOKED_AT_FOR_SAMPLES = 3 * SAMPLES;
const CHUNKS_AT_ONCE = 16;

/** The first of these whom the text fits, as examples; `drawn` is in a random order. */
export function samplesOf({ definition }: Pick<Campaign, "definition">, drawn: readonly Drawn[]): Sample[] {
  const samples: Sample[] = [];
  for (const { id, fields } of drawn.slice(0, LOOKED_AT_FOR_SAMPLES)) {
    const steps = textsOfSteps(definition).flatMap(({ operation, input }) => {
      const rendered = renderInput(operation, input, fields);
      return rendered.ok ? [{ operation, input: rendered.input }] : [];
    });
    const [first] = steps;
    const fits = steps.length === (definition.steps?.length ?? 1);
    if (fits && first !== undefined)
      samples.push({ recipientId: id, input: first.input, ...(definition.steps === undefined ? {} : { steps }) });
    if (samples.length === SAMPLES) break;
  }
  return samples;
}

/**
 * `count` of the recipients that are left, or all of them, in a random order; fewer where some were erased or fed meanwhile. `random` gives numbers from 0 to below 1: the
 * same ones, the same recipients.
 */
export async function drawRecipients(
  scripts: RedisScripts,
  campaign: Campaign,
  { count, random }: { count: number; random: () => number },
): Promise<Drawn[]> {
  const { definition, left } = campaign;
  const total = definition.accountIds.reduce((sum, account) => sum + (left[account] ?? 0), 0);
  const places = drawPlaces(total, count, random);
  const found = await recipientsAt(scripts, campaign, new Set(places));
  return places.flatMap((place) => {
    const recipient = found.get(place);
    return recipient === undefined || isForgotten(recipient) ? [] : [recipient];
  });
}

/** `count` different numbers below `total`, or all of them, in an order as random as they are: Floyd's draw, then a shuffle. */
export function drawPlaces(total: number, count: number, random: () => number): number[] {
  const drawn = new Set<number>();
  for (let last = Math.max(0, total - count); last < total; last++) {
    const place = Math.floor(random() * (last + 1));
    drawn.add(drawn.has(place) ? last : place);
  }
  const places = [...drawn];
  for (let at = places.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [places[at], places[other]] = [places[other] ?? 0, places[at] ?? 0];
  }
  return places;
}

/** The recipients at these places, counted account by account among those that are left. */
async function recipientsAt(scripts: RedisScripts, campaign: Campaign, places: ReadonlySet<number>): Promise<Map<number, Drawn>> {
  const found = new Map<number, Drawn>();
  let before = 0;
  for (const account of campaign.definition.accountIds) {
    const end = before + (campaign.left[account] ?? 0);
    const ofAccount = [...places].filter((place) => place >= before && place < end).map((place) => place - before);
    if (ofAccount.length > 0)
      for (const [place, recipient] of await ofShare(scripts, { id: campaign.id, account }, ofAccount))
        found.set(before + place, { ...recipient, accountId: account });
    before = end;
  }
  return found;
}

/** Chunks without a wanted row are counted and not read further. */
async function ofShare(
  scripts: RedisScripts,
  { id, account }: { id: string; account: string },
  wanted: readonly number[],
): Promise<Map<number, Recipient>> {
  const found = new Map<number, Recipient>();
  const last = wanted.reduce((top, place) => Math.max(top, place), -1);
  let before = 0;
  for (let chunk = 0; before <= last; ) {
    const read = await readPackedChunks(scripts, id, { account, chunk, most: CHUNKS_AT_ONCE });
    if (read.packed.length === 0) break;
    for (const [index, packed] of read.packed.entries()) {
      const from = index === 0 ? read.from : 0;
      const end = before + countRecipients(packed) - from;
      const inChunk = wanted.filter((place) => place >= before && place < end);
      const recipients = inChunk.length > 0 ? unpackRecipients(packed) : [];
      for (const place of inChunk) {
        const recipient = recipients[from + place - before];
        if (recipient !== undefined) found.set(place, recipient);
      }
      before = end;
    }
    chunk = read.chunk + read.packed.length;
  }
  return found;
}
