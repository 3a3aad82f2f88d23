/** A person among kept outcomes and those on the results queue: what they say of the person goes; how they ended and what they cost stays. */
import { Outcome, RESULTS_QUEUE, withoutPerson } from "@linkup-queue/contracts";
import { jsonOrNull } from "../job/job-meta.ts";
import { resolvedIdOf } from "../job/job-ref.ts";
import { packOutcome, unpackStored } from "../ledger/outcome-store.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import { answersOf } from "./forget-jobs.ts";
import { replaceText, scanKeys } from "./forget-text.ts";

export type ForgottenOutcomes = { kept: number; results: number };

/** Forgets the person (by `personKey`) in all outcomes that Redis holds. */
export async function forgetOutcomes(scripts: RedisScripts, person: string): Promise<ForgottenOutcomes> {
  const keptKey = scripts.keys.outcome("");
  const resultKey = `${scripts.tag}:${RESULTS_QUEUE}:`;
  const kept = new Set<string>();
  const results = new Set<string>();
  for await (const keys of scanKeys(scripts)) {
    const outcomeIds = keys.filter((key) => key.startsWith(keptKey)).map((key) => key.slice(keptKey.length));
    for (const outcomeId of await namedBy(scripts, outcomeIds, person)) kept.add(outcomeId);
    const published = keys.filter((key) => key.startsWith(resultKey)).map((key) => key.slice(resultKey.length));
    for (const id of await forgetResults(scripts, published, { person, about: [] })) results.add(id);
  }
  // A kept outcome knows whom its job was about; the one on the results queue need not say so.
  for (const id of await forgetResults(
    scripts,
    [...kept].flatMap((id) => [id, resolvedIdOf(id)]),
    { person, about: [person] },
  ))
    results.add(id);
  return { kept: kept.size, results: results.size };
}

/** The kept outcomes that named the person until now. */
async function namedBy(scripts: RedisScripts, outcomeIds: readonly string[], person: string): Promise<string[]> {
  if (outcomeIds.length === 0) return [];
  const packed = await scripts.client.mgetBuffer(outcomeIds.map((id) => scripts.keys.outcome(id)));
  const named: string[] = [];
  for (const [at, outcomeId] of outcomeIds.entries()) {
    let was = packed[at] ?? null;
    while (was !== null) {
      const { outcome, about } = unpackStored(was);
      const left = withoutPerson(outcome, person, about);
      if (left === null) break;
      named.push(outcomeId);
      const becomes = packOutcome(left, { about: about.filter((one) => one !== person) });
      if ((await replaceText(scripts, { event: "outcome", outcomeId }, { was, becomes })) !== "changed") break;
      was = await scripts.client.getBuffer(scripts.keys.outcome(outcomeId));
    }
  }
  return named;
}

/** The jobs on the results queue that named the person, or were about them, until now. Their consumers get them without. */
async function forgetResults(
  scripts: RedisScripts,
  ids: readonly string[],
  { person, about }: { person: string; about: readonly string[] },
): Promise<string[]> {
  if (ids.length === 0) return [];
  const pipeline = scripts.client.pipeline();
  for (const id of ids) pipeline.hget(`${scripts.tag}:${RESULTS_QUEUE}:${id}`, "data");
  const named: string[] = [];
  for (const [at, was] of (await answersOf(pipeline)).entries()) {
    const id = ids[at];
    const outcome = was === null ? undefined : Outcome.safeParse(jsonOrNull(was)).data;
    if (was === null || id === undefined || outcome === undefined) continue;
    const left = withoutPerson(outcome, person, about);
    if (left === null) continue;
    const said = await replaceText(scripts, { event: "job", queue: RESULTS_QUEUE, id }, { was, becomes: JSON.stringify(left) });
    if (said === "done") named.push(id);
  }
  return named;
}
