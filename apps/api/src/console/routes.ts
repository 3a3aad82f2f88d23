/** The table of the console's pages. */
import type { ConsolePage } from "./frame/console-page.ts";
import { ACCOUNT_PAGES } from "./pages/accounts.ts";
import { ASK_FIRST_PAGES } from "./pages/ask-first.ts";
import { BULK_PAGES } from "./pages/bulk.ts";
import { RECIPIENTS_PAGE } from "./pages/campaign-recipients.ts";
import { CAMPAIGN_PAGES } from "./pages/campaigns.ts";
import { CREDITS_PAGE } from "./pages/credits.ts";
import { DEAD_LETTERS_PAGE } from "./pages/dead-letters.ts";
import { DELIVERIES_PAGE } from "./pages/deliveries.ts";
import { CHOOSE_PAGES } from "./pages/import-choose.ts";
import { LIST_PAGE } from "./pages/import-list.ts";
import { START_PAGES } from "./pages/import-start.ts";
import { JOB_PAGES } from "./pages/job.ts";
import { JOBS_PAGE } from "./pages/jobs.ts";
import { NOW_PAGE } from "./pages/now.ts";
import { PEOPLE_PAGE } from "./pages/people.ts";
import { RULES_FORM_PAGE } from "./pages/rules-form-page.ts";
import { SCHEDULES_PAGE } from "./pages/schedules.ts";
import { STEPS_PAGES } from "./pages/steps.ts";
import { SYSTEM_PAGE } from "./pages/system.ts";
import { UNKNOWN_PAGE } from "./pages/unknown.ts";

/** Every page behind the sign-in; those with a word for the menu are in its order. */
export const PAGES: readonly ConsolePage[] = [
  NOW_PAGE,
  ...CHOOSE_PAGES,
  ...CAMPAIGN_PAGES,
  RECIPIENTS_PAGE,
  LIST_PAGE,
  ...START_PAGES,
  ...STEPS_PAGES,
  UNKNOWN_PAGE,
  ...ACCOUNT_PAGES,
  RULES_FORM_PAGE,
  PEOPLE_PAGE,
  JOBS_PAGE,
  ...BULK_PAGES,
  ...JOB_PAGES,
  CREDITS_PAGE,
  SCHEDULES_PAGE,
  DELIVERIES_PAGE,
  DEAD_LETTERS_PAGE,
  SYSTEM_PAGE,
  ...ASK_FIRST_PAGES,
];
