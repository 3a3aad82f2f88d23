/** The ids of the jobs that a recipient of a campaign ever gets, and how to tell such a job from others that name the campaign. */
import { createHash } from "node:crypto";

/** A step that is known not to have been sent is tried so often, each time as a job of its own. */
export const MOST_TRIES = 3;

/** The number of a look before a step (decision 61): hundreds say which look, tens how many failed, ones how many tries of the step there were before. */
const LOOKS: readonly number[] = Array.from(
  { length: 270 },
  (_none, at) => (1 + Math.floor(at / 30)) * 100 + (Math.floor(at / 3) % 10) * 10 + (at % 3),
);

/** One of the jobs of a recipient in a sequence: its step, and which try of it. */
export type StepTry = { step: number; attempt: number };
const FIRST: StepTry = { step: 1, attempt: 1 };

/** The id of the one job that a recipient of a campaign ever gets; in a sequence the one of each try of a step. */
export function campaignJobId(campaignId: string, recipientId: string, { step, attempt }: StepTry = FIRST): string {
  const later = step === 1 && attempt === 1 ? "" : `\n${step}\n${attempt}`;
  return `c-${createHash("sha256").update(`${campaignId}\n${recipientId}${later}`).digest("base64url").slice(0, 22)}`;
}

/** The id of the job that a re-driven one (`<id>~2`) does again; any other id as it is. */
export function redriven(id: string): string {
  return id.replace(/~\d+$/, "");
}

/** A job that may be a recipient's: its id and whom it names; in a sequence its step. */
export type NamedJob = {
  id: string;
  campaignId: string | null;
  recipientId?: string | null | undefined;
  step?: number | undefined;
  operation?: string | undefined;
};

/** Whether it is a recipient's own job: a producer may name a campaign too, and an id of its choice may look like ours. */
export function isRecipientJob({ id, campaignId, recipientId, step, operation }: NamedJob): boolean {
  if (campaignId === null || typeof recipientId !== "string") return false;
  if (step === undefined) return id === campaignJobId(campaignId, recipientId);
  for (let attempt = 1; attempt <= MOST_TRIES; attempt++) if (id === campaignJobId(campaignId, recipientId, { step, attempt })) return true;
  return operation === "invitation.status" && LOOKS.some((attempt) => id === campaignJobId(campaignId, recipientId, { step, attempt }));
}
