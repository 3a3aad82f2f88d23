/** Every script that there is, for whoever must look at all of them: tests, and the page of the keys. */
import * as account from "./accounts/lua/account.ts";
import * as accountCaps from "./accounts/lua/account-caps.ts";
import * as accountHours from "./accounts/lua/account-hours.ts";
import * as reconcile from "./again/lua/reconcile.ts";
import * as redrive from "./again/lua/redrive.ts";
import * as archive from "./archive/lua/archive.ts";
import * as audit from "./audit/lua/audit.ts";
import * as feeding from "./campaigns/feed/lua/feed-scripts.ts";
import * as campaign from "./campaigns/lua/campaign.ts";
import * as campaignAccept from "./campaigns/lua/campaign-accept.ts";
import * as campaignForget from "./campaigns/lua/campaign-forget.ts";
import * as campaignLayOut from "./campaigns/lua/campaign-lay-out.ts";
import * as campaignRemove from "./campaigns/lua/campaign-remove.ts";
import * as outOfReach from "./campaigns/lua/out-of-reach.ts";
import * as door from "./door/lua/door.ts";
import * as formerKeys from "./door/lua/former-keys.ts";
import * as noteAccepted from "./door/lua/note-accepted.ts";
import * as forgetText from "./erasure/lua/forget-text.ts";
import * as confirmPark from "./ledger/lua/confirm-park.ts";
import * as gate from "./ledger/lua/gate.ts";
import * as key from "./ledger/lua/key.ts";
import * as left from "./ledger/lua/left.ts";
import * as publish from "./ledger/lua/publish.ts";
import * as publishResolved from "./ledger/lua/publish-resolved.ts";
import * as published from "./ledger/lua/published.ts";
import * as resolve from "./ledger/lua/resolve.ts";
import * as settle from "./ledger/lua/settle.ts";
import * as inboxWatch from "./people/lua/inbox-watch.ts";
import * as invitationCount from "./people/lua/invitation-count.ts";
import * as replies from "./people/lua/replies.ts";
import * as stoppedJobs from "./people/lua/stopped-jobs.ts";
import * as layout from "./redis/lua/layout.ts";
import * as memoryNoted from "./redis/lua/memory-noted.ts";
import * as reseal from "./redis/lua/reseal.ts";
import type { Script } from "./redis/script.ts";
import * as suppressions from "./safety/lua/suppressions.ts";
import * as schedule from "./schedules/lua/schedule.ts";
import * as findJob from "./views/lua/find-job.ts";
import * as ledgerStates from "./views/lua/ledger-states.ts";
import * as oldestWaiting from "./views/lua/oldest-waiting.ts";
import * as page from "./views/lua/page.ts";
import * as waitFacts from "./views/lua/wait-facts.ts";
import * as posts from "./webhooks/lua/posts.ts";
import * as webhook from "./webhooks/lua/webhook.ts";
import * as sweep from "./work/lua/sweep.ts";

const ROOMS = [
  layout,
  memoryNoted,
  reseal,
  gate,
  left,
  settle,
  resolve,
  publishResolved,
  publish,
  published,
  confirmPark,
  key,
  account,
  accountCaps,
  accountHours,
  campaign,
  campaignAccept,
  campaignForget,
  campaignLayOut,
  campaignRemove,
  outOfReach,
  feeding,
  schedule,
  webhook,
  posts,
  archive,
  audit,
  sweep,
  door,
  formerKeys,
  noteAccepted,
  findJob,
  ledgerStates,
  waitFacts,
  oldestWaiting,
  page,
  reconcile,
  redrive,
  forgetText,
  suppressions,
  inboxWatch,
  invitationCount,
  replies,
  stoppedJobs,
];

/** A script without its types. */
export type AnyScript = Pick<Script, "name" | "args">;

export const ALL_SCRIPTS: readonly AnyScript[] = ROOMS.flatMap((room) => Object.values(room) as AnyScript[]);
