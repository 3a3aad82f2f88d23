/** Whether outcomes get to where they are owed: webhooks and the archive. Pure. */
import type { ArchiveState } from "../archive/archive-stream.ts";
import { deliveryWords } from "../webhooks/delivery-words.ts";
import type { Webhook } from "../webhooks/webhooks.ts";
import { type Finding, fail, ok, shortened, span, warn } from "./finding.ts";

type WebhookFacts = Pick<Webhook, "id" | "failingSince" | "lastError" | "waiting" | "dead"> & { state: string };

/** Outcomes are archived within a second; this long means that something is wrong. */
const ARCHIVE_WARN_MS = 60_000;
const ARCHIVE_FAIL_MS = 60 * 60_000;

export function judgeWebhooks(webhooks: readonly WebhookFacts[]): Finding[] {
  const troubled = webhooks.flatMap(judgeWebhook);
  return troubled.length === 0 ? [ok("webhooks", `${webhooks.length}, all take what is posted`)] : shortened(troubled);
}

function judgeWebhook({ id, state, failingSince, lastError, waiting, dead }: WebhookFacts): Finding[] {
  const about = { subject: id, sinceMs: failingSince === null ? null : Date.parse(failingSince) };
  const words = lastError === null ? null : deliveryWords(lastError);
  const said = words === null ? "" : `: ${words.what}`;
  const letters = `Once it is mended: POST /v1/webhooks/${id}/redrive`;
  const findings: Finding[] = [];
  if (state === "ended") {
    findings.push(
      fail("webhooks", `${id} has ended, its address is gone${said}`, {
        remedy: `Put it with another address, or remove it: DELETE /v1/webhooks/${id}`,
        ...about,
      }),
    );
  } else if (state !== "ok") {
    const advice = words?.advice ?? "Look whether its address answers 2xx";
    const remedy = `${advice}; it is asked again by itself for a day, then its deliveries become dead letters`;
    findings.push((state === "resting" ? fail : warn)("webhooks", `${id} fails${said}; ${waiting} deliveries wait`, { remedy, ...about }));
  }
  if (dead > 0) findings.push(warn("webhooks", `${id} has ${dead} dead letters`, { remedy: letters, subject: id }));
  return findings;
}

/** `wanted`: whether this process has an ARCHIVE_URL. */
export function judgeArchive(
  { archiving, taken, waiting, oldestMs }: ArchiveState,
  { wanted, nowMs }: { wanted: boolean; nowMs: number },
): Finding {
  if (!archiving) {
    if (!wanted) return ok("archive", "none is kept");
    return warn(
      "archive",
      "ARCHIVE_URL is set here, and no worker has ever archived",
      "Set ARCHIVE_URL where the workers run, and restart them",
    );
  }
  const ageMs = oldestMs === null ? 0 : Math.max(0, nowMs - oldestMs);
  const found = `${waiting} outcomes wait for it${oldestMs === null ? "" : `, the oldest for ${span(ageMs)}`}`;
  if (!taken) {
    const remedy = "One worker must have the ARCHIVE_URL; outcomes wait in Redis and are kept meanwhile";
    return (ageMs >= ARCHIVE_FAIL_MS ? fail : warn)("archive", `no process archives; ${found}`, { remedy, sinceMs: oldestMs });
  }
  if (ageMs < ARCHIVE_WARN_MS) return ok("archive", found);
  const remedy = "Look at the log of the worker that archives, and whether the database takes writes";
  return (ageMs >= ARCHIVE_FAIL_MS ? fail : warn)("archive", found, { remedy, sinceMs: oldestMs });
}
