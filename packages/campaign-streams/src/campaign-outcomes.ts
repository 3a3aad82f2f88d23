/**
 * A campaign's outcomes from wherever they are kept: Redis first, and the archive for what Redis keeps no longer. Nobody sees a difference,
 * but that the archive does not keep what the list says of a recipient.
 */
import type { Archive } from "@linkup-queue/archive";
import type { ResultRow } from "@linkup-queue/campaign-files";
import { MAX_ROW_FIELDS, OPERATIONS, type Outcome } from "@linkup-queue/contracts";
import type { Campaign, CampaignOutcome, Engine, Unsent, UnsentPlace } from "@linkup-queue/queue";

/** `archive`: null where outcomes are kept in Redis alone. */
export type OutcomeSources = { engine: Pick<Engine, "scripts" | "campaigns">; archive: Archive | null };

const PAGE = 200;

/** Whether there is such a campaign, or its outcomes are archived. */
export async function hasOutcomes({ engine, archive }: OutcomeSources, campaignId: string): Promise<boolean> {
  if ((await engine.campaigns.read(campaignId)) !== null) return true;
  return archive !== null && (await archive.byCampaign(campaignId, { limit: 1 })).items.length > 0;
}

/** Redis and workers tell the time apart by less, ms: around the moment at which a list was dropped an outcome may be in both places. */
const CLOCKS_DIFFER_MS = 60_000;

const elsewhereOf = ({ archive }: OutcomeSources) => (archive === null ? undefined : (ids: readonly string[]) => archive.readMany(ids));

/** How many outcomes of a campaign are kept nowhere any more: an export is that much short of all. */
export async function countGone(sources: OutcomeSources, campaignId: string): Promise<number> {
  const { engine, archive } = sources;
  const { campaigns } = engine;
  const { count = 0, untilMs = 0 } = (await campaigns.read(campaignId))?.dropped ?? {};
  const archived = archive === null || count === 0 ? 0 : await archive.countByCampaign(campaignId, { toMs: untilMs + CLOCKS_DIFFER_MS });
  return Math.max(0, count - archived) + (await campaigns.countGone(campaignId, { elsewhere: elsewhereOf(sources) }));
}

/**
 * A campaign's outcomes, a page at a time, each once: in the order they came, after those that ended before Redis forgot that order. Throws
 * `interrupted` when Redis forgets it meanwhile.
 * `onGone` is told of each that Redis lists and nobody keeps.
 */
export async function* campaignOutcomes(sources: OutcomeSources, campaignId: string, onGone?: () => void): AsyncGenerator<CampaignOutcome> {
  const { engine, archive } = sources;
  const { campaigns } = engine;
  const { count: dropped = 0, untilMs = 0 } = (await campaigns.read(campaignId))?.dropped ?? {};
  const listed = await engine.scripts.client.llen(engine.scripts.keys.campaignOutcomes(campaignId));
  const near = new Set<string>();
  if (archive !== null && (dropped > 0 || listed === 0)) {
    for await (const outcome of archivedOutcomes(archive, { campaignId, ...(listed > 0 ? { toMs: untilMs + CLOCKS_DIFFER_MS } : {}) })) {
      if (Date.parse(outcome.finishedAt) >= untilMs - CLOCKS_DIFFER_MS) near.add(outcome.outcomeId);
      yield { outcome, fields: null };
    }
  }
  if (listed === 0) return;
  for await (const one of campaigns.outcomes(campaignId, { listed, elsewhere: elsewhereOf(sources), ...(onGone && { onGone }) })) {
    if (!near.has(one.outcome.outcomeId)) yield one;
  }
}

/** The content of an export beside outcomes. `fields`: what the list says of each recipient; `unsent`: those who were not put into a queue. */
export type ResultsRequest = { fields: boolean; unsent: boolean; onGone?: () => void };

const UNSENT_PAGE = 1_000;

/** A campaign's results as rows: its outcomes in their order, then those who were not put into a queue, in the order of their accounts' shares. */
export async function* campaignResults(
  sources: OutcomeSources,
  campaignId: string,
  { fields, unsent, onGone }: ResultsRequest,
): AsyncGenerator<ResultRow> {
  for await (const one of campaignOutcomes(sources, campaignId, onGone))
    yield fields ? { ...one.outcome, fields: one.fields } : one.outcome;
  const { campaigns } = sources.engine;
  const campaign = unsent ? await campaigns.read(campaignId) : null;
  if (campaign === null) return;
  for (let after: UnsentPlace | null | undefined; after !== null; ) {
    const page = await campaigns.unsent(campaign, { after, limit: UNSENT_PAGE });
    for (const recipient of page.items) yield unsentRow(campaign, recipient, fields);
    after = page.next;
  }
}

function unsentRow({ id, definition: { operation } }: Campaign, recipient: Unsent, withFields: boolean): ResultRow {
  return {
    v: 1,
    outcomeId: null,
    queue: OPERATIONS[operation].queue,
    jobId: null,
    operation,
    accountId: recipient.accountId,
    campaignId: id,
    recipientId: recipient.id,
    step: null,
    status: "unsent",
    code: null,
    message: "Nothing was sent: the recipient was not put into a call queue",
    httpStatus: null,
    output: null,
    calls: 0,
    credits: { charged: 0, uncertain: 0 },
    redriveOf: null,
    reconciled: null,
    resolved: null,
    enqueuedAt: null,
    startedAt: null,
    finishedAt: null,
    ...(withFields ? { fields: recipient.fields } : {}),
  };
}

/** The names of the fields that the rows have, in the order in which they are met: a table has a column for each. */
export async function resultFields(rows: AsyncIterable<ResultRow>): Promise<string[]> {
  const names = new Set<string>();
  for await (const { fields } of rows) {
    if (fields === undefined || fields === null) continue;
    for (const name of Object.keys(fields)) if (names.size < MAX_ROW_FIELDS) names.add(name);
  }
  return [...names];
}

async function* archivedOutcomes(archive: Archive, filter: { campaignId: string; toMs?: number }): AsyncGenerator<Outcome> {
  let after: Parameters<Archive["list"]>[1]["after"];
  do {
    const page = await archive.list(filter, { after, limit: PAGE });
    yield* page.items;
    after = page.next ?? undefined;
  } while (after !== undefined);
}
