/**
 * The lines of one batch under one key, as the api and the command line read them: each line without a key of its own gets one of the batch's key, its
 * target and its ordinal. So a list may be sent again with rows added, taken out, moved and corrected, and gives nobody anything twice.
 */
import { operationOf } from "@linkup-queue/contracts";
import { type Batch, contentDigestOf, FINGERPRINT_LENGTH, targetDigestOf } from "../job/job-key.ts";
import { type ReadJob, readJob } from "./read-job.ts";
import { TargetOrdinals } from "./target-ordinals.ts";

export type BatchSource = {
  /** The caller's name: keys belong to it. */
  caller: string;
  /** The batch's key; null for lines that have no key but their own. */
  key: string | null;
};

export class BatchLines {
  readonly #caller: string;
  readonly #batch: Batch | null;
  readonly #ordinals = new TargetOrdinals();

  constructor({ caller, key }: BatchSource) {
    this.#caller = caller;
    this.#batch = key === null ? null : { caller, key };
  }

  /** Checks the next line. All lines that can be read are to be handed over, in their order. `line`: its number. */
  read(value: unknown, line: number): ReadJob {
    const read = readJob(value, { caller: this.#caller, fallbackKey: null, nowMs: Date.now() });
    if (this.#batch === null) return read;
    if (!read.ok) {
      // It keeps its place: corrected and sent again it moves no other line of its target.
      const target = targetOfRefused(value);
      if (target !== null) this.#ordinals.next(target, null);
      return read;
    }
    const { job } = read;
    const digest = contentDigestOf(job);
    const fingerprint = digest.slice(0, FINGERPRINT_LENGTH);
    const object = objectOf(job.operation, job.data.input);
    const target = object === null ? digest : targetDigestOf(job.operation, object);
    const place = this.#ordinals.next(target, fingerprint);
    // One with a key of its own keeps its place, too: that key may have been given to it because its place was taken.
    if (job.key !== null) return read;
    return { ...read, job: { ...job, key: { batch: this.#batch, target, hasObject: object !== null, fingerprint, ...place, line } } };
  }
}

function objectOf(operation: string, input: Readonly<Record<string, unknown>>): string | null {
  return operationOf(operation)?.target?.of(input) ?? null;
}

/** The target of a line that is not valid; null where it can't be read. */
function targetOfRefused(value: unknown): string | null {
  if (!isRecord(value) || typeof value["operation"] !== "string" || !isRecord(value["input"])) return null;
  const object = objectOf(value["operation"], value["input"]);
  return object === null ? null : targetDigestOf(value["operation"], object);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
