/** The delivery lane in which an outcome waits for its webhooks: one for each recipient. A digest, so that no person is named in a key. */
import { hash } from "node:crypto";

/** The lane of a job's outcome: its recipient's, or the job's own where it names none. */
export function deliveryLane(job: { ref: { queue: string; id: string }; accountId: string | null; recipientId?: string | null }): string {
  const { ref, accountId, recipientId } = job;
  return digest(recipientId ? `recipient\n${recipientId}` : `job\n${accountId ?? ""}\n${ref.queue}\n${ref.id}`);
}

/** The lane of a campaign's own events. */
export function campaignLane(campaignId: string): string {
  return digest(`campaign\n${campaignId}`);
}

function digest(name: string): string {
  return hash("sha256", name, "base64url").slice(0, 16);
}
