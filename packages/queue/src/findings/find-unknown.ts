/** Writes that ended `unknown` within the last day, of which nobody said whether they happened and that were not done again, from BullMQ's failed jobs and the ledger. A bounded look. */
import { CALL_QUEUES, MAX_JOB_BYTES, operationOf } from "@linkup-queue/contracts";
import { jobDigest } from "../job/job-ref.ts";
import type { EngineConfig } from "../redis/engine-config.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import { ledgerStatesScript } from "../views/lua/ledger-states.ts";
import { pageScript } from "../views/lua/page.ts";
import type { UnknownOutcomes } from "./judge-work.ts";

const DAY_MS = 86_400_000;
/** Failed jobs of each queue that are looked at, the newest first. */
const LOOKED_AT = 200;
const SHOWN = 5;

export async function findUnknown(scripts: RedisScripts, { ledgerDays }: EngineConfig, nowMs: number): Promise<UnknownOutcomes> {
  const found: { jobId: string; endedMs: number }[] = [];
  for (const queue of CALL_QUEUES) {
    const args = { queue, source: "failed", newestFirst: true, skip: 0, count: LOOKED_AT, mostData: MAX_JOB_BYTES } as const;
    const rows = (await scripts.run(pageScript, args))
      .map((row) => ({ ...row, endedMs: Number(row.score ?? 0) }))
      .filter(({ name, endedMs }) => nowMs - endedMs < DAY_MS && operationOf(name ?? "")?.kind === "write");
    if (rows.length === 0) continue;
    const digests = rows.map(({ id, timestamp = 0 }) => jobDigest({ queue, id, timestamp }));
    const states = await scripts.run(ledgerStatesScript, { digests, ledgerDays });
    const pipeline = scripts.client.pipeline();
    for (const digest of digests) pipeline.exists(scripts.keys.redriven(digest)).exists(scripts.keys.resolved(digest));
    const marks = ((await pipeline.exec()) ?? []).map(([, count]) => count === 1);
    for (const [at, { id, endedMs }] of rows.entries()) {
      const [state, status, used] = states[at] ?? ["", "", ""];
      const isUnknown = (state === "settled" ? status : used).startsWith("u");
      const isSeenTo = marks[2 * at] === true || marks[2 * at + 1] === true;
      if (isUnknown && !isSeenTo) found.push({ jobId: id, endedMs });
    }
  }
  found.sort((one, other) => other.endedMs - one.endedMs);
  return { count: found.length, sinceMs: found.at(-1)?.endedMs ?? null, jobIds: found.slice(0, SHOWN).map(({ jobId }) => jobId) };
}
