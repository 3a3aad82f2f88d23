/**
 * A person's word on an outcome that is `unknown`: whether it happened. It is kept in the outcome and told once more, under the same `outcomeId`.
 * Nothing here sends a call, or repeats one.
 */
import { LinkupError, type Outcome, type OutcomeStatus, type Reconciled } from "@linkup-queue/contracts";
import { deliveryLane } from "../job/delivery-lane.ts";
import { outcomeIdOf } from "../job/job-ref.ts";
import { isRecipientJob } from "../job/recipient-job-id.ts";
import type { EngineConfig } from "../redis/engine-config.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import { resolveScript } from "./lua/resolve.ts";
import { packOutcome, unpackStored } from "./outcome-store.ts";

/** A person's word, and whose it is. */
export type Word = { happened: boolean; by: string };

/** `duplicate`: the same word was given before. */
export type Said = { outcome: Outcome; duplicate: boolean };

/** A read's finding on a write that was told `unknown`. `digest`: of its job. */
export type Found = { digest: string; happened: boolean; reconciled: Reconciled };

/** A job as far as the ledger knows its end. */
export type EndedJob = { digest: string; ended: OutcomeStatus | null };

/** The end of a read's finding: `kept` and to be told; `not_kept`: it was said before, or the outcome is gone; `done_again`: it proves nothing. */
export type Finding = { kind: "kept"; outcomeId: string } | { kind: "not_kept" | "done_again" };

const DIFFERS = "Nothing was changed: whoever heard the first word would not hear of another. Nothing is sent by either";

export class Resolutions {
  readonly #scripts: RedisScripts;
  readonly #config: EngineConfig;

  constructor(scripts: RedisScripts, config: EngineConfig) {
    this.#scripts = scripts;
    this.#config = config;
  }

  /**
   * Keeps a person's word on the unknown outcome of a job. `duplicate`: the same word was given before, and stays as it was. Publish the outcome
   * afterwards, by `Outbox.publishResolved`. Throws LinkupError: `not_found` where the outcome is kept no longer; `conflict` where there is none yet,
   * where it is not `unknown`, and where the other word was given: its second telling has one name on the results queue, and no third.
   */
  async resolve({ digest, ended }: EndedJob, word: Word): Promise<Said> {
    if (ended === null) throw new LinkupError("conflict", "The job has no outcome yet");
    if (ended !== "unknown") throw new LinkupError("conflict", `The job ended ${ended}: there is no doubt about it`);
    const said = await this.#say(digest, word);
    if (said === "done_again") throw new Error("a person's word was taken for a read's");
    return said;
  }

  /** `done_again`: a read saw what may be the second message or invitation, so nothing is kept. */
  async #say(digest: string, { happened, by, reconciled }: Word & { reconciled?: Reconciled }): Promise<Said | "done_again"> {
    const { client, keys } = this.#scripts;
    const outcomeId = outcomeIdOf(digest);
    for (;;) {
      const was = await client.getBuffer(keys.outcome(outcomeId));
      if (was === null) throw new LinkupError("not_found", "The job's outcome is kept no longer (LINKUP_OUTCOME_DAYS)");
      const { outcome: former, ...beside } = unpackStored(was);
      if (former.resolved !== null) return repeated(former, happened);
      const at = reconciled?.at ?? new Date().toISOString();
      const outcome: Outcome = { ...former, ...(reconciled && { reconciled }), resolved: { happened, by, at } };
      const kept = await this.#keep(digest, outcome, [was, packOutcome(outcome, beside)]);
      if (kept === "done") return { outcome, duplicate: false };
      if (kept === "done_again") return kept;
      // An erasure may have come between, or another person's word: then it is looked at once more.
    }
  }

  /** Keeps what a read found, as a person's word is kept; a word that was given meanwhile stays. An outcome whose word was kept is to be published again. */
  async keepFound({ digest, happened, reconciled }: Found): Promise<Finding> {
    try {
      const said = await this.#say(digest, { happened, by: reconciled.by, reconciled });
      if (said === "done_again") return { kind: said };
      return said.duplicate ? { kind: "not_kept" } : { kind: "kept", outcomeId: said.outcome.outcomeId };
    } catch (thrown) {
      const { code } = LinkupError.from(thrown);
      if (code === "conflict" || code === "not_found") return { kind: "not_kept" };
      throw thrown;
    }
  }

  async #keep(
    digest: string,
    outcome: Outcome,
    blobs: [was: Buffer, becomes: Buffer],
  ): Promise<"done" | "changed" | "gone" | "done_again"> {
    const { ledgerDays, outcomeDays, resultsMax } = this.#config;
    const { outcomeId, queue, jobId: id, accountId, campaignId, recipientId, step, resolved, reconciled } = outcome;
    const asked = {
      digest,
      outcomeId,
      happened: resolved?.happened === true,
      isFound: reconciled !== null,
      campaign: campaignId ?? undefined,
      isRecipientJob: isRecipientJob({ id, campaignId, recipientId, step: step ?? undefined }),
      deliveryLane: deliveryLane({ ref: { queue, id }, accountId, recipientId }),
      onResults: resultsMax > 0,
      ledgerDays,
      outcomeDays,
    };
    return await this.#scripts.run(resolveScript, asked, blobs);
  }
}

function repeated(outcome: Outcome, happened: boolean): Said {
  const { resolved } = outcome;
  if (resolved?.happened === happened) return { outcome, duplicate: true };
  const first = resolved?.happened === true ? "happened" : "did not happen";
  throw new LinkupError("conflict", `${resolved?.by} said at ${resolved?.at} that it ${first}. ${DIFFERS}`);
}
