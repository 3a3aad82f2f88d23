/** The id of the one job that a recipient of a campaign ever gets, and how to tell such a job from others that name the campaign. */
import { createHash } from "node:crypto";

/** The id of the one job that a recipient of a campaign ever gets. */
export function campaignJobId(campaignId: string, recipientId: string): string {
  return `c-${createHash("sha256").update(`${campaignId}\n${recipientId}`).digest("base64url").slice(0, 22)}`;
}

/** The id of the job that a re-driven one (`<id>~2`) does again; any other id as it is. */
export function redriven(id: string): string {
  return id.replace(/~\d+$/, "");
}

/** A job that may be a recipient's: its id and whom it names. */
export type NamedJob = { id: string; campaignId: string | null; recipientId?: string | null | undefined };

/** Whether it is a recipient's own job: a producer may name a campaign too, and an id of its choice may look like ours. */
export function isRecipientJob({ id, campaignId, recipientId }: NamedJob): boolean {
  return campaignId !== null && typeof recipientId === "string" && id === campaignJobId(campaignId, recipientId);
}
