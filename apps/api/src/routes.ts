/** The table of all routes, by resource. The app, the OpenAPI page and the tests are built from it. */

import type { Route } from "./http/route.ts";
import { ACCOUNT_ROUTES } from "./resources/accounts.ts";
import { AUDIT_ROUTES } from "./resources/audit.ts";
import { BATCH_ROUTES } from "./resources/batch.ts";
import { CAMPAIGN_STREAM_ROUTES } from "./resources/campaign-streams.ts";
import { CAMPAIGN_ROUTES } from "./resources/campaigns.ts";
import { CREDIT_ROUTES } from "./resources/credits.ts";
import { docsRoutes } from "./resources/docs.ts";
import { EVENT_ROUTES } from "./resources/events.ts";
import { FINDING_ROUTES } from "./resources/findings.ts";
import { HEALTH_ROUTES } from "./resources/health.ts";
import { HISTORY_ROUTES } from "./resources/history.ts";
import { JOB_ROUTES } from "./resources/jobs.ts";
import { KEY_ROUTES } from "./resources/key.ts";
import { METRIC_ROUTES } from "./resources/metrics.ts";
import { OPERATION_ROUTES } from "./resources/operations.ts";
import { OUTCOME_ROUTES } from "./resources/outcomes.ts";
import { PAST_STATE_ROUTES } from "./resources/past-states.ts";
import { PEOPLE_ROUTES } from "./resources/people.ts";
import { RECONCILE_ROUTES } from "./resources/reconcile.ts";
import { REDRIVE_ROUTES } from "./resources/redrive.ts";
import { RESOLVE_ROUTES } from "./resources/resolve.ts";
import { SCHEDULE_ROUTES } from "./resources/schedules.ts";
import { SUPPRESSION_ROUTES } from "./resources/suppressions.ts";
import { WEBHOOK_ROUTES } from "./resources/webhooks.ts";

export const RESOURCES: readonly (readonly Route[])[] = [
  ACCOUNT_ROUTES,
  BATCH_ROUTES,
  REDRIVE_ROUTES,
  RESOLVE_ROUTES,
  RECONCILE_ROUTES,
  JOB_ROUTES,
  OPERATION_ROUTES,
  KEY_ROUTES,
  OUTCOME_ROUTES,
  HISTORY_ROUTES,
  EVENT_ROUTES,
  FINDING_ROUTES,
  CAMPAIGN_ROUTES,
  CAMPAIGN_STREAM_ROUTES,
  PAST_STATE_ROUTES,
  SCHEDULE_ROUTES,
  WEBHOOK_ROUTES,
  CREDIT_ROUTES,
  PEOPLE_ROUTES,
  SUPPRESSION_ROUTES,
  AUDIT_ROUTES,
  HEALTH_ROUTES,
  METRIC_ROUTES,
  docsRoutes(async () => (await import("./openapi.ts")).openapi(ROUTES)),
];

/** Every route of the api. */
export const ROUTES: readonly Route[] = RESOURCES.flat();
