/**
 * A write that may have been done and is looked for: what the ledger keeps of it until a read, or their number, settles it. Pure. Texts are kept as
 * digests, and nobody is named.
 */
import { hash } from "node:crypto";
import { OUTCOME_CODES } from "@linkup-queue/contracts";
import { z } from "zod";
import { jsonOrNull } from "./job-meta.ts";
import type { Ending } from "./outcome.ts";

/** A write that was told `unknown`. `sinceMs`: it left no sooner, as far as its outcome says; `fromMs`: nor before that, however late its start was written. */
const WriteBefore = z.object({ digest: z.string(), sinceMs: z.number(), fromMs: z.number() });
export type WriteBefore = z.infer<typeof WriteBefore>;

export const Reconciling = z.object({
  /** The account that may have done it: only this one can look. */
  account: z.string(),
  /** A digest of its target, see `jobTarget`. */
  target: z.string(),
  /** A digest of its text, see `textDigest`; empty without one. */
  text: z.string(),
  /** How the job ends where no look can tell. */
  code: z.enum(OUTCOME_CODES),
  message: z.string(),
  httpStatus: z.number().nullable(),
  /** Looks that were paid for, or may have been. */
  looks: z.number(),
  /** A look found that it was not there. */
  absent: z.boolean(),
  /** The write of another job, which was told `unknown` before and is looked for by this one; left out where a job looks for its own. */
  of: WriteBefore.optional(),
});
export type Reconciling = z.infer<typeof Reconciling>;

/** As it stands in a ledger entry; null for an empty text. */
export const ReconcilingText = z.string().transform((text) => (text === "" ? null : Reconciling.parse(jsonOrNull(text))));

/** The first record of a write that ended unknown just now. */
export function beginReconciling({
  ending,
  ...write
}: Pick<Reconciling, "account" | "target" | "text" | "of"> & { ending: Pick<Ending, "code" | "message" | "httpStatus"> }): Reconciling {
  const { code, message, httpStatus } = ending;
  return { ...write, code: code ?? "interrupted", message, httpStatus, looks: 0, absent: false };
}

/** Looks at one write, at most: two tell, one asks for the account's own name, and as many again may be lost on the way. */
const MOST_LOOKS = 6;

/** After a look that cost, or may have cost, and told nothing; null when it was the last. */
export function afterLostLook(reconciling: Reconciling): Reconciling | null {
  const looks = reconciling.looks + 1;
  return looks < MOST_LOOKS ? { ...reconciling, looks } : null;
}

/** The end of a job where no look could tell: `unknown`, as it would have ended at once. */
export function endingInDoubt({ code, message, httpStatus }: Reconciling): Ending {
  return { status: "unknown", code, message: `${message}. It was looked for, and no look could tell`, httpStatus, output: null };
}

/** A digest of a text by which it is known again on LinkedIn, whatever was done to its spaces and accents. */
export function textDigest(text: string): string {
  return hash("sha256", text.normalize("NFC").replace(/\s+/g, " ").trim(), "base64url").slice(0, 22);
}
