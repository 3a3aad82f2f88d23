/** The calls of the api, and all that they take and answer. Made from docs/openapi.json: `npm run docs` writes it. */

/** One call's own options. */
export type CallOptions = {
  /** Ends the wait for the answer. The call may be done nonetheless. */
  signal?: AbortSignal;
};

/** Every call of the api by its operation's id. Each throws `ClientError`. */
export interface Api {
  /**
   * Register or change an account
   *
   * Idempotent: logs in only when there is no live token or the password changed. 409 for an e-mail that another account has.
   *
   * Role: admin.
   */
  registerAccount(request: AccountRegistration & {
    id: string;
    /** 1: change an account that is there, and register none */
    existing?: boolean | undefined;
  }, options?: CallOptions): Promise<Account>;

  /**
   * Change an account's rules; its log-in stays as it is
   *
   * Needs no credentials, and no log-in follows. A policy replaces the former one as a whole.
   *
   * Role: admin.
   */
  changeAccount(request: AccountChange & {
    id: string;
  }, options?: CallOptions): Promise<Account>;

  /**
   * Show an account
   *
   * Role: viewer.
   */
  getAccount(request: {
    id: string;
  }, options?: CallOptions): Promise<Account>;

  /**
   * Forget an account and its secrets; jobs that wait for it end `cancelled`
   *
   * Role: admin.
   */
  removeAccount(request: {
    id: string;
  }, options?: CallOptions): Promise<void>;

  /**
   * List accounts by id
   *
   * Role: viewer.
   */
  listAccounts(request?: {
    /** most rows wanted, 1 to 1000 */
    limit?: number | undefined;
    /** the nextCursor of the page before */
    cursor?: string | undefined;
  }, options?: CallOptions): Promise<AccountPage>;

  /**
   * Give the code that LinkedIn asked for
   *
   * Role: admin.
   */
  verifyAccount(request: AccountCode & {
    id: string;
  }, options?: CallOptions): Promise<Account>;

  /**
   * Count calls that a person made by hand to the account's caps
   *
   * Role: producer.
   */
  bookSent(request: { body: SentByHand } & {
    id: string;
  }, options?: CallOptions): Promise<Account>;

  /**
   * Let urgent jobs of an account pass one of its rules for a while
   *
   * Jobs with priority `urgent` that are of no campaign go by the other rules alone until the moment that is named; what waits for the rule goes on. What goes counts to caps and pace as ever. All else keeps to the rule, and it ends by itself.
   *
   * Role: admin.
   */
  overrideAccount(request: AccountOverrideRequest & {
    id: string;
  }, options?: CallOptions): Promise<Account>;

  /**
   * Stop all work of an account
   *
   * Role: admin.
   */
  pauseAccount(request: {
    id: string;
  }, options?: CallOptions): Promise<Account>;

  /**
   * Take a paused or troubled account back to work
   *
   * Role: admin.
   */
  resumeAccount(request: {
    id: string;
  }, options?: CallOptions): Promise<Account>;

  /**
   * Add many jobs, one JSON object a line
   *
   * Answers one line for each line, in their order, as it is accepted: read while you write, or send `Accept: application/json` for one summary at the end. Blank lines are counted and not answered. A wrong line is refused by itself. What was answered is accepted whatever becomes of the connection; sending all again under the same keys adds nothing twice. Under the same `Idempotency-Key` lines may be added, taken out and moved before; a target that comes again with another content, by another account too, is `conflict` for that line. A last answer with `interrupted` or `timed_out` says from which line on to send again; under an `Idempotency-Key` all of it may be sent.
   *
   * Role: producer.
   */
  addJobs(request: { lines: Iterable<Job> | AsyncIterable<Job> } & {
    /** gives each line without an idempotencyKey of its own a key: this one, the line's target (its operation and the person, post or other object; without one all that it says) and its ordinal among the lines of that target */
    idempotencyKey?: string | undefined;
  }, options?: CallOptions): Promise<BatchSummary>;

  /**
   * Do an ended job again, as a new job `<id>~2`
   *
   * For jobs that ended `failed`, `cancelled` or `unknown`, as long as their data is kept: that of the last 10,000 failed jobs of each queue for 7 days, that of campaigns' recipients as long as outcomes are kept (LINKUP_OUTCOME_DAYS), and where BullMQ has dropped the job the campaign's text of now is sent. A job is re-driven once, however often this is called; its re-drive may be re-driven in turn. The new job keeps the old one's priority, campaign and recipient, and costs what any job costs.
   *
   * Role: producer.
   */
  redriveJob(request: RedriveRequest & {
    jobId: string;
  }, options?: CallOptions): Promise<Redrive>;

  /**
   * Re-drive failed jobs by code, campaign, account, operation or recipient
   *
   * With `dryRun=1` nothing is done: it answers how many would be re-driven, and their credits. Newest first. One answer looks at a bounded number of jobs: go on with nextCursor until it is null, and don't begin anew, which would re-drive what failed again meanwhile. Codes are known for LINKUP_OUTCOME_DAYS.
   *
   * Role: producer.
   */
  redriveJobs(request: RedriveManyRequest & {
    dryRun?: boolean | undefined;
  }, options?: CallOptions): Promise<RedriveMany>;

  /**
   * Say whether a job of unknown outcome happened
   *
   * Kept in the outcome as `resolved`, with the token's name and the time; `status` and `code` stay. The outcome is told once more under the same `outcomeId`: on `results` as job `<outcomeId>~resolved`, to webhooks under that `webhook-id`, to the archive. The same word again changes nothing; the other word is refused, as the first one was told. Nothing is sent: a write that did not happen is re-driven, and one that did is re-driven only with `evenIfHappened`.
   *
   * Role: producer.
   */
  resolveJob(request: ResolveRequest & {
    jobId: string;
    /** needed for an id that several queues have */
    queue?: "messages" | "network" | "profiles" | "posts" | undefined;
  }, options?: CallOptions): Promise<JobState>;

  /**
   * Look for a message or invitation of unknown outcome, as a new job `<id>~look`
   *
   * A read through the gate, `message.conversation` or `invitation.status`, which costs what reads cost; nothing is sent again. Where it found the write, or two looks five minutes apart did not, the write's outcome gets `reconciled` and `resolved`, and is told once more under the same `outcomeId`: on `results` as job `<outcomeId>~resolved`, to webhooks, to the archive; `status` and `code` stay. Where no look can tell, nothing is told of the write. The look has an outcome of its own, whose output is `{happened}`, null where no look can tell.
   *
   * Role: producer.
   */
  reconcileJob(request: {
    jobId: string;
    /** needed for an id that several queues have */
    queue?: "messages" | "network" | "profiles" | "posts" | undefined;
  }, options?: CallOptions): Promise<Reconcile>;

  /**
   * Add a job
   *
   * `idempotencyKey` belongs to the caller: the same key again adds nothing. The job ends in exactly one outcome.
   *
   * Role: producer.
   */
  addJob(request: Job & { dryRun: true }, options?: CallOptions): Promise<Cost>;
  addJob(request: Job & { dryRun?: false | undefined }, options?: CallOptions): Promise<Accepted>;

  /**
   * List jobs by account, operation, campaign, recipient, state, code and time, or find one by its idempotency key
   *
   * A page looks at 1000 entries at most, so it may be short or empty before the end: go on until nextCursor is null. Jobs that move while you page may be missed or shown twice. With accountId and state=parked the account's own line is read, in the order of its turns. Of ended jobs it shows those that BullMQ still keeps. With idempotencyKey the jobs are found that bear it, one for each token of this api that used it and the command line's, also ended ones: as long as the outcome is kept.
   *
   * Role: viewer.
   */
  listJobs(request?: {
    /** most rows wanted, 1 to 1000 */
    limit?: number | undefined;
    /** the nextCursor of the page before */
    cursor?: string | undefined;
    accountId?: string | undefined;
    operation?: "message.send" | "message.inbox" | "message.conversation" | "invitation.send" | "invitation.accept" | "invitation.withdraw" | "invitation.status" | "invitation.list" | "invitation.sent" | "connection.list" | "recommendation.list" | "profile.scrape" | "profile.me" | "profile.contact" | "profile.search" | "company.info" | "company.search" | "post.create" | "post.react" | "post.comment" | "post.answer-comment" | "post.repost" | "post.time-spent" | "post.reactions" | "post.comments" | "post.search" | "post.feed" | undefined;
    /** only jobs of this campaign */
    campaignId?: string | undefined;
    /** only jobs for this recipient, as the job names it */
    recipientId?: string | undefined;
    /** only jobs that were added then or later */
    addedFrom?: string | undefined;
    /** only jobs that were added before */
    addedBefore?: string | undefined;
    state?: "waiting" | "parked" | "delayed" | "active" | "completed" | "failed" | undefined;
    /** only jobs that ended with it, as long as their outcomes are kept */
    code?: "invalid_input" | "invalid_request" | "account_unavailable" | "token_expired" | "forbidden" | "not_found" | "rate_limited" | "linkedin_limited" | "recipient_refused" | "server_error" | "connection_failed" | "timed_out" | "bad_response" | "interrupted" | "state_lost" | "action_failed" | "not_done" | "cancelled" | "expired" | "suppressed" | "replied" | "contacted_recently" | "notes_used_up" | "internal_error" | undefined;
    /** of the job itself; a line of a batch has one where it brought its own */
    idempotencyKey?: string | undefined;
  }, options?: CallOptions): Promise<JobRowPage>;

  /**
   * Show a job's state, what it waits for, and its outcome once it has ended
   *
   * Role: viewer.
   */
  getJob(request: {
    jobId: string;
    /** needed for an id that several queues have; ids given by this api are in one only */
    queue?: "messages" | "network" | "profiles" | "posts" | undefined;
  }, options?: CallOptions): Promise<JobState>;

  /**
   * Cancel a job: it ends with the outcome `cancelled`
   *
   * Role: producer.
   */
  cancelJob(request: {
    jobId: string;
    /** needed for an id that several queues have; ids given by this api are in one only */
    queue?: "messages" | "network" | "profiles" | "posts" | undefined;
  }, options?: CallOptions): Promise<JobState>;

  /**
   * Cancel jobs by account, operation, campaign or recipient: each ends with the outcome `cancelled`, free
   *
   * With `dryRun=1` nothing is done: it counts those that would be. One answer looks at a bounded number of jobs: go on with nextCursor until it is null. Recipients that a campaign did not put into a call queue yet are cancelled with it, not here.
   *
   * Role: producer.
   */
  cancelJobs(request: CancelManyRequest & {
    dryRun?: boolean | undefined;
  }, options?: CallOptions): Promise<CancelMany>;

  /**
   * List what a job may ask for, with its schema and its price
   *
   * Role: viewer.
   */
  listOperations(request?: undefined, options?: CallOptions): Promise<OperationList>;

  /**
   * Show whether calls may leave, and why not
   *
   * Role: viewer.
   */
  getKey(request?: undefined, options?: CallOptions): Promise<Key>;

  /**
   * The stop switch: nothing leaves within a second
   *
   * Role: admin.
   */
  pauseKey(request?: undefined, options?: CallOptions): Promise<Key>;

  /**
   * Open the key again
   *
   * Role: admin.
   */
  resumeKey(request?: undefined, options?: CallOptions): Promise<Key>;

  /**
   * After Redis came back older than it was: say what may be sent, and calls leave again after one window
   *
   * Nothing leaves while the key is stopped as `state_lost`. Of all that was handed over until now nobody knows whether it was sent: `unknown` ends it so, with the code `state_lost`; `send` sends it, maybe a second time. Of a campaign that was made until now, also recipients who are not in a queue yet. Whatever is handed over from now on is sent. With `caps` as `used_up` each cap and gap of an account counts as used up until its window is over, as nobody knows what is missing in its count; `counted` goes by what is left of the counts, and may also be said later.
   *
   * Role: admin.
   */
  restoreKey(request: {
    doubtful?: "unknown" | "send";
    caps?: "used_up" | "counted";
  }, options?: CallOptions): Promise<Key>;

  /**
   * Take a brake off, or end a rest: its jobs go on
   *
   * Few calls are out at once until one succeeds; the next refusal puts it on again. A brake comes off by itself when its probe works. The ladder of a rest stays: refused again, its account rests longer.
   *
   * Role: admin.
   */
  releaseBrake(request: {
    id: string;
  }, options?: CallOptions): Promise<Key>;

  /**
   * Outcomes in the order they came, as a list and as a feed
   *
   * Kept outcomes (LINKUP_OUTCOME_DAYS), oldest first. To follow them, keep nextCursor and ask again with it as `after`: each outcome is told at least once, so key on outcomeId. A page looks at 2000 outcomes at most and is bounded in bytes, so with a filter it may be short or empty before the end: go on while `more` is true.
   *
   * Role: viewer.
   */
  listOutcomes(request?: {
    /** most rows wanted, 1 to 1000 */
    limit?: number | undefined;
    /** the nextCursor of an earlier answer; left out: from the first that is kept */
    after?: string | undefined;
    status?: "succeeded" | "failed" | "unknown" | "cancelled" | undefined;
    code?: "invalid_input" | "invalid_request" | "account_unavailable" | "token_expired" | "forbidden" | "not_found" | "rate_limited" | "linkedin_limited" | "recipient_refused" | "server_error" | "connection_failed" | "timed_out" | "bad_response" | "interrupted" | "state_lost" | "action_failed" | "not_done" | "cancelled" | "expired" | "suppressed" | "replied" | "contacted_recently" | "notes_used_up" | "internal_error" | undefined;
    operation?: string | undefined;
    accountId?: string | undefined;
    campaignId?: string | undefined;
    recipientId?: string | undefined;
    /** the address of a person's profile in any spelling, or their profile id (`ACoAA...`) or URN: outcomes whose job was about them, or that name them */
    url?: string | undefined;
    /** newest: from the latest back, to be looked through; nextCursor then leads to older ones, and serves with this order alone */
    order?: "oldest" | "newest" | undefined;
  }, options?: CallOptions): Promise<OutcomePage>;

  /**
   * The calls of the last window, or the outcomes of the last day, for a plot
   *
   * Role: viewer.
   */
  getHistory(request: {
    of: "window" | "outcomes";
  }, options?: CallOptions): Promise<History>;

  /**
   * What is well, what is not, and what to do: as linkup doctor finds it
   *
   * In the order in which things depend on each other. It looks at everything when asked: a monitor asks once a minute.
   *
   * Role: viewer.
   */
  listFindings(request?: undefined, options?: CallOptions): Promise<Findings>;

  /**
   * Make a campaign: a draft, to which recipients are added
   *
   * Strings in `input` may hold `{{field}}` and `{{field|default}}`, filled from each recipient's fields. The same campaignId with the same definition again changes nothing and answers 200.
   *
   * Role: producer.
   */
  createCampaign(request: CampaignRequest, options?: CallOptions): Promise<Campaign>;

  /**
   * List campaigns by id
   *
   * A page may be shorter than `limit`, where campaigns are large, and still not be the last: go on while there is a nextCursor.
   *
   * Role: viewer.
   */
  listCampaigns(request?: {
    /** most rows wanted, 1 to 1000 */
    limit?: number | undefined;
    /** the nextCursor of the page before */
    cursor?: string | undefined;
  }, options?: CallOptions): Promise<CampaignPage>;

  /**
   * Show a campaign: state, counts, credits, rate, estimated cost and finish
   *
   * Role: viewer.
   */
  getCampaign(request: {
    id: string;
  }, options?: CallOptions): Promise<Campaign>;

  /**
   * Edit a draft or a paused campaign; it applies to what has not left
   *
   * Members left out stay as they are. Every recipient that is left is checked against the new text first; when it does not fit one of them nothing is changed. It applies to jobs that lie in a call queue too, as long as they have not left: one whose recipient the new text does not fit ends `invalid_input`, free of charge. Other `accountIds` share the recipients that were not put into a call queue; each of the others keeps its account and its one job. A paused campaign refuses a text that brings in what its start would have refused, `doubtful_text`, unless `allowDoubtfulText` says that it is meant.
   *
   * Role: producer.
   */
  changeCampaign(request: CampaignChange & {
    id: string;
  }, options?: CallOptions): Promise<Campaign>;

  /**
   * Delete a draft, or a campaign that is over, with its list and its results
   *
   * Outcomes are still read by their jobs, as long as they are kept. Nothing more of it is sent, re-drives included. The id of a campaign that was started stays taken until its jobs' ids are free again (LINKUP_LEDGER_DAYS).
   *
   * Role: producer.
   */
  deleteCampaign(request: {
    id: string;
  }, options?: CallOptions): Promise<void>;

  /**
   * Estimate credits, finish time at today's load, and what can't be sent and why; with examples of what will be sent
   *
   * Role: viewer.
   */
  estimateCampaign(request: {
    id: string;
  }, options?: CallOptions): Promise<CampaignEstimateWithSamples>;

  /**
   * Start a campaign, now or at its startAt
   *
   * With `dryRun=1` nothing is changed: it answers what the start would come to. With `first` it takes so many recipients in the order of the list, and pauses when they have their outcome, `first_done`, until it is resumed. It is refused, `doubtful_text`, when a text holds a placeholder of another notation, or a field with a default that no recipient fills, unless `allowDoubtfulText` says that it is meant.
   *
   * Role: producer.
   */
  startCampaign(request: CampaignStart & {
    id: string;
  } & { dryRun: true }, options?: CallOptions): Promise<CampaignDryRun>;
  startCampaign(request: CampaignStart & {
    id: string;
  } & { dryRun?: false | undefined }, options?: CallOptions): Promise<Campaign>;

  /**
   * Let a paused campaign go on
   *
   * With all that is left; one that was started with its first recipients with more of them, where `first` says so.
   *
   * Role: producer.
   */
  resumeCampaign(request: CampaignResume & {
    id: string;
  }, options?: CallOptions): Promise<Campaign>;

  /**
   * Pause a campaign: nothing more of it leaves within a second; calls that are out are finished and told
   *
   * Role: producer.
   */
  pauseCampaign(request: {
    id: string;
  }, options?: CallOptions): Promise<Campaign>;

  /**
   * Cancel a campaign: what was not put into a queue is counted and never sent
   *
   * Role: producer.
   */
  cancelCampaign(request: {
    id: string;
  }, options?: CallOptions): Promise<Campaign>;

  /**
   * Add recipients, as NDJSON or text/csv, any number of them
   *
   * A recipient is named by `recipientId`, else by the canonical address of its profile; each is taken once ever, so a body may be sent again. Every row is checked against the campaign's text; one that does not fit is rejected by itself, with its line. A table has a header row, looked for in its first 20 rows; its columns are the fields, without regard to case, accents, blanks and signs (`First Name` is `first_name`, `Prénom` is `prenom`). Two columns of one name are refused where the text uses it, else left out. Blank cells at the end of a row may be left out or too many; `#N/A`, `null` and the like are taken as empty, and told. Its charset may be named in the Content-Type; without one it is told from the bytes: UTF-8, UTF-16, else windows-1252. A quoted cell may go over any number of lines: a row has at most 1 MiB, a line 64 KiB. A row that can't be read is told with its lines, and so are those behind a wrong quote that may be the inside of a cell. Also while the campaign runs. An error answer holds the same counts: what was accepted stays accepted.
   *
   * Role: producer.
   */
  addRecipients(request: ({ lines: Iterable<RecipientLine> | AsyncIterable<RecipientLine> } | { csv: string | Blob }) & {
    id: string;
    /** of a table; by default the one that its header has, of , ; tab and |, or that a line `sep=` names */
    delimiter?: "," | ";" | "\t" | "|" | undefined;
  }, options?: CallOptions): Promise<RecipientsTaken>;

  /**
   * List a campaign's recipients by their state, with their fields
   *
   * `unsent`: those that were not put into a call queue, account by account, in the order in which they came. Of a campaign that is cancelled or expired they are never sent to; they are listed as long as its outcomes are kept in Redis. `queued`: those that were, and have no outcome. The others by the status of their outcome, as long as that is kept, in the order in which they came; a job that did another one again is a row of its own. A page may be short, or empty, before the end: go on until nextCursor is null.
   *
   * Role: viewer.
   */
  listRecipients(request: {
    id: string;
    /** most rows wanted, 1 to 1000 */
    limit?: number | undefined;
    /** the nextCursor of the page before */
    cursor?: string | undefined;
    state?: "unsent" | "queued" | "succeeded" | "failed" | "unknown" | "cancelled" | undefined;
  }, options?: CallOptions): Promise<CampaignRecipientPage>;

  /**
   * Take a recipient out of a campaign, before anything is sent
   *
   * Of a draft it is as if it had never come, and it may be added again. Of any other campaign it gets the outcome `cancelled`, and is never sent to. The recipientId is an address more often than not: encode it.
   *
   * Role: producer.
   */
  removeRecipient(request: {
    id: string;
    recipientId: string;
  }, options?: CallOptions): Promise<RecipientRemoval>;

  /**
   * Stream the outcomes of a campaign, in the order in which they came
   *
   * Outcomes are kept for LINKUP_OUTCOME_DAYS, and for good with an archive. The header `Linkup-Results-Missing` tells how many of the campaign's outcomes are kept no longer, and so are missing here; 0 is all. In a table, cells that a spreadsheet would run as formulas are made text. With `fields=1` each row also has what the list says of its recipient (`fields`; in a table a column for each field), `null` for outcomes that come from the archive; with `unsent=1` those who were not put into a call queue follow, `status` `unsent` and no outcome.
   *
   * Role: viewer.
   */
  exportResults(request: {
    id: string;
    fields?: boolean | undefined;
    unsent?: boolean | undefined;
  } & { format: "csv" }, options?: CallOptions): Promise<string>;
  exportResults(request: {
    id: string;
    fields?: boolean | undefined;
    unsent?: boolean | undefined;
  } & { format?: "ndjson" | undefined }, options?: CallOptions): Promise<AsyncIterable<CampaignResult>>;

  /**
   * List the states that an account came into
   *
   * The latest first, about two hundred at most, kept for 90 days after the last of them. Who changed something by hand is in the audit list.
   *
   * Role: viewer.
   */
  listAccountStates(request: {
    id: string;
  }, options?: CallOptions): Promise<AccountStates>;

  /**
   * List the states that a campaign came into
   *
   * The latest first, about two hundred at most, kept for 90 days after the last of them. Who changed something by hand is in the audit list.
   *
   * Role: viewer.
   */
  listCampaignStates(request: {
    id: string;
  }, options?: CallOptions): Promise<CampaignStates>;

  /**
   * Make or replace a schedule
   *
   * `cron` or `everyMs`. The same definition again changes nothing, not even the next tick; another one replaces it. A tick runs until its job has an outcome, parked included: with `overlap` `skip` the ticks meanwhile add nothing and are counted.
   *
   * Role: producer.
   */
  putSchedule(request: ScheduleRequest & {
    id: string;
  }, options?: CallOptions): Promise<Schedule>;

  /**
   * Show a schedule, its next times, and what became of its ticks
   *
   * Role: producer.
   */
  getSchedule(request: {
    id: string;
  }, options?: CallOptions): Promise<Schedule>;

  /**
   * End a schedule; jobs that it added stay
   *
   * Role: producer.
   */
  deleteSchedule(request: {
    id: string;
  }, options?: CallOptions): Promise<void>;

  /**
   * List schedules by id
   *
   * A page may be shorter than `limit`, where schedules are large, and still not be the last: go on while there is a nextCursor.
   *
   * Role: producer.
   */
  listSchedules(request?: {
    /** most rows wanted, 1 to 1000 */
    limit?: number | undefined;
    /** the nextCursor of the page before */
    cursor?: string | undefined;
  }, options?: CallOptions): Promise<SchedulePage>;

  /**
   * Pause a schedule: no tick adds a job
   *
   * Jobs that it added stay. Putting a definition does not resume it.
   *
   * Role: producer.
   */
  pauseSchedule(request: {
    id: string;
  }, options?: CallOptions): Promise<Schedule>;

  /**
   * Resume a schedule from its next time on: nothing is caught up
   *
   * Role: producer.
   */
  resumeSchedule(request: {
    id: string;
  }, options?: CallOptions): Promise<Schedule>;

  /**
   * Add the job of a schedule now, beside its ticks
   *
   * Paused or not. With `overlap` `skip` not while the job of the one before has no outcome. Two within the same second are one job. A 503 says that it may or may not have been added: the schedule's `lastJob` tells.
   *
   * Role: producer.
   */
  runSchedule(request: {
    id: string;
  }, options?: CallOptions): Promise<ScheduleRun>;

  /**
   * Register or change a webhook
   *
   * Outcomes that are settled from now on are posted by the Standard Webhooks scheme; the header `webhook-id` is the outcomeId, the same for every try. Retried with growing pauses for a day, in order for each recipient; what failed for a day is a dead letter. What waits goes to the new address and under the new secret.
   *
   * Role: admin.
   */
  putWebhook(request: WebhookRegistration & {
    id: string;
  }, options?: CallOptions): Promise<Webhook>;

  /**
   * Show a webhook and how it is doing
   *
   * Role: admin.
   */
  getWebhook(request: {
    id: string;
  }, options?: CallOptions): Promise<Webhook>;

  /**
   * Forget a webhook, what waits for it, and its dead letters
   *
   * Role: admin.
   */
  deleteWebhook(request: {
    id: string;
  }, options?: CallOptions): Promise<void>;

  /**
   * List webhooks by id
   *
   * Role: admin.
   */
  listWebhooks(request?: {
    /** most rows wanted, 1 to 1000 */
    limit?: number | undefined;
    /** the nextCursor of the page before */
    cursor?: string | undefined;
  }, options?: CallOptions): Promise<WebhookPage>;

  /**
   * List a webhook's dead letters, the oldest first
   *
   * Role: admin.
   */
  listDeadLetters(request: {
    id: string;
    /** most rows wanted, 1 to 1000 */
    limit?: number | undefined;
    /** the nextCursor of the page before */
    cursor?: string | undefined;
  }, options?: CallOptions): Promise<DeadLetterPage>;

  /**
   * Post a test to a webhook
   *
   * A worker posts `webhook.test`, signed as all else is, whatever statuses and events the webhook asked for. `lastDeliveredAt` or `lastError` of the webhook tells what came of it.
   *
   * Role: admin.
   */
  testWebhook(request: {
    id: string;
  }, options?: CallOptions): Promise<WebhookTest>;

  /**
   * Post dead letters again
   *
   * These, or with `{}` all there are now; each gets a new day. They keep their ids, and go behind what already waits for their recipients.
   *
   * Role: admin.
   */
  redriveDeadLetters(request: DeadLettersRedrive & {
    id: string;
  }, options?: CallOptions): Promise<Redriven>;

  /**
   * Show what was spent: in total, by UTC day, operation, campaign, account and cause of waste
   *
   * Role: viewer.
   */
  getCredits(request?: {
    /** UTC days, today included; 1 to 400 */
    days?: number | undefined;
  }, options?: CallOptions): Promise<Credits>;

  /**
   * Tell that a person answered: campaigns with stopOnReply write to them no more
   *
   * Of every account, and also where the person is fed to such a campaign later: what waits ends `cancelled`, `replied`, free. A campaign that was made after the reply is not stopped by it. All jobs that wait are looked through, so it takes a while; what the answer says is done. The reply is kept as a digest for a year and outlives the person's erasure. Telling the same `at` again changes nothing; a later one is another reply, and each is an event, `person.replied`.
   *
   * Role: producer.
   */
  noteReply(request: ReplyRequest, options?: CallOptions): Promise<Reply>;

  /**
   * Forget a person: in schedules, recipients, jobs, outcomes and archive
   *
   * Waiting jobs about them end `cancelled`. What jobs cost and how they ended stays. All of Redis is looked through, so it takes a while; asking again is safe, and needed when calls were in flight.
   *
   * Role: admin.
   */
  forgetPerson(request: {
    /** the address of their LinkedIn profile in any spelling, or their profile id (`ACoAA...`) or URN: ask for each by which jobs may name them */
    url: string;
  }, options?: CallOptions): Promise<Forgotten>;

  /**
   * Put a person on the list of those who are not to be contacted
   *
   * From then on no message and no invitation to them leaves, whichever way its job came: what waits ends `cancelled`, `suppressed`, free. All jobs that wait are looked through, so it takes a while; what the answer says is done. Repeating it changes nothing. The list keeps a digest and outlives the person's erasure.
   *
   * Role: producer.
   */
  suppressPerson(request: SuppressionRequest & {
    /** the address of the person's profile in any spelling, or their profile id (`ACoAA...`) or URN */
    url: string;
  }, options?: CallOptions): Promise<SuppressionPut>;

  /**
   * Put a list of people on it, as NDJSON or text/csv, any number of them
   *
   * A row names its person by any column that has an address or a profile id; two of them in a row are two spellings of one person. `scope`, `reason` and `until` are optional. A list that `linkup suppressions export` wrote is taken with its digests, by a Redis that has no list or the same one. A row that can't be read is rejected by itself. An error answer holds the same counts: who was counted is on the list.
   *
   * Role: producer.
   */
  suppressPeople(request: ({ lines: Iterable<SuppressionLine> | AsyncIterable<SuppressionLine> } | { csv: string | Blob }), options?: CallOptions): Promise<SuppressionsTaken>;

  /**
   * List the people who are not to be contacted, or ask for one
   *
   * In the order of their digests. A person with several scopes has an entry for each, so a page may hold some more than `limit`.
   *
   * Role: producer.
   */
  listSuppressions(request?: {
    /** most rows wanted, 1 to 1000 */
    limit?: number | undefined;
    /** the nextCursor of the page before */
    cursor?: string | undefined;
    /** the address of the person's profile in any spelling, or their profile id (`ACoAA...`) or URN */
    url?: string | undefined;
    /** a person as this list names them */
    person?: string | undefined;
  }, options?: CallOptions): Promise<SuppressionPage>;

  /**
   * Take a person off the list
   *
   * Role: producer.
   */
  unsuppressPerson(request?: {
    /** the address of the person's profile in any spelling, or their profile id (`ACoAA...`) or URN */
    url?: string | undefined;
    /** a person as this list names them */
    person?: string | undefined;
    /** left out: all of the person's entries */
    scope?: string | undefined;
  }, options?: CallOptions): Promise<SuppressionsRemoved>;

  /**
   * Who changed what, when and from where: the newest first
   *
   * Every change by HTTP, console, board and command line, for 90 days, and of a hundred thousand entries the newest. So is every tick of a schedule, with its schedule and its job, of ten thousand the newest; the call of its job is no entry. Requests that were refused changed nothing and are not there. No entry holds a secret, a body, or a person's address.
   *
   * Role: admin.
   */
  listAuditEntries(request?: {
    /** most rows wanted, 1 to 1000 */
    limit?: number | undefined;
    /** the nextCursor of the page before */
    cursor?: string | undefined;
  }, options?: CallOptions): Promise<AuditEntryPage>;
}

/** `email` and `password`, or `login_token`; the other fields go with both, stay as they are where they are left out, and are removed by null */
export type AccountRegistration = {
  email?: string;
  password?: string;
  login_token?: string;
  country?: "FR" | "US" | "UK" | "DE" | "NL" | "IT" | "IL" | "CA" | "BR" | "ES" | "IN" | null;
  /** the member's plan at LinkedIn; not known counts as free */
  plan?: "free" | "premium" | "sales_navigator" | "recruiter" | null;
  /** `caps` by family or operation, in rolling windows of an hour, 24 hours, 7 and 30 days; `hours` in the account's own time zone; `pace`, the gaps between its calls by family; `note`, what becomes of an invitation with a note while the notes are used up: it waits (`wait`, as without it), goes without its note (`bare`), or ends `notes_used_up` (`skip`). It replaces the whole policy of before; a part left out of it is that of LINKUP_ACCOUNT_POLICY */
  policy?: AccountPolicy | null;
  /** reads its inbox while a campaign that stops on replies may still send: whoever wrote there answered. From one reading to the next pass at most so many minutes, and half of them at least */
  replyWatch?: ReplyWatch | null;
  /** takes back an invitation that nobody answered for so many days, each after a look at its status; null: none */
  autoWithdrawAfterDays?: number | null;
  /** calls in flight for this account; default LINKUP_ACCOUNT_CONCURRENCY */
  maxInFlight?: number | null;
};

export type AccountPolicy = {
  caps?: Partial<Record<"invite" | "note" | "message" | "view" | "search" | "engage" | "post" | "withdraw" | "write" | "message.send" | "message.inbox" | "message.conversation" | "invitation.send" | "invitation.accept" | "invitation.withdraw" | "invitation.status" | "invitation.list" | "invitation.sent" | "connection.list" | "recommendation.list" | "profile.scrape" | "profile.me" | "profile.contact" | "profile.search" | "company.info" | "company.search" | "post.create" | "post.react" | "post.comment" | "post.answer-comment" | "post.repost" | "post.time-spent" | "post.reactions" | "post.comments" | "post.search" | "post.feed", {
    perHour?: number;
    perDay?: number;
    perWeek?: number;
    perMonth?: number;
  }>>;
  hours?: {
    timezone: string;
    weekdays: Array<"mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun">;
    from: string;
    to: string;
    daysOff?: Array<string>;
  };
  pace?: {
    invite?: {
      minSeconds: number;
      maxSeconds: number;
    };
    note?: {
      minSeconds: number;
      maxSeconds: number;
    };
    message?: {
      minSeconds: number;
      maxSeconds: number;
    };
    view?: {
      minSeconds: number;
      maxSeconds: number;
    };
    search?: {
      minSeconds: number;
      maxSeconds: number;
    };
    engage?: {
      minSeconds: number;
      maxSeconds: number;
    };
    post?: {
      minSeconds: number;
      maxSeconds: number;
    };
    withdraw?: {
      minSeconds: number;
      maxSeconds: number;
    };
    write?: {
      minSeconds: number;
      maxSeconds: number;
    };
    breakEvery?: [number, number];
    breakSeconds?: [number, number];
  };
  warmUp?: Array<{
    days: number;
    share: number;
  }>;
  note?: "wait" | "bare" | "skip";
  invitations?: {
    pendingMax?: number;
    halveBelow?: number;
    stopBelow?: number;
  };
};

export type ReplyWatch = {
  everyMinutes: number;
};

/** A field that is left out stays as it is, and null removes it */
export type AccountChange = {
  country?: "FR" | "US" | "UK" | "DE" | "NL" | "IT" | "IL" | "CA" | "BR" | "ES" | "IN" | null;
  /** the member's plan at LinkedIn; not known counts as free */
  plan?: "free" | "premium" | "sales_navigator" | "recruiter" | null;
  /** `caps` by family or operation, in rolling windows of an hour, 24 hours, 7 and 30 days; `hours` in the account's own time zone; `pace`, the gaps between its calls by family; `note`, what becomes of an invitation with a note while the notes are used up: it waits (`wait`, as without it), goes without its note (`bare`), or ends `notes_used_up` (`skip`). It replaces the whole policy of before; a part left out of it is that of LINKUP_ACCOUNT_POLICY */
  policy?: AccountPolicy | null;
  /** reads its inbox while a campaign that stops on replies may still send: whoever wrote there answered. From one reading to the next pass at most so many minutes, and half of them at least */
  replyWatch?: ReplyWatch | null;
  /** takes back an invitation that nobody answered for so many days, each after a look at its status; null: none */
  autoWithdrawAfterDays?: number | null;
  /** calls in flight for this account; default LINKUP_ACCOUNT_CONCURRENCY */
  maxInFlight?: number | null;
};

export type AccountCode = {
  /** the code that LinkedIn sent to the member */
  code: string;
};

export type SentByHand = {
  operation: "message.send" | "message.inbox" | "message.conversation" | "invitation.send" | "invitation.accept" | "invitation.withdraw" | "invitation.status" | "invitation.list" | "invitation.sent" | "connection.list" | "recommendation.list" | "profile.scrape" | "profile.me" | "profile.contact" | "profile.search" | "company.info" | "company.search" | "post.create" | "post.react" | "post.comment" | "post.answer-comment" | "post.repost" | "post.time-spent" | "post.reactions" | "post.comments" | "post.search" | "post.feed";
  /** an invitation with a note */
  note?: boolean;
  count?: number;
  /** when; left out: now. At most 30 days ago */
  at?: string;
  /** the same id books them once */
  id?: string;
};

export type AccountOverrideRequest = {
  /** `account_cap` is its caps, with what a warm-up makes of them */
  rule: "hours" | "account_cap" | "account_pace";
  /** at most 24 hours from now; null: the rule holds again */
  until: string | null;
};

/** One job, by its operation */
export type Job = MessageSendJob | MessageInboxJob | MessageConversationJob | InvitationSendJob | InvitationAcceptJob | InvitationWithdrawJob | InvitationStatusJob | InvitationListJob | InvitationSentJob | ConnectionListJob | RecommendationListJob | ProfileScrapeJob | ProfileMeJob | ProfileContactJob | ProfileSearchJob | CompanyInfoJob | CompanySearchJob | PostCreateJob | PostReactJob | PostCommentJob | PostAnswerCommentJob | PostRepostJob | PostTimeSpentJob | PostReactionsJob | PostCommentsJob | PostSearchJob | PostFeedJob;

/** Send a direct message */
export type MessageSendJob = {
  operation: "message.send";
  /** whose account does it */
  accountId: string;
  input: MessageSendInput;
  /** the same key again adds nothing; with another job it is refused */
  idempotencyKey?: string;
  priority?: "urgent" | "normal" | "bulk";
  /** not before this moment; at most a year ahead */
  runAt?: string;
  /** not sent after this moment */
  expiresAt?: string;
  /** send a text all the same that holds a placeholder, such as `{{first_name}}`, or reads as if it was made UTF-8 twice */
  allowDoubtfulText?: boolean;
  /** when nobody knows whether a call had its effect; `rerun` is for reads only, `reconcile` for message.send and invitation.send: reads look for it before its outcome is published, and cost credits */
  onUnknown?: "report" | "rerun" | "reconcile";
  campaignId?: string;
  recipientId?: string;
};

/** Send a direct message */
export type MessageSendInput = {
  /** address of a member's profile, or a bare profile id */
  linkedin_url: string;
  /** text of the message */
  message_text: string;
  /** direct address of a png, jpeg, mp4 or pdf; wins over media_file */
  media_link?: string;
  /** file as base64 with metadata */
  media_file?: string;
};

/** List conversations */
export type MessageInboxJob = {
  operation: "message.inbox";
  /** whose account does it */
  accountId: string;
  input: MessageInboxInput;
  /** the same key again adds nothing; with another job it is refused */
  idempotencyKey?: string;
  priority?: "urgent" | "normal" | "bulk";
  /** not before this moment; at most a year ahead */
  runAt?: string;
  /** not sent after this moment */
  expiresAt?: string;
  /** send a text all the same that holds a placeholder, such as `{{first_name}}`, or reads as if it was made UTF-8 twice */
  allowDoubtfulText?: boolean;
  /** when nobody knows whether a call had its effect; `rerun` is for reads only, `reconcile` for message.send and invitation.send: reads look for it before its outcome is published, and cost credits */
  onUnknown?: "report" | "rerun" | "reconcile";
  campaignId?: string;
  recipientId?: string;
};

/** List conversations */
export type MessageInboxInput = {
  /** conversations wanted; above 25 one client got an empty answer */
  total_results?: number;
  category?: "INBOX" | "INMAIL" | "JOB" | "UNREAD" | "MY_CONNECTIONS" | "STARRED";
  /** next_cursor of the previous answer */
  next_cursor?: string;
};

/** Messages of one conversation */
export type MessageConversationJob = {
  operation: "message.conversation";
  /** whose account does it */
  accountId: string;
  input: MessageConversationInput;
  /** the same key again adds nothing; with another job it is refused */
  idempotencyKey?: string;
  priority?: "urgent" | "normal" | "bulk";
  /** not before this moment; at most a year ahead */
  runAt?: string;
  /** not sent after this moment */
  expiresAt?: string;
  /** send a text all the same that holds a placeholder, such as `{{first_name}}`, or reads as if it was made UTF-8 twice */
  allowDoubtfulText?: boolean;
  /** when nobody knows whether a call had its effect; `rerun` is for reads only, `reconcile` for message.send and invitation.send: reads look for it before its outcome is published, and cost credits */
  onUnknown?: "report" | "rerun" | "reconcile";
  campaignId?: string;
  recipientId?: string;
};

/** Messages of one conversation */
export type MessageConversationInput = {
  /** the other member; needed without conversation_id */
  linkedin_url?: string;
  /** needed without linkedin_url */
  conversation_id?: string;
  /** messages wanted; the provider's default is 10 */
  total_results?: number;
  /** next_cursor of the previous answer */
  cursor?: string;
  /** first page; with it pages count, not total_results */
  start_page?: number;
  /** last page */
  end_page?: number;
};

/** Send a connection request */
export type InvitationSendJob = {
  operation: "invitation.send";
  /** whose account does it */
  accountId: string;
  input: InvitationSendInput;
  /** the same key again adds nothing; with another job it is refused */
  idempotencyKey?: string;
  priority?: "urgent" | "normal" | "bulk";
  /** not before this moment; at most a year ahead */
  runAt?: string;
  /** not sent after this moment */
  expiresAt?: string;
  /** send a text all the same that holds a placeholder, such as `{{first_name}}`, or reads as if it was made UTF-8 twice */
  allowDoubtfulText?: boolean;
  /** when nobody knows whether a call had its effect; `rerun` is for reads only, `reconcile` for message.send and invitation.send: reads look for it before its outcome is published, and cost credits */
  onUnknown?: "report" | "rerun" | "reconcile";
  campaignId?: string;
  recipientId?: string;
};

/** Send a connection request */
export type InvitationSendInput = {
  /** address of a member's profile */
  linkedin_url: string;
  /** note to go with it */
  message?: string;
};

/** Accept a received invitation */
export type InvitationAcceptJob = {
  operation: "invitation.accept";
  /** whose account does it */
  accountId: string;
  input: InvitationAcceptInput;
  /** the same key again adds nothing; with another job it is refused */
  idempotencyKey?: string;
  priority?: "urgent" | "normal" | "bulk";
  /** not before this moment; at most a year ahead */
  runAt?: string;
  /** not sent after this moment */
  expiresAt?: string;
  /** send a text all the same that holds a placeholder, such as `{{first_name}}`, or reads as if it was made UTF-8 twice */
  allowDoubtfulText?: boolean;
  /** when nobody knows whether a call had its effect; `rerun` is for reads only, `reconcile` for message.send and invitation.send: reads look for it before its outcome is published, and cost credits */
  onUnknown?: "report" | "rerun" | "reconcile";
  campaignId?: string;
  recipientId?: string;
};

/** Accept a received invitation */
export type InvitationAcceptInput = {
  /** from invitation.list */
  shared_secret: string;
  /** from invitation.list */
  entity_urn: string;
};

/** Take back an invitation sent */
export type InvitationWithdrawJob = {
  operation: "invitation.withdraw";
  /** whose account does it */
  accountId: string;
  input: InvitationWithdrawInput;
  /** the same key again adds nothing; with another job it is refused */
  idempotencyKey?: string;
  priority?: "urgent" | "normal" | "bulk";
  /** not before this moment; at most a year ahead */
  runAt?: string;
  /** not sent after this moment */
  expiresAt?: string;
  /** send a text all the same that holds a placeholder, such as `{{first_name}}`, or reads as if it was made UTF-8 twice */
  allowDoubtfulText?: boolean;
  /** when nobody knows whether a call had its effect; `rerun` is for reads only, `reconcile` for message.send and invitation.send: reads look for it before its outcome is published, and cost credits */
  onUnknown?: "report" | "rerun" | "reconcile";
  campaignId?: string;
  recipientId?: string;
};

/** Take back an invitation sent */
export type InvitationWithdrawInput = {
  /** id as text, from invitation.sent */
  invitation_id: string;
};

/** Relationship with one member */
export type InvitationStatusJob = {
  operation: "invitation.status";
  /** whose account does it */
  accountId: string;
  input: InvitationStatusInput;
  /** the same key again adds nothing; with another job it is refused */
  idempotencyKey?: string;
  priority?: "urgent" | "normal" | "bulk";
  /** not before this moment; at most a year ahead */
  runAt?: string;
  /** not sent after this moment */
  expiresAt?: string;
  /** send a text all the same that holds a placeholder, such as `{{first_name}}`, or reads as if it was made UTF-8 twice */
  allowDoubtfulText?: boolean;
  /** when nobody knows whether a call had its effect; `rerun` is for reads only, `reconcile` for message.send and invitation.send: reads look for it before its outcome is published, and cost credits */
  onUnknown?: "report" | "rerun" | "reconcile";
  campaignId?: string;
  recipientId?: string;
};

/** Relationship with one member */
export type InvitationStatusInput = {
  /** address of a member's profile */
  linkedin_url: string;
};

/** List received invitations */
export type InvitationListJob = {
  operation: "invitation.list";
  /** whose account does it */
  accountId: string;
  input: InvitationListInput;
  /** the same key again adds nothing; with another job it is refused */
  idempotencyKey?: string;
  priority?: "urgent" | "normal" | "bulk";
  /** not before this moment; at most a year ahead */
  runAt?: string;
  /** not sent after this moment */
  expiresAt?: string;
  /** send a text all the same that holds a placeholder, such as `{{first_name}}`, or reads as if it was made UTF-8 twice */
  allowDoubtfulText?: boolean;
  /** when nobody knows whether a call had its effect; `rerun` is for reads only, `reconcile` for message.send and invitation.send: reads look for it before its outcome is published, and cost credits */
  onUnknown?: "report" | "rerun" | "reconcile";
  campaignId?: string;
  recipientId?: string;
};

/** List received invitations */
export type InvitationListInput = {
  /** rows wanted; the provider's default is 10 */
  total_results?: number;
  /** first page; with it pages count, not total_results */
  start_page?: number;
  /** last page */
  end_page?: number;
  invitation_type?: "CONNECTION" | "ORGANIZATION" | "CONTENT_SERIES" | "EVENT";
};

/** List invitations sent */
export type InvitationSentJob = {
  operation: "invitation.sent";
  /** whose account does it */
  accountId: string;
  input: InvitationSentInput;
  /** the same key again adds nothing; with another job it is refused */
  idempotencyKey?: string;
  priority?: "urgent" | "normal" | "bulk";
  /** not before this moment; at most a year ahead */
  runAt?: string;
  /** not sent after this moment */
  expiresAt?: string;
  /** send a text all the same that holds a placeholder, such as `{{first_name}}`, or reads as if it was made UTF-8 twice */
  allowDoubtfulText?: boolean;
  /** when nobody knows whether a call had its effect; `rerun` is for reads only, `reconcile` for message.send and invitation.send: reads look for it before its outcome is published, and cost credits */
  onUnknown?: "report" | "rerun" | "reconcile";
  campaignId?: string;
  recipientId?: string;
};

/** List invitations sent */
export type InvitationSentInput = {
  /** rows wanted; the provider's default is 10 */
  total_results?: number;
  /** first page; with it pages count, not total_results */
  start_page?: number;
  /** last page */
  end_page?: number;
  invitation_type?: "CONNECTION" | "ORGANIZATION" | "CONTENT_SERIES" | "EVENT";
};

/** List own connections */
export type ConnectionListJob = {
  operation: "connection.list";
  /** whose account does it */
  accountId: string;
  input: ConnectionListInput;
  /** the same key again adds nothing; with another job it is refused */
  idempotencyKey?: string;
  priority?: "urgent" | "normal" | "bulk";
  /** not before this moment; at most a year ahead */
  runAt?: string;
  /** not sent after this moment */
  expiresAt?: string;
  /** send a text all the same that holds a placeholder, such as `{{first_name}}`, or reads as if it was made UTF-8 twice */
  allowDoubtfulText?: boolean;
  /** when nobody knows whether a call had its effect; `rerun` is for reads only, `reconcile` for message.send and invitation.send: reads look for it before its outcome is published, and cost credits */
  onUnknown?: "report" | "rerun" | "reconcile";
  campaignId?: string;
  recipientId?: string;
};

/** List own connections */
export type ConnectionListInput = {
  /** rows wanted; the provider's default is 10 */
  total_results?: number;
  /** first page; with it pages count, not total_results */
  start_page?: number;
  /** last page */
  end_page?: number;
};

/** People LinkedIn suggests */
export type RecommendationListJob = {
  operation: "recommendation.list";
  /** whose account does it */
  accountId: string;
  input: RecommendationListInput;
  /** the same key again adds nothing; with another job it is refused */
  idempotencyKey?: string;
  priority?: "urgent" | "normal" | "bulk";
  /** not before this moment; at most a year ahead */
  runAt?: string;
  /** not sent after this moment */
  expiresAt?: string;
  /** send a text all the same that holds a placeholder, such as `{{first_name}}`, or reads as if it was made UTF-8 twice */
  allowDoubtfulText?: boolean;
  /** when nobody knows whether a call had its effect; `rerun` is for reads only, `reconcile` for message.send and invitation.send: reads look for it before its outcome is published, and cost credits */
  onUnknown?: "report" | "rerun" | "reconcile";
  campaignId?: string;
  recipientId?: string;
};

/** People LinkedIn suggests */
export type RecommendationListInput = {
  /** rows wanted; the provider's default is 10 */
  total_results?: number;
  /** first page; with it pages count, not total_results */
  start_page?: number;
  /** last page */
  end_page?: number;
};

/** Full profile of a member */
export type ProfileScrapeJob = {
  operation: "profile.scrape";
  /** whose account does it */
  accountId: string;
  input: ProfileScrapeInput;
  /** the same key again adds nothing; with another job it is refused */
  idempotencyKey?: string;
  priority?: "urgent" | "normal" | "bulk";
  /** not before this moment; at most a year ahead */
  runAt?: string;
  /** not sent after this moment */
  expiresAt?: string;
  /** send a text all the same that holds a placeholder, such as `{{first_name}}`, or reads as if it was made UTF-8 twice */
  allowDoubtfulText?: boolean;
  /** when nobody knows whether a call had its effect; `rerun` is for reads only, `reconcile` for message.send and invitation.send: reads look for it before its outcome is published, and cost credits */
  onUnknown?: "report" | "rerun" | "reconcile";
  campaignId?: string;
  recipientId?: string;
};

/** Full profile of a member */
export type ProfileScrapeInput = {
  /** address of a member's profile */
  linkedin_url: string;
};

/** Profile of the signed-in member */
export type ProfileMeJob = {
  operation: "profile.me";
  /** whose account does it */
  accountId: string;
  input: ProfileMeInput;
  /** the same key again adds nothing; with another job it is refused */
  idempotencyKey?: string;
  priority?: "urgent" | "normal" | "bulk";
  /** not before this moment; at most a year ahead */
  runAt?: string;
  /** not sent after this moment */
  expiresAt?: string;
  /** send a text all the same that holds a placeholder, such as `{{first_name}}`, or reads as if it was made UTF-8 twice */
  allowDoubtfulText?: boolean;
  /** when nobody knows whether a call had its effect; `rerun` is for reads only, `reconcile` for message.send and invitation.send: reads look for it before its outcome is published, and cost credits */
  onUnknown?: "report" | "rerun" | "reconcile";
  campaignId?: string;
  recipientId?: string;
};

/** Profile of the signed-in member */
export type ProfileMeInput = Record<string, never>;

/** Contact details of a member */
export type ProfileContactJob = {
  operation: "profile.contact";
  /** whose account does it */
  accountId: string;
  input: ProfileContactInput;
  /** the same key again adds nothing; with another job it is refused */
  idempotencyKey?: string;
  priority?: "urgent" | "normal" | "bulk";
  /** not before this moment; at most a year ahead */
  runAt?: string;
  /** not sent after this moment */
  expiresAt?: string;
  /** send a text all the same that holds a placeholder, such as `{{first_name}}`, or reads as if it was made UTF-8 twice */
  allowDoubtfulText?: boolean;
  /** when nobody knows whether a call had its effect; `rerun` is for reads only, `reconcile` for message.send and invitation.send: reads look for it before its outcome is published, and cost credits */
  onUnknown?: "report" | "rerun" | "reconcile";
  campaignId?: string;
  recipientId?: string;
};

/** Contact details of a member */
export type ProfileContactInput = {
  /** address of a member's profile */
  linkedin_url: string;
};

/** Search members */
export type ProfileSearchJob = {
  operation: "profile.search";
  /** whose account does it */
  accountId: string;
  input: ProfileSearchInput;
  /** the same key again adds nothing; with another job it is refused */
  idempotencyKey?: string;
  priority?: "urgent" | "normal" | "bulk";
  /** not before this moment; at most a year ahead */
  runAt?: string;
  /** not sent after this moment */
  expiresAt?: string;
  /** send a text all the same that holds a placeholder, such as `{{first_name}}`, or reads as if it was made UTF-8 twice */
  allowDoubtfulText?: boolean;
  /** when nobody knows whether a call had its effect; `rerun` is for reads only, `reconcile` for message.send and invitation.send: reads look for it before its outcome is published, and cost credits */
  onUnknown?: "report" | "rerun" | "reconcile";
  campaignId?: string;
  recipientId?: string;
};

/** Search members */
export type ProfileSearchInput = {
  /** current company: address or slug; several with ";" */
  company_url?: string;
  /** several with ";" */
  location?: string;
  /** school: address or slug; several with ";" */
  school_url?: string;
  /** degrees: F (1st), S (2nd), O (3rd and beyond), joined with , or ; */
  network?: string;
  keyword?: string;
  first_name?: string;
  last_name?: string;
  title?: string;
  connection_of?: string;
  industry?: string;
  past_company?: string;
  follower_of?: string;
  /** adds invitation_state to each row */
  fetch_invitation_state?: boolean;
  /** rows wanted; the provider's default is 10 */
  total_results?: number;
  /** first page; with it pages count, not total_results */
  start_page?: number;
  /** last page */
  end_page?: number;
};

/** One company page */
export type CompanyInfoJob = {
  operation: "company.info";
  /** whose account does it */
  accountId: string;
  input: CompanyInfoInput;
  /** the same key again adds nothing; with another job it is refused */
  idempotencyKey?: string;
  priority?: "urgent" | "normal" | "bulk";
  /** not before this moment; at most a year ahead */
  runAt?: string;
  /** not sent after this moment */
  expiresAt?: string;
  /** send a text all the same that holds a placeholder, such as `{{first_name}}`, or reads as if it was made UTF-8 twice */
  allowDoubtfulText?: boolean;
  /** when nobody knows whether a call had its effect; `rerun` is for reads only, `reconcile` for message.send and invitation.send: reads look for it before its outcome is published, and cost credits */
  onUnknown?: "report" | "rerun" | "reconcile";
  campaignId?: string;
  recipientId?: string;
};

/** One company page */
export type CompanyInfoInput = {
  /** https address of a company page */
  company_url: string;
};

/** Search companies */
export type CompanySearchJob = {
  operation: "company.search";
  /** whose account does it */
  accountId: string;
  input: CompanySearchInput;
  /** the same key again adds nothing; with another job it is refused */
  idempotencyKey?: string;
  priority?: "urgent" | "normal" | "bulk";
  /** not before this moment; at most a year ahead */
  runAt?: string;
  /** not sent after this moment */
  expiresAt?: string;
  /** send a text all the same that holds a placeholder, such as `{{first_name}}`, or reads as if it was made UTF-8 twice */
  allowDoubtfulText?: boolean;
  /** when nobody knows whether a call had its effect; `rerun` is for reads only, `reconcile` for message.send and invitation.send: reads look for it before its outcome is published, and cost credits */
  onUnknown?: "report" | "rerun" | "reconcile";
  campaignId?: string;
  recipientId?: string;
};

/** Search companies */
export type CompanySearchInput = {
  /** several with ";" */
  location?: string;
  /** industry label; several with ";" */
  sector?: string;
  /** several with ";" */
  industry?: string;
  /** free text or company name */
  keyword?: string;
  /** employee bands, several with ";" */
  company_size?: string;
  /** rows wanted; the provider's default is 10 */
  total_results?: number;
  /** first page; with it pages count, not total_results */
  start_page?: number;
  /** last page */
  end_page?: number;
};

/** Publish a post */
export type PostCreateJob = {
  operation: "post.create";
  /** whose account does it */
  accountId: string;
  input: PostCreateInput;
  /** the same key again adds nothing; with another job it is refused */
  idempotencyKey?: string;
  priority?: "urgent" | "normal" | "bulk";
  /** not before this moment; at most a year ahead */
  runAt?: string;
  /** not sent after this moment */
  expiresAt?: string;
  /** send a text all the same that holds a placeholder, such as `{{first_name}}`, or reads as if it was made UTF-8 twice */
  allowDoubtfulText?: boolean;
  /** when nobody knows whether a call had its effect; `rerun` is for reads only, `reconcile` for message.send and invitation.send: reads look for it before its outcome is published, and cost credits */
  onUnknown?: "report" | "rerun" | "reconcile";
  campaignId?: string;
  recipientId?: string;
};

/** Publish a post */
export type PostCreateInput = {
  /** text of the post */
  message: string;
  /** address of, or data for, one attachment */
  file?: string;
};

/** React to a post */
export type PostReactJob = {
  operation: "post.react";
  /** whose account does it */
  accountId: string;
  input: PostReactInput;
  /** the same key again adds nothing; with another job it is refused */
  idempotencyKey?: string;
  priority?: "urgent" | "normal" | "bulk";
  /** not before this moment; at most a year ahead */
  runAt?: string;
  /** not sent after this moment */
  expiresAt?: string;
  /** send a text all the same that holds a placeholder, such as `{{first_name}}`, or reads as if it was made UTF-8 twice */
  allowDoubtfulText?: boolean;
  /** when nobody knows whether a call had its effect; `rerun` is for reads only, `reconcile` for message.send and invitation.send: reads look for it before its outcome is published, and cost credits */
  onUnknown?: "report" | "rerun" | "reconcile";
  campaignId?: string;
  recipientId?: string;
};

/** React to a post */
export type PostReactInput = {
  /** https address of a post */
  post_url: string;
  /** the provider's default is LIKE */
  reaction_type?: "LIKE" | "PRAISE" | "APPRECIATION" | "EMPATHY" | "INTEREST" | "ENTERTAINMENT" | "CELEBRATE" | "SUPPORT" | "FUNNY" | "LOVE" | "INSIGHTFUL" | "CURIOUS" | "like" | "praise" | "appreciation" | "empathy" | "interest" | "entertainment" | "celebrate" | "support" | "funny" | "love" | "insightful" | "curious";
};

/** Comment on a post */
export type PostCommentJob = {
  operation: "post.comment";
  /** whose account does it */
  accountId: string;
  input: PostCommentInput;
  /** the same key again adds nothing; with another job it is refused */
  idempotencyKey?: string;
  priority?: "urgent" | "normal" | "bulk";
  /** not before this moment; at most a year ahead */
  runAt?: string;
  /** not sent after this moment */
  expiresAt?: string;
  /** send a text all the same that holds a placeholder, such as `{{first_name}}`, or reads as if it was made UTF-8 twice */
  allowDoubtfulText?: boolean;
  /** when nobody knows whether a call had its effect; `rerun` is for reads only, `reconcile` for message.send and invitation.send: reads look for it before its outcome is published, and cost credits */
  onUnknown?: "report" | "rerun" | "reconcile";
  campaignId?: string;
  recipientId?: string;
};

/** Comment on a post */
export type PostCommentInput = {
  /** https address of a post, with its activity number in it */
  post_url: string;
  /** text of the comment */
  message: string;
  /** comment as this company page */
  company_url?: string;
};

/** Reply to a comment */
export type PostAnswerCommentJob = {
  operation: "post.answer-comment";
  /** whose account does it */
  accountId: string;
  input: PostAnswerCommentInput;
  /** the same key again adds nothing; with another job it is refused */
  idempotencyKey?: string;
  priority?: "urgent" | "normal" | "bulk";
  /** not before this moment; at most a year ahead */
  runAt?: string;
  /** not sent after this moment */
  expiresAt?: string;
  /** send a text all the same that holds a placeholder, such as `{{first_name}}`, or reads as if it was made UTF-8 twice */
  allowDoubtfulText?: boolean;
  /** when nobody knows whether a call had its effect; `rerun` is for reads only, `reconcile` for message.send and invitation.send: reads look for it before its outcome is published, and cost credits */
  onUnknown?: "report" | "rerun" | "reconcile";
  campaignId?: string;
  recipientId?: string;
};

/** Reply to a comment */
export type PostAnswerCommentInput = {
  tracking_id: string;
  /** from post.comments */
  profile_urn: string;
  /** from post.comments */
  comment_urn: string;
  /** text of the reply */
  comment_text: string;
  /** vendor's default is true */
  mention_user?: boolean;
  commenter_name?: string;
};

/** Repost a post */
export type PostRepostJob = {
  operation: "post.repost";
  /** whose account does it */
  accountId: string;
  input: PostRepostInput;
  /** the same key again adds nothing; with another job it is refused */
  idempotencyKey?: string;
  priority?: "urgent" | "normal" | "bulk";
  /** not before this moment; at most a year ahead */
  runAt?: string;
  /** not sent after this moment */
  expiresAt?: string;
  /** send a text all the same that holds a placeholder, such as `{{first_name}}`, or reads as if it was made UTF-8 twice */
  allowDoubtfulText?: boolean;
  /** when nobody knows whether a call had its effect; `rerun` is for reads only, `reconcile` for message.send and invitation.send: reads look for it before its outcome is published, and cost credits */
  onUnknown?: "report" | "rerun" | "reconcile";
  campaignId?: string;
  recipientId?: string;
};

/** Repost a post */
export type PostRepostInput = {
  /** https address of a post */
  post_url: string;
};

/** Report time spent viewing a post */
export type PostTimeSpentJob = {
  operation: "post.time-spent";
  /** whose account does it */
  accountId: string;
  input: PostTimeSpentInput;
  /** the same key again adds nothing; with another job it is refused */
  idempotencyKey?: string;
  priority?: "urgent" | "normal" | "bulk";
  /** not before this moment; at most a year ahead */
  runAt?: string;
  /** not sent after this moment */
  expiresAt?: string;
  /** send a text all the same that holds a placeholder, such as `{{first_name}}`, or reads as if it was made UTF-8 twice */
  allowDoubtfulText?: boolean;
  /** when nobody knows whether a call had its effect; `rerun` is for reads only, `reconcile` for message.send and invitation.send: reads look for it before its outcome is published, and cost credits */
  onUnknown?: "report" | "rerun" | "reconcile";
  campaignId?: string;
  recipientId?: string;
};

/** Report time spent viewing a post */
export type PostTimeSpentInput = {
  /** https address of a post */
  post_url: string;
  /** viewing time in ms */
  duration: number;
  /** start of viewing, ms since 1970 */
  duration_start_time?: number;
};

/** Who reacted to a post */
export type PostReactionsJob = {
  operation: "post.reactions";
  /** whose account does it */
  accountId: string;
  input: PostReactionsInput;
  /** the same key again adds nothing; with another job it is refused */
  idempotencyKey?: string;
  priority?: "urgent" | "normal" | "bulk";
  /** not before this moment; at most a year ahead */
  runAt?: string;
  /** not sent after this moment */
  expiresAt?: string;
  /** send a text all the same that holds a placeholder, such as `{{first_name}}`, or reads as if it was made UTF-8 twice */
  allowDoubtfulText?: boolean;
  /** when nobody knows whether a call had its effect; `rerun` is for reads only, `reconcile` for message.send and invitation.send: reads look for it before its outcome is published, and cost credits */
  onUnknown?: "report" | "rerun" | "reconcile";
  campaignId?: string;
  recipientId?: string;
};

/** Who reacted to a post */
export type PostReactionsInput = {
  /** https address of a post */
  post_url: string;
  /** rows wanted; the provider's default is 10 */
  total_results?: number;
  /** first page; with it pages count, not total_results */
  start_page?: number;
  /** last page */
  end_page?: number;
};

/** Comments under a post */
export type PostCommentsJob = {
  operation: "post.comments";
  /** whose account does it */
  accountId: string;
  input: PostCommentsInput;
  /** the same key again adds nothing; with another job it is refused */
  idempotencyKey?: string;
  priority?: "urgent" | "normal" | "bulk";
  /** not before this moment; at most a year ahead */
  runAt?: string;
  /** not sent after this moment */
  expiresAt?: string;
  /** send a text all the same that holds a placeholder, such as `{{first_name}}`, or reads as if it was made UTF-8 twice */
  allowDoubtfulText?: boolean;
  /** when nobody knows whether a call had its effect; `rerun` is for reads only, `reconcile` for message.send and invitation.send: reads look for it before its outcome is published, and cost credits */
  onUnknown?: "report" | "rerun" | "reconcile";
  campaignId?: string;
  recipientId?: string;
};

/** Comments under a post */
export type PostCommentsInput = {
  /** https address of a post */
  post_url: string;
  /** rows wanted; the provider's default is 10 */
  total_results?: number;
  /** first page; with it pages count, not total_results */
  start_page?: number;
  /** last page */
  end_page?: number;
};

/** Search posts, or list one author's posts */
export type PostSearchJob = {
  operation: "post.search";
  /** whose account does it */
  accountId: string;
  input: PostSearchInput;
  /** the same key again adds nothing; with another job it is refused */
  idempotencyKey?: string;
  priority?: "urgent" | "normal" | "bulk";
  /** not before this moment; at most a year ahead */
  runAt?: string;
  /** not sent after this moment */
  expiresAt?: string;
  /** send a text all the same that holds a placeholder, such as `{{first_name}}`, or reads as if it was made UTF-8 twice */
  allowDoubtfulText?: boolean;
  /** when nobody knows whether a call had its effect; `rerun` is for reads only, `reconcile` for message.send and invitation.send: reads look for it before its outcome is published, and cost credits */
  onUnknown?: "report" | "rerun" | "reconcile";
  campaignId?: string;
  recipientId?: string;
};

/** Search posts, or list one author's posts */
export type PostSearchInput = {
  keyword?: string;
  /** only posts of this member or company page */
  linkedin_url?: string;
  post_type?: string;
  sort_by?: "RELEVANCE" | "DATE_POSTED" | "relevance" | "date_posted";
  /** window, such as PAST_24_HOURS, PAST_WEEK, PAST_MONTH */
  post_date?: string;
  /** rows wanted; the provider's default is 10 */
  total_results?: number;
  /** first page; with it pages count, not total_results */
  start_page?: number;
  /** last page */
  end_page?: number;
};

/** The member's feed */
export type PostFeedJob = {
  operation: "post.feed";
  /** whose account does it */
  accountId: string;
  input: PostFeedInput;
  /** the same key again adds nothing; with another job it is refused */
  idempotencyKey?: string;
  priority?: "urgent" | "normal" | "bulk";
  /** not before this moment; at most a year ahead */
  runAt?: string;
  /** not sent after this moment */
  expiresAt?: string;
  /** send a text all the same that holds a placeholder, such as `{{first_name}}`, or reads as if it was made UTF-8 twice */
  allowDoubtfulText?: boolean;
  /** when nobody knows whether a call had its effect; `rerun` is for reads only, `reconcile` for message.send and invitation.send: reads look for it before its outcome is published, and cost credits */
  onUnknown?: "report" | "rerun" | "reconcile";
  campaignId?: string;
  recipientId?: string;
};

/** The member's feed */
export type PostFeedInput = {
  /** rows wanted; the provider's default is 10 */
  total_results?: number;
};

export type RedriveRequest = {
  /** needed for an id that several queues have */
  queue?: "messages" | "network" | "profiles" | "posts";
  /** true: also a write whose effect is unknown; look on LinkedIn first, it may arrive a second time */
  maySendTwice?: boolean;
  /** true, beside maySendTwice: also a write of which a person said that it happened; it arrives a second time */
  evenIfHappened?: boolean;
};

export type RedriveManyRequest = {
  /** only jobs whose outcome has this code */
  code?: "invalid_input" | "invalid_request" | "account_unavailable" | "token_expired" | "forbidden" | "not_found" | "rate_limited" | "linkedin_limited" | "recipient_refused" | "server_error" | "connection_failed" | "timed_out" | "bad_response" | "interrupted" | "state_lost" | "action_failed" | "not_done" | "cancelled" | "expired" | "suppressed" | "replied" | "contacted_recently" | "notes_used_up" | "internal_error";
  /** only jobs of this campaign */
  campaignId?: string;
  /** only jobs for this recipient, as the job names it */
  recipientId?: string;
  /** only jobs that were added then or later */
  addedFrom?: string;
  /** only jobs that were added before */
  addedBefore?: string;
  queue?: "messages" | "network" | "profiles" | "posts";
  /** only jobs of this account */
  accountId?: string;
  /** only jobs of this operation */
  operation?: "message.send" | "message.inbox" | "message.conversation" | "invitation.send" | "invitation.accept" | "invitation.withdraw" | "invitation.status" | "invitation.list" | "invitation.sent" | "connection.list" | "recommendation.list" | "profile.scrape" | "profile.me" | "profile.contact" | "profile.search" | "company.info" | "company.search" | "post.create" | "post.react" | "post.comment" | "post.answer-comment" | "post.repost" | "post.time-spent" | "post.reactions" | "post.comments" | "post.search" | "post.feed";
  /** most jobs to re-drive now */
  limit?: number;
  cursor?: string;
  /** true: also a write whose effect is unknown; look on LinkedIn first, it may arrive a second time */
  maySendTwice?: boolean;
};

export type ResolveRequest = {
  /** true: the message or invitation is there on LinkedIn; false: it is not */
  happened: boolean;
};

export type CancelManyRequest = {
  accountId?: string;
  operation?: "message.send" | "message.inbox" | "message.conversation" | "invitation.send" | "invitation.accept" | "invitation.withdraw" | "invitation.status" | "invitation.list" | "invitation.sent" | "connection.list" | "recommendation.list" | "profile.scrape" | "profile.me" | "profile.contact" | "profile.search" | "company.info" | "company.search" | "post.create" | "post.react" | "post.comment" | "post.answer-comment" | "post.repost" | "post.time-spent" | "post.reactions" | "post.comments" | "post.search" | "post.feed";
  /** only jobs of this campaign */
  campaignId?: string;
  /** only jobs for this recipient, as the job names it */
  recipientId?: string;
  /** only jobs that were added then or later */
  addedFrom?: string;
  /** only jobs that were added before */
  addedBefore?: string;
  state?: "waiting" | "parked" | "delayed";
  queue?: "messages" | "network" | "profiles" | "posts";
  /** most jobs to cancel now */
  limit?: number;
  cursor?: string;
};

export type CampaignRequest = {
  name: string;
  operation?: "message.send" | "message.inbox" | "message.conversation" | "invitation.send" | "invitation.accept" | "invitation.withdraw" | "invitation.status" | "invitation.list" | "invitation.sent" | "connection.list" | "recommendation.list" | "profile.scrape" | "profile.me" | "profile.contact" | "profile.search" | "company.info" | "company.search" | "post.create" | "post.react" | "post.comment" | "post.answer-comment" | "post.repost" | "post.time-spent" | "post.reactions" | "post.comments" | "post.search" | "post.feed";
  accountIds: Array<string>;
  input?: Record<string, unknown>;
  steps?: Array<CampaignStep>;
  priority?: "urgent" | "normal" | "bulk";
  maxCredits?: number;
  startAt?: string;
  expiresAt?: string;
  onUnknown?: "report" | "rerun" | "reconcile";
  handover?: boolean;
  contactGapDays?: number;
  stopOnReply?: boolean;
  /** makes the request repeatable; one is made up when left out */
  campaignId?: string;
};

export type CampaignStep = {
  operation: "message.send" | "message.inbox" | "message.conversation" | "invitation.send" | "invitation.accept" | "invitation.withdraw" | "invitation.status" | "invitation.list" | "invitation.sent" | "connection.list" | "recommendation.list" | "profile.scrape" | "profile.me" | "profile.contact" | "profile.search" | "company.info" | "company.search" | "post.create" | "post.react" | "post.comment" | "post.answer-comment" | "post.repost" | "post.time-spent" | "post.reactions" | "post.comments" | "post.search" | "post.feed";
  input: Record<string, unknown>;
  /** the least and the most days after the end of the step before, drawn anew for each person; left out: at once */
  afterDays?: [number, number];
  /** `accepted`: only for people who accepted an invitation of the account, `not_accepted`: only for those with whom it is still pending, by a look at each of them (`invitation.status`); `no_reply`: only for people who have not answered; who has is passed over */
  onlyIf?: "accepted" | "not_accepted" | "no_reply";
};

export type CampaignChange = {
  name?: string;
  /** they share the recipients that were not put into a call queue, evenly; the others stay with their account */
  accountIds?: Array<string>;
  input?: Record<string, unknown>;
  /** of a sequence, all of them: those of a draft may be any; of one that was started those that there are keep their operations, and more may follow */
  steps?: Array<CampaignStep>;
  priority?: "urgent" | "normal" | "bulk";
  /** null: no bound */
  maxCredits?: number | null;
  /** null: at once */
  startAt?: string | null;
  /** null: never */
  expiresAt?: string | null;
  handover?: boolean;
  /** null: LINKUP_CONTACT_GAP_DAYS alone holds */
  contactGapDays?: number | null;
  stopOnReply?: boolean;
  /** of a paused campaign: go on all the same with what is probably not meant */
  allowDoubtfulText?: boolean;
};

export type CampaignStart = {
  /** so many of its recipients, in the order of the list; then it pauses, `first_done`, until it is resumed */
  first?: number;
  /** send all the same what is probably not meant */
  allowDoubtfulText?: boolean;
};

export type CampaignResume = {
  /** so many in all, counted from the first of the list: more than it was started with. It pauses again then. The same again changes nothing */
  first?: number;
};

/** one object a line: `{"recipientId"?, "linkedin_url": "…", "first_name": "…"}`, or the fields apart: `{"recipientId"?, "fields": {…}}` */
export type RecipientLine = Record<string, string | number | boolean | null | Record<string, unknown>>;

export type ScheduleRequest = {
  /** five fields, or six with seconds first; or @hourly, @daily, @weekly, @monthly, @yearly */
  cron?: string;
  /** instead of cron; the first tick is one interval away */
  everyMs?: number;
  /** IANA name for cron, default UTC; an interval has no use for it */
  timezone?: string;
  overlap?: "skip" | "queue";
  job: {
    operation: "message.send" | "message.inbox" | "message.conversation" | "invitation.send" | "invitation.accept" | "invitation.withdraw" | "invitation.status" | "invitation.list" | "invitation.sent" | "connection.list" | "recommendation.list" | "profile.scrape" | "profile.me" | "profile.contact" | "profile.search" | "company.info" | "company.search" | "post.create" | "post.react" | "post.comment" | "post.answer-comment" | "post.repost" | "post.time-spent" | "post.reactions" | "post.comments" | "post.search" | "post.feed";
    accountId: string;
    /** as for POST /v1/jobs */
    input: Record<string, never>;
    priority?: "urgent" | "normal" | "bulk";
    onUnknown?: "report" | "rerun" | "reconcile";
    campaignId?: string;
    recipientId?: string;
  };
};

export type WebhookRegistration = {
  url: string;
  /** whsec_ and base64; never shown again */
  secret: string;
  /** only outcomes of these statuses; all when left out */
  statuses?: Array<"succeeded" | "failed" | "unknown" | "cancelled">;
  /** only what belongs to this campaign */
  campaignId?: string;
  /** outcomes, events of campaigns, of accounts, of the key, of brakes, of people; all of these when left out */
  events?: Array<"outcome" | "campaign" | "account" | "key" | "brake" | "person">;
};

export type DeadLettersRedrive = {
  /** all dead letters when left out */
  messageIds?: Array<string>;
};

export type ReplyRequest = {
  /** the address of their LinkedIn profile in any spelling, or their profile id (`ACoAA...`) or URN */
  url: string;
  /** when they answered, at most a year ago; left out: now */
  at?: string;
};

/** `scope`: `all`, `account:<id>` or `campaign:<id>`; a part that is left out: all, no reason, no end */
export type SuppressionRequest = {
  scope?: string;
  reason?: string;
  until?: string | null;
};

/** one object a line, or a row of a table: any column with the address of a profile or a profile id, and `scope`, `reason`, `until` */
export type SuppressionLine = Record<string, string | number | boolean | null>;

export type Account = {
  id: string;
  state: "active" | "refreshing" | "awaiting_code" | "cooling" | "needs_attention" | "disabled";
  /** one word; empty for none */
  why: string;
  /** counts the tokens */
  epoch: number;
  country: "FR" | "US" | "UK" | "DE" | "NL" | "IT" | "IL" | "CA" | "BR" | "ES" | "IN" | null;
  maxInFlight: number | null;
  plan: "free" | "premium" | "sales_navigator" | "recruiter" | null;
  /** its own; null: it sets none, and LINKUP_ACCOUNT_POLICY says what it may do */
  policy: AccountPolicyOutput | null;
  /** the caps that hold, with what counts to each; where one account is asked for */
  caps?: Array<AccountCapUse>;
  /** when its hours open; null: they are open, or it has none; where one account is asked for */
  opensAt?: string | null;
  /** the bounds of its invitations as they are known; null: its policy sets none; where one account is asked for */
  invitations?: AccountInvitations | null;
  /** when its invitations were last read for the bounds of its policy, or to be taken back */
  invitationsReadAt: string | null;
  /** since when its invitations are to be read again; null: it is not due, its hours are over, or nobody asks for it */
  invitationsWaitSince: string | null;
  /** jobs that are held for this account */
  parked: number;
  createdAt: string;
  lastRefreshAt: string | null;
  /** until when the whole account rests */
  coolingUntil: string | null;
  replyWatch: ReplyWatchOutput | null;
  autoWithdrawAfterDays: number | null;
  /** when its inbox was last read for replies as far as it was to be */
  inboxReadAt: string | null;
  /** since when its inbox is to be read again; null: it is not due, its hours are over, or no campaign asks for it */
  inboxWaitsSince: string | null;
  /** invitations that went without their note since its notes were used up; null: none within 30 days */
  withoutNote: {
    count: number;
    since: string;
    lastAt: string;
  } | null;
  /** rules that a person has put out of force for its urgent jobs */
  overrides: Array<AccountOverride>;
  /** parts of it that rest, as LinkedIn limits them; everything else goes on */
  rests: Array<AccountRest>;
};

export type AccountCapUse = {
  /** an operation, or a family of them */
  scope: "message.send" | "message.inbox" | "message.conversation" | "invitation.send" | "invitation.accept" | "invitation.withdraw" | "invitation.status" | "invitation.list" | "invitation.sent" | "connection.list" | "recommendation.list" | "profile.scrape" | "profile.me" | "profile.contact" | "profile.search" | "company.info" | "company.search" | "post.create" | "post.react" | "post.comment" | "post.answer-comment" | "post.repost" | "post.time-spent" | "post.reactions" | "post.comments" | "post.search" | "post.feed" | "invite" | "note" | "message" | "view" | "search" | "engage" | "post" | "withdraw" | "write";
  /** rolling: an hour, 24 hours, 7 days, 30 days */
  window: "perHour" | "perDay" | "perWeek" | "perMonth";
  cap: number;
  /** calls that were sent or may have been, those that are out, and those made by hand */
  used: number;
  /** false: Redis lost its state, and until what may be missing in `used` is out of the window the cap counts as used up */
  known: boolean;
  /** when there is a place again; null: now, or never with a cap of 0 */
  nextFreeAt: string | null;
};

export type AccountInvitations = {
  /** null: they were not counted within four days, so no bound of them holds */
  pending: {
    counted: number;
    countedAt: string;
    /** with all that may have been sent since */
    atMost: number;
  } | null;
  /** of the invitations that were looked at a week or more after they were sent; null: of fewer than twenty within 30 days, so no bound holds */
  acceptance: {
    accepted: number;
    looked: number;
  } | null;
  /** `stopped` and `pending_max`: no invitation leaves; `halved`: the caps of invitations are; `not_known`: a bound does not hold for want of data */
  effect: "none" | "not_known" | "halved" | "stopped" | "pending_max";
};

export type AccountOverride = {
  rule: "hours" | "account_cap" | "account_pace";
  /** when it holds again */
  until: string;
};

export type AccountRest = {
  /** an operation, a family of them such as `invite` or `message`, or `account` */
  scope: "message.send" | "message.inbox" | "message.conversation" | "invitation.send" | "invitation.accept" | "invitation.withdraw" | "invitation.status" | "invitation.list" | "invitation.sent" | "connection.list" | "recommendation.list" | "profile.scrape" | "profile.me" | "profile.contact" | "profile.search" | "company.info" | "company.search" | "post.create" | "post.react" | "post.comment" | "post.answer-comment" | "post.repost" | "post.time-spent" | "post.reactions" | "post.comments" | "post.search" | "post.feed" | "invite" | "note" | "message" | "view" | "search" | "engage" | "post" | "withdraw" | "write" | "account";
  cause: "linkedin_limited" | "invitation_limit" | "weekly_limit" | "pending_limit" | "email_unconfirmed" | "commercial_limit" | "note_limit" | "account_restricted" | "refused_in_a_row" | "reads_refused";
  since: string;
  /** null: until a person resumes the account or ends the rest */
  until: string | null;
};

export type Problem = {
  error: {
    /** for machines; new ones come: take one that you do not know as `internal_error` */
    code: "invalid_input" | "invalid_request" | "account_unavailable" | "token_expired" | "forbidden" | "not_found" | "rate_limited" | "linkedin_limited" | "recipient_refused" | "server_error" | "connection_failed" | "timed_out" | "bad_response" | "interrupted" | "state_lost" | "action_failed" | "not_done" | "cancelled" | "expired" | "suppressed" | "replied" | "contacted_recently" | "notes_used_up" | "internal_error" | "login_refused" | "code_required" | "key_refused" | "configuration_invalid" | "secrets_key_wrong" | "key_conflict" | "layout_conflict" | "redis_unreachable" | "redis_unsuitable" | "archive_unreachable" | "archive_unsuitable" | "provider_unreachable" | "unauthorized" | "conflict" | "doubtful_text" | "method_not_allowed" | "payload_too_large" | "unsupported_media_type" | "too_many_requests";
    /** for a person */
    message: string;
    /** everything that is wrong with the input */
    issues?: Array<{
      /** of the field; empty for the whole */
      path: string;
      message: string;
    }>;
  };
};

export type AccountPage = {
  items: Array<Account>;
  /** hand it back as `cursor` for the next page; null at the end */
  nextCursor: string | null;
};

/** What became of one line of the request, in their order */
export type BatchLine = {
  line: number;
  jobId: string;
  duplicate: boolean;
} | {
  line: number;
  error: {
    /** for machines; new ones come: take one that you do not know as `internal_error` */
    code: "invalid_input" | "invalid_request" | "account_unavailable" | "token_expired" | "forbidden" | "not_found" | "rate_limited" | "linkedin_limited" | "recipient_refused" | "server_error" | "connection_failed" | "timed_out" | "bad_response" | "interrupted" | "state_lost" | "action_failed" | "not_done" | "cancelled" | "expired" | "suppressed" | "replied" | "contacted_recently" | "notes_used_up" | "internal_error" | "login_refused" | "code_required" | "key_refused" | "configuration_invalid" | "secrets_key_wrong" | "key_conflict" | "layout_conflict" | "redis_unreachable" | "redis_unsuitable" | "archive_unreachable" | "archive_unsuitable" | "provider_unreachable" | "unauthorized" | "conflict" | "doubtful_text" | "method_not_allowed" | "payload_too_large" | "unsupported_media_type" | "too_many_requests";
    /** for a person */
    message: string;
    /** everything that is wrong with the input */
    issues?: Array<{
      /** of the field; empty for the whole */
      path: string;
      message: string;
    }>;
  };
};

export type BatchSummary = {
  /** duplicates included */
  accepted: number;
  duplicates: number;
  /** the first 1000 */
  rejected: Array<{
    line: number;
    error: {
      /** for machines; new ones come: take one that you do not know as `internal_error` */
      code: "invalid_input" | "invalid_request" | "account_unavailable" | "token_expired" | "forbidden" | "not_found" | "rate_limited" | "linkedin_limited" | "recipient_refused" | "server_error" | "connection_failed" | "timed_out" | "bad_response" | "interrupted" | "state_lost" | "action_failed" | "not_done" | "cancelled" | "expired" | "suppressed" | "replied" | "contacted_recently" | "notes_used_up" | "internal_error" | "login_refused" | "code_required" | "key_refused" | "configuration_invalid" | "secrets_key_wrong" | "key_conflict" | "layout_conflict" | "redis_unreachable" | "redis_unsuitable" | "archive_unreachable" | "archive_unsuitable" | "provider_unreachable" | "unauthorized" | "conflict" | "doubtful_text" | "method_not_allowed" | "payload_too_large" | "unsupported_media_type" | "too_many_requests";
      /** for a person */
      message: string;
      /** everything that is wrong with the input */
      issues?: Array<{
        /** of the field; empty for the whole */
        path: string;
        message: string;
      }>;
    };
  }>;
  rejectedCount: number;
};

export type Redrive = {
  queue: "messages" | "network" | "profiles" | "posts";
  jobId: string;
  redriveOf: string;
  /** it was re-driven before; nothing was added */
  duplicate: boolean;
};

export type RedriveMany = {
  redriven: number;
  /** re-driven before */
  already: number;
  refused: number;
  /** of the re-driven, if each call succeeds, as far as prices are known */
  credits: number;
  /** of the refused, by why */
  reasons: {
    not_found?: number;
    not_ended?: number;
    succeeded?: number;
    data_gone?: number;
    invalid?: number;
    expired?: number;
    may_send_twice?: number;
    happened?: number;
    campaign_cancelled?: number;
    no_free_id?: number;
  };
  more: boolean;
  /** hand it back as `cursor` to go on; null at the end */
  nextCursor: string | null;
};

export type JobState = {
  queue: "messages" | "network" | "profiles" | "posts";
  jobId: string;
  /** BullMQ's own, and `parked`: held until its account is back or free; `active`: its call is out */
  state: "waiting" | "parked" | "delayed" | "active" | "completed" | "failed";
  operation: string | null;
  accountId: string | null;
  campaignId: string | null;
  recipientId: string | null;
  enqueuedAt: string | null;
  waitsFor?: WaitsFor;
  /** once it has ended, for LINKUP_OUTCOME_DAYS, and for good with an archive */
  outcome: Outcome | null;
};

/** Why it makes no call now, as far as is known at this moment; left out when it has ended, and while its call is out. More reasons may come. `window`: the rate window is full. `pace`: calls are spread over the rate window, and its turn has not come. `busy`: its account has as many calls out as it may. `worker_full`: no worker has room for it yet, or none runs. `refreshing`: its account is being logged in. `awaiting_code`: its account waits for a code. `needs_attention`: its account's log-in was refused. `disabled`: its account was paused by hand. `resting`: its account, or a part of what it does, rests. `account_cap`: its account has done as much as it may. `account_pace`: its account's own pace. `hours`: it is outside of its account's hours. `warm_up`: its account is new and does little yet. `campaign_paused`: its campaign is paused. `campaign_scheduled`: its campaign starts later. `budget_exhausted`: its campaign's credits are used up. `campaign_budget`: its campaign's last credits are out; what comes back decides. `day_budget`: the day's credits are used up. `over_day_budget`: it costs more than a whole day may. `key_cooling`: the API key cools down. `key_stopped`: the API key is stopped. `fresh_state`: Redis has no record of the last rate window, so nothing leaves for one. `state_lost`: Redis has lost what was sent. `brake`: LinkUp itself refuses its operation, which is braked. `open_call`: an earlier call of it may still be out. `probe_out`: a probe is out, and others wait for what it finds. `redis_memory`: Redis is almost full. `redis_replicas`: Redis has fewer replicas than LINKUP_REDIS_REPLICAS. `backoff`: a try failed; the next comes after a pause. `run_at`: its runAt has not come. `reconciling`: a read looks whether it was done. `step_not_due`: its step is not due. */
export type WaitsFor = {
  reason: "window" | "pace" | "busy" | "worker_full" | "refreshing" | "awaiting_code" | "needs_attention" | "disabled" | "resting" | "account_cap" | "account_pace" | "hours" | "warm_up" | "campaign_paused" | "campaign_scheduled" | "budget_exhausted" | "campaign_budget" | "day_budget" | "over_day_budget" | "key_cooling" | "key_stopped" | "fresh_state" | "state_lost" | "brake" | "open_call" | "probe_out" | "redis_memory" | "redis_replicas" | "backoff" | "run_at" | "reconciling" | "step_not_due";
  until?: string;
  accountId?: string;
  position?: number;
};

export type Outcome = {
  v: 1;
  outcomeId: string;
  queue: string;
  jobId: string;
  operation: string;
  accountId: string | null;
  campaignId: string | null;
  recipientId: string | null;
  step: number | null;
  status: "succeeded" | "failed" | "unknown" | "cancelled";
  code: "invalid_input" | "invalid_request" | "account_unavailable" | "token_expired" | "forbidden" | "not_found" | "rate_limited" | "linkedin_limited" | "recipient_refused" | "server_error" | "connection_failed" | "timed_out" | "bad_response" | "interrupted" | "state_lost" | "action_failed" | "not_done" | "cancelled" | "expired" | "suppressed" | "replied" | "contacted_recently" | "notes_used_up" | "internal_error" | null;
  message: string;
  withoutNote?: boolean;
  httpStatus: number | null;
  output: unknown;
  calls: number;
  credits: {
    charged: number;
    uncertain: number;
  };
  redriveOf: string | null;
  reconciled: Reconciled | null;
  resolved: Resolution | null;
  enqueuedAt: string;
  startedAt: string | null;
  finishedAt: string;
};

export type Reconciled = {
  by: string;
  at: string;
};

export type Resolution = {
  happened: boolean;
  by: string;
  at: string;
};

export type Reconcile = {
  queue: "messages" | "network" | "profiles" | "posts";
  /** the job that looks: its state, its cost and what it saw are read as any job's */
  jobId: string;
  reconcileOf: string;
  /** it was asked for before; nothing was added */
  duplicate: boolean;
};

export type Cost = {
  dryRun: true;
  queue: "messages" | "network" | "profiles" | "posts";
  operation: "message.send" | "message.inbox" | "message.conversation" | "invitation.send" | "invitation.accept" | "invitation.withdraw" | "invitation.status" | "invitation.list" | "invitation.sent" | "connection.list" | "recommendation.list" | "profile.scrape" | "profile.me" | "profile.contact" | "profile.search" | "company.info" | "company.search" | "post.create" | "post.react" | "post.comment" | "post.answer-comment" | "post.repost" | "post.time-spent" | "post.reactions" | "post.comments" | "post.search" | "post.feed";
  /** the known cost of one successful call */
  credits: number;
  price: {
    rule: string;
    evidence: "documented" | "code" | "inferred" | "assumed";
  };
  /** whether the job would end `suppressed`, as its person is not to be contacted */
  suppressed: boolean;
  /** whether it would end `replied`, as its person answered and its campaign stops on a reply */
  replied: boolean;
};

export type Accepted = {
  queue: "messages" | "network" | "profiles" | "posts";
  jobId: string;
  /** the key was seen before, with the same job; nothing was added */
  duplicate: boolean;
};

export type JobRowPage = {
  items: Array<JobRow>;
  /** hand it back as `cursor` for the next page; null at the end */
  nextCursor: string | null;
};

export type JobRow = {
  queue: "messages" | "network" | "profiles" | "posts";
  jobId: string;
  /** BullMQ's own, and `parked`: held until its account is back or free; `active`: its call is out */
  state: "waiting" | "parked" | "delayed" | "active" | "completed" | "failed";
  operation: string | null;
  accountId: string | null;
  campaignId: string | null;
  recipientId: string | null;
  enqueuedAt: string | null;
  waitsFor?: WaitsFor;
};

export type CancelMany = {
  /** with dryRun: those that would be */
  cancelled: number;
  /** jobs whose call is out: their outcome tells */
  callOut: number;
  /** hand it back as `cursor` to go on; null at the end */
  nextCursor: string | null;
};

export type OperationList = {
  items: Array<Operation>;
};

export type Operation = {
  operation: "message.send" | "message.inbox" | "message.conversation" | "invitation.send" | "invitation.accept" | "invitation.withdraw" | "invitation.status" | "invitation.list" | "invitation.sent" | "connection.list" | "recommendation.list" | "profile.scrape" | "profile.me" | "profile.contact" | "profile.search" | "company.info" | "company.search" | "post.create" | "post.react" | "post.comment" | "post.answer-comment" | "post.repost" | "post.time-spent" | "post.reactions" | "post.comments" | "post.search" | "post.feed";
  queue: "messages" | "network" | "profiles" | "posts";
  /** a write leaves at most once */
  kind: "read" | "write";
  summary: string;
  price: {
    /** credits for one call */
    rule: string;
    /** how it is known; `assumed`: nothing states it */
    evidence: "documented" | "code" | "inferred" | "assumed";
  };
  /** how it is known; `assumed`: nothing states it */
  evidence: "documented" | "code" | "inferred" | "assumed";
  /** JSON Schema */
  input: Record<string, unknown>;
  /** JSON Schema */
  output: Record<string, unknown>;
};

export type Key = {
  state: "open" | "cooling" | "stopped";
  /** why it is not open; empty when it is */
  reason: "by_hand" | "key_refused" | "service_refused" | "rate_limited" | "server_errors" | "fresh_state" | "state_lost" | "";
  /** until when nothing leaves; null when open or stopped */
  until: string | null;
  /** the limit that holds: the strictest of the workers */
  rateLimit: number;
  /** the window that holds */
  rateWindowMs: number;
  /** null: a place is busy until one window after its answer */
  transit: Transit | null;
  /** slots of the window that are taken now */
  slotsBusy: number;
  /** mean time from grant to answer */
  meanHoldMs: number;
  workers: number;
  /** null: Redis did not come back older than it was */
  lost: LostState | null;
  /** settings in which live workers have other values than hold */
  differences: Array<SettingDifference>;
  /** calls that are out */
  openGrants: number;
  /** outcomes that are not on the results queue yet */
  unpublished: number;
  /** the host to which LINKUP_BASE_URL leads, as the api's settings have it */
  provider: string;
  /** null without LINKUP_MAX_CREDITS_PER_DAY */
  dayBudget: DayBudget | null;
  /** operations that stand still because LinkUp itself refuses them */
  brakes: Array<Brake>;
  /** the rests of single accounts, because LinkedIn limits them; at most 1,000 */
  rests: Array<Rest>;
};

export type Transit = {
  /** the LINKUP_TRANSIT_MS that holds: the longest of the workers, who all have one */
  ms: number;
  /** so long it has no effect, since LinkUp refused one request too many; null: it has */
  answersUntil: string | null;
};

export type LostState = {
  /** when that was noticed */
  since: string;
  /** calls that left and are missing, at least */
  marks: number;
};

export type SettingDifference = {
  setting: "LINKUP_RATE_LIMIT" | "LINKUP_RATE_WINDOW_MS" | "LINKUP_TRANSIT_MS" | "LINKUP_ACCOUNT_CONCURRENCY" | "LINKUP_MAX_CREDITS_PER_DAY" | "LINKUP_ACCOUNT_POLICY" | "LINKUP_CONTACT_GAP_DAYS";
  /** the strictest value, by which all workers go; null: none is set */
  holds: number | "careful" | null;
  /** the values of the live workers, each once; null: not set */
  values: Array<number | "careful" | null>;
};

export type DayBudget = {
  /** LINKUP_MAX_CREDITS_PER_DAY, as the api's settings have it */
  limit: number;
  /** charged today, and what may have been */
  spent: number;
  /** held by calls that are out */
  committed: number;
  /** when the next UTC day begins */
  resetsAt: string;
  /** jobs that are due and wait for that, free */
  waiting: number;
};

export type Brake = {
  id: string;
  /** the operation that stands still; `auth.login` and `auth.verify` are log-ins */
  covers: "message.send" | "message.inbox" | "message.conversation" | "invitation.send" | "invitation.accept" | "invitation.withdraw" | "invitation.status" | "invitation.list" | "invitation.sent" | "connection.list" | "recommendation.list" | "profile.scrape" | "profile.me" | "profile.contact" | "profile.search" | "company.info" | "company.search" | "post.create" | "post.react" | "post.comment" | "post.answer-comment" | "post.repost" | "post.time-spent" | "post.reactions" | "post.comments" | "post.search" | "post.feed" | "auth.login" | "auth.verify";
  /** the row of docs/answers.md that put it on */
  cause: string;
  since: string;
  /** not before this one call of it is let through; null while the key is stopped by hand */
  nextProbeAt: string | null;
  /** jobs that wait behind it, free */
  waiting: number;
};

export type Rest = {
  id: string;
  accountId: string;
  /** an operation, a family of them, or `account` */
  scope: "message.send" | "message.inbox" | "message.conversation" | "invitation.send" | "invitation.accept" | "invitation.withdraw" | "invitation.status" | "invitation.list" | "invitation.sent" | "connection.list" | "recommendation.list" | "profile.scrape" | "profile.me" | "profile.contact" | "profile.search" | "company.info" | "company.search" | "post.create" | "post.react" | "post.comment" | "post.answer-comment" | "post.repost" | "post.time-spent" | "post.reactions" | "post.comments" | "post.search" | "post.feed" | "invite" | "note" | "message" | "view" | "search" | "engage" | "post" | "withdraw" | "write" | "account";
  cause: "linkedin_limited" | "invitation_limit" | "weekly_limit" | "pending_limit" | "email_unconfirmed" | "commercial_limit" | "note_limit" | "account_restricted" | "refused_in_a_row" | "reads_refused";
  since: string;
  /** null: until a person ends it */
  until: string | null;
  /** not before this a call of it leaves; none probes while it rests */
  nextProbeAt: string | null;
  /** jobs that wait for it, free */
  waiting: number;
};

export type OutcomePage = {
  items: Array<Outcome>;
  /** hand it back as `after` for what comes behind, now or later; it is always there */
  nextCursor: string;
  /** whether there is something behind nextCursor already; false: ask again in a while */
  more: boolean;
  /** true: the cursor that was handed in is older than outcomes are kept, and some may have gone before they were read */
  missed: boolean;
};

export type History = WindowHistory | OutcomeHistory;

export type WindowHistory = {
  of: "window";
  /** when the first bucket begins */
  from: string;
  /** a second; longer where the window is longer than a minute */
  bucketMs: number;
  rateLimit: number;
  rateWindowMs: number;
  /** places of the window that are taken now */
  slotsBusy: number;
  /** of these, calls that are out */
  out: number;
  /** calls that were answered in each bucket, oldest first */
  answered: Array<number>;
};

export type OutcomeHistory = {
  of: "outcomes";
  bucketMs: number;
  /** a quarter of an hour each, of the last 24 h, oldest first; the last one is not over */
  buckets: Array<{
    from: string;
    succeeded: number;
    failed: number;
    unknown: number;
    cancelled: number;
  }>;
};

export type Findings = {
  worst: "ok" | "warn" | "fail";
  items: Array<Finding>;
};

export type Finding = {
  /** which check; more may come */
  code: "settings_file" | "settings" | "development" | "provider" | "redis" | "redis_version" | "persistence" | "last_write" | "eviction" | "memory" | "replicas" | "clock" | "layout" | "secrets_key" | "key" | "redis_clock" | "transit" | "day_budget" | "brake" | "workers" | "worker_settings" | "queues" | "oldest_job" | "open_calls" | "outbox" | "results" | "accounts" | "account_policy" | "inboxes" | "invitations" | "parked_jobs" | "campaigns" | "unknown_outcomes" | "schedules" | "webhooks" | "archive";
  /** `fail`: it keeps jobs from running, or from running safely; `warn`: it wants looking at */
  severity: "ok" | "warn" | "fail";
  /** the case, for a person */
  message: string;
  /** the thing to do; empty when all is well */
  remedy: string;
  since?: string;
  /** the one campaign, webhook, schedule or operation that it is about */
  subject?: string;
};

export type Campaign = {
  campaignId: string;
  name: string;
  state: "draft" | "scheduled" | "running" | "paused" | "ended" | "cancelled";
  /** why it is paused, cancelled or ended */
  why: "by_hand" | "budget_exhausted" | "first_done" | "all_done" | "expired" | "";
  /** with how many recipients of its list it was started, after which it pauses; null for all */
  first: number | null;
  /** how many of these were not put into a call queue yet; null for all */
  firstLeft: number | null;
  /** it runs, and nothing of it can move */
  stalled: boolean;
  /** `accounts_resting`: LinkedIn limits them; `brake`: LinkUp refuses its operation; empty when it is not stalled */
  stalledWhy: "accounts_away" | "accounts_resting" | "key_stopped" | "day_budget" | "brake" | "";
  operation: "message.send" | "message.inbox" | "message.conversation" | "invitation.send" | "invitation.accept" | "invitation.withdraw" | "invitation.status" | "invitation.list" | "invitation.sent" | "connection.list" | "recommendation.list" | "profile.scrape" | "profile.me" | "profile.contact" | "profile.search" | "company.info" | "company.search" | "post.create" | "post.react" | "post.comment" | "post.answer-comment" | "post.repost" | "post.time-spent" | "post.reactions" | "post.comments" | "post.search" | "post.feed";
  accountIds: Array<string>;
  input: Record<string, unknown>;
  priority: "urgent" | "normal" | "bulk";
  maxCredits: number | null;
  startAt: string | null;
  expiresAt: string | null;
  handover: boolean;
  /** null: LINKUP_CONTACT_GAP_DAYS alone holds */
  contactGapDays: number | null;
  /** whether a person who answers is written to no more, see `POST /v1/people/replied` */
  stopOnReply: boolean;
  createdAt: string;
  startedAt: string | null;
  endedAt: string | null;
  recipients: {
    accepted: number;
    /** put into a call queue and without an outcome */
    queued: number;
    /** between two steps of a sequence */
    waiting: number;
    /** have their outcome */
    ended: number;
    /** not put into a call queue; those of a campaign that is over get no outcome */
    unsent: number;
  };
  /** of a sequence, whose `operation` and `input` are those of its first step; null for a campaign of one operation */
  steps: Array<CampaignStepCounts> | null;
  byStatus: Partial<Record<"succeeded" | "failed" | "unknown" | "cancelled", number>>;
  byCode: Partial<Record<"invalid_input" | "invalid_request" | "account_unavailable" | "token_expired" | "forbidden" | "not_found" | "rate_limited" | "linkedin_limited" | "recipient_refused" | "server_error" | "connection_failed" | "timed_out" | "bad_response" | "interrupted" | "state_lost" | "action_failed" | "not_done" | "cancelled" | "expired" | "suppressed" | "replied" | "contacted_recently" | "notes_used_up" | "internal_error", number>>;
  /** of the unknown ones, those on which a person gave a word; they stay among the unknown */
  resolved: {
    happened: number;
    notHappened: number;
  };
  byAccount: Array<{
    accountId: string;
    unsent: number;
    byStatus: Partial<Record<"succeeded" | "failed" | "unknown" | "cancelled", number>>;
  }>;
  credits: {
    charged: number;
    uncertain: number;
    wasted: number;
    /** of what was charged: for jobs that did others again */
    redriven: number;
    /** of calls that are out now */
    held: number;
  };
  /** outcomes within the last 60 s */
  ratePerMinute: number;
  estimate: CampaignEstimate;
  /** parts of its text that are probably placeholders of another notation, and would be sent as they stand */
  doubts: Array<{
    path: string;
    message: string;
  }>;
};

export type CampaignStepCounts = {
  operation: "message.send" | "message.inbox" | "message.conversation" | "invitation.send" | "invitation.accept" | "invitation.withdraw" | "invitation.status" | "invitation.list" | "invitation.sent" | "connection.list" | "recommendation.list" | "profile.scrape" | "profile.me" | "profile.contact" | "profile.search" | "company.info" | "company.search" | "post.create" | "post.react" | "post.comment" | "post.answer-comment" | "post.repost" | "post.time-spent" | "post.reactions" | "post.comments" | "post.search" | "post.feed";
  input: Record<string, unknown>;
  /** the least and the most days after the end of the step before, drawn anew for each person; left out: at once */
  afterDays?: [number, number];
  /** `accepted`: only for people who accepted an invitation of the account, `not_accepted`: only for those with whom it is still pending, by a look at each of them (`invitation.status`); `no_reply`: only for people who have not answered; who has is passed over */
  onlyIf?: "accepted" | "not_accepted" | "no_reply";
  /** people who wait for it */
  waiting: number;
  byStatus: Partial<Record<"succeeded" | "failed" | "unknown" | "cancelled", number>>;
};

export type CampaignEstimate = {
  creditsPerRecipient: number;
  /** without an outcome */
  recipients: number;
  /** for those recipients, as far as prices are known */
  credits: number;
  /** when those that can be sent will be done, at today's load; null when nothing can move */
  finishAt: string | null;
  cannotSend: Array<{
    accountId: string;
    /** the account's, or `gone` */
    state: "active" | "refreshing" | "awaiting_code" | "cooling" | "needs_attention" | "disabled" | "gone";
    recipients: number;
    why: string;
  }>;
  /** of those that are left: who would not be written to as of now, so that their jobs end free of charge. Null where nobody looked: the estimate and a dry run do, for campaigns that write to people */
  outOfReach: {
    recipients: number;
    byCode: {
      suppressed: number;
      replied: number;
      contacted_recently: number;
    };
    /** how many were looked at; where there are more, the numbers are estimates */
    looked: number;
  } | null;
  /** warnings for a person */
  notes: Array<string>;
};

export type CampaignPage = {
  items: Array<Campaign>;
  /** hand it back as `cursor` for the next page; null at the end */
  nextCursor: string | null;
};

export type CampaignEstimateWithSamples = {
  creditsPerRecipient: number;
  /** without an outcome */
  recipients: number;
  /** for those recipients, as far as prices are known */
  credits: number;
  /** when those that can be sent will be done, at today's load; null when nothing can move */
  finishAt: string | null;
  cannotSend: Array<{
    accountId: string;
    /** the account's, or `gone` */
    state: "active" | "refreshing" | "awaiting_code" | "cooling" | "needs_attention" | "disabled" | "gone";
    recipients: number;
    why: string;
  }>;
  /** of those that are left: who would not be written to as of now, so that their jobs end free of charge. Null where nobody looked: the estimate and a dry run do, for campaigns that write to people */
  outOfReach: {
    recipients: number;
    byCode: {
      suppressed: number;
      replied: number;
      contacted_recently: number;
    };
    /** how many were looked at; where there are more, the numbers are estimates */
    looked: number;
  } | null;
  /** warnings for a person */
  notes: Array<string>;
  /** the inputs that 10 of the recipients that are left will be sent, drawn at random each time */
  samples: Array<{
    recipientId: string;
    input: Record<string, unknown>;
    /** of a sequence: of each step, in their order; `input` is that of the first */
    steps?: Array<{
      operation: "message.send" | "message.inbox" | "message.conversation" | "invitation.send" | "invitation.accept" | "invitation.withdraw" | "invitation.status" | "invitation.list" | "invitation.sent" | "connection.list" | "recommendation.list" | "profile.scrape" | "profile.me" | "profile.contact" | "profile.search" | "company.info" | "company.search" | "post.create" | "post.react" | "post.comment" | "post.answer-comment" | "post.repost" | "post.time-spent" | "post.reactions" | "post.comments" | "post.search" | "post.feed";
      input: Record<string, unknown>;
    }>;
  }>;
  /** parts of the text that are probably not meant to be sent as they stand: a start is refused for one, unless it is allowed */
  doubts: Array<{
    path: string;
    message: string;
  }>;
};

export type CampaignDryRun = {
  creditsPerRecipient: number;
  /** without an outcome */
  recipients: number;
  /** for those recipients, as far as prices are known */
  credits: number;
  /** when those that can be sent will be done, at today's load; null when nothing can move */
  finishAt: string | null;
  cannotSend: Array<{
    accountId: string;
    /** the account's, or `gone` */
    state: "active" | "refreshing" | "awaiting_code" | "cooling" | "needs_attention" | "disabled" | "gone";
    recipients: number;
    why: string;
  }>;
  /** of those that are left: who would not be written to as of now, so that their jobs end free of charge. Null where nobody looked: the estimate and a dry run do, for campaigns that write to people */
  outOfReach: {
    recipients: number;
    byCode: {
      suppressed: number;
      replied: number;
      contacted_recently: number;
    };
    /** how many were looked at; where there are more, the numbers are estimates */
    looked: number;
  } | null;
  /** warnings for a person */
  notes: Array<string>;
  dryRun: true;
  /** whether the start would be taken now */
  ok: boolean;
  /** reasons that keep it from starting */
  problems: Array<string>;
  /** the inputs that 10 of the recipients that are left will be sent, drawn at random each time */
  samples: Array<{
    recipientId: string;
    input: Record<string, unknown>;
    /** of a sequence: of each step, in their order; `input` is that of the first */
    steps?: Array<{
      operation: "message.send" | "message.inbox" | "message.conversation" | "invitation.send" | "invitation.accept" | "invitation.withdraw" | "invitation.status" | "invitation.list" | "invitation.sent" | "connection.list" | "recommendation.list" | "profile.scrape" | "profile.me" | "profile.contact" | "profile.search" | "company.info" | "company.search" | "post.create" | "post.react" | "post.comment" | "post.answer-comment" | "post.repost" | "post.time-spent" | "post.reactions" | "post.comments" | "post.search" | "post.feed";
      input: Record<string, unknown>;
    }>;
  }>;
  /** parts of the text that are probably not meant to be sent as they stand: a start is refused for one, unless it is allowed */
  doubts: Array<{
    path: string;
    message: string;
  }>;
};

export type RecipientsTaken = {
  /** new ones */
  accepted: number;
  /** rows whose recipient the campaign has already, from this body or an earlier one */
  duplicates: number;
  /** the first 1000, with their lines */
  rejected: Array<{
    line: number;
    /** of a table: the row that a spreadsheet shows it in */
    row?: number;
    error: {
      /** for machines; new ones come: take one that you do not know as `internal_error` */
      code: "invalid_input" | "invalid_request" | "account_unavailable" | "token_expired" | "forbidden" | "not_found" | "rate_limited" | "linkedin_limited" | "recipient_refused" | "server_error" | "connection_failed" | "timed_out" | "bad_response" | "interrupted" | "state_lost" | "action_failed" | "not_done" | "cancelled" | "expired" | "suppressed" | "replied" | "contacted_recently" | "notes_used_up" | "internal_error" | "login_refused" | "code_required" | "key_refused" | "configuration_invalid" | "secrets_key_wrong" | "key_conflict" | "layout_conflict" | "redis_unreachable" | "redis_unsuitable" | "archive_unreachable" | "archive_unsuitable" | "provider_unreachable" | "unauthorized" | "conflict" | "doubtful_text" | "method_not_allowed" | "payload_too_large" | "unsupported_media_type" | "too_many_requests";
      /** for a person */
      message: string;
      /** everything that is wrong with the input */
      issues?: Array<{
        /** of the field; empty for the whole */
        path: string;
        message: string;
      }>;
    };
  }>;
  rejectedCount: number;
  /** the field that each column is taken as, by its header */
  columns: Record<string, string>;
  /** of the campaign's text: rows that fill the field, rows that take its default, and rows refused as it is empty and has none */
  fields: Record<string, {
    filled: number;
    default: number;
    empty: number;
  }>;
  /** columns of a table that are left out: no text can name them, or several have one name that no text uses */
  ignoredColumns: Array<string>;
  /** errors of spreadsheets, such as `#N/A`, and words for nothing, such as `null`, that were taken as empty */
  errorValues: Array<{
    column: string;
    value: string;
    rows: number;
  }>;
  /** the encoding of a table's text; null where it is all ASCII */
  encoding: string | null;
  /** parts of the campaign's text that are probably a placeholder of another notation */
  doubts: Array<{
    path: string;
    message: string;
  }>;
};

export type CampaignRecipientPage = {
  items: Array<CampaignRecipient>;
  /** hand it back as `cursor` for the next page; null at the end */
  nextCursor: string | null;
};

export type CampaignRecipient = {
  /** null for one who was erased */
  recipientId: string | null;
  state: "unsent" | "queued" | "succeeded" | "failed" | "unknown" | "cancelled";
  /** whose share it is, or whose job */
  accountId: string | null;
  /** as the list has them; null where they are not kept */
  fields: Record<string, string> | null;
  /** null before it was put into a call queue */
  jobId: string | null;
  outcome: Outcome | null;
};

export type RecipientRemoval = {
  removal: "removed" | "cancelled";
};

export type CampaignResult = CampaignOutcome | NeverSent;

export type CampaignOutcome = {
  v: 1;
  outcomeId: string;
  queue: string;
  jobId: string;
  operation: string;
  accountId: string | null;
  campaignId: string | null;
  recipientId: string | null;
  step: number | null;
  status: "succeeded" | "failed" | "unknown" | "cancelled";
  code: "invalid_input" | "invalid_request" | "account_unavailable" | "token_expired" | "forbidden" | "not_found" | "rate_limited" | "linkedin_limited" | "recipient_refused" | "server_error" | "connection_failed" | "timed_out" | "bad_response" | "interrupted" | "state_lost" | "action_failed" | "not_done" | "cancelled" | "expired" | "suppressed" | "replied" | "contacted_recently" | "notes_used_up" | "internal_error" | null;
  message: string;
  withoutNote?: boolean;
  httpStatus: number | null;
  output: unknown;
  calls: number;
  credits: {
    charged: number;
    uncertain: number;
  };
  redriveOf: string | null;
  reconciled: Reconciled | null;
  resolved: Resolution | null;
  enqueuedAt: string;
  startedAt: string | null;
  finishedAt: string;
  /** with `fields=1`; null where the list is not kept */
  fields?: Record<string, string> | null;
};

export type NeverSent = {
  v: 1;
  outcomeId: null;
  queue: string;
  jobId: null;
  operation: string;
  accountId: string | null;
  campaignId: string | null;
  recipientId: string | null;
  step: number | null;
  status: "unsent";
  code: "invalid_input" | "invalid_request" | "account_unavailable" | "token_expired" | "forbidden" | "not_found" | "rate_limited" | "linkedin_limited" | "recipient_refused" | "server_error" | "connection_failed" | "timed_out" | "bad_response" | "interrupted" | "state_lost" | "action_failed" | "not_done" | "cancelled" | "expired" | "suppressed" | "replied" | "contacted_recently" | "notes_used_up" | "internal_error" | null;
  message: string;
  withoutNote?: boolean;
  httpStatus: number | null;
  output: unknown;
  calls: number;
  credits: {
    charged: number;
    uncertain: number;
  };
  redriveOf: string | null;
  reconciled: Reconciled | null;
  resolved: Resolution | null;
  enqueuedAt: null;
  startedAt: string | null;
  finishedAt: null;
  /** with `fields=1`; null where the list is not kept */
  fields?: Record<string, string> | null;
};

export type AccountStates = {
  items: Array<{
    /** when it came into it */
    at: string;
    state: "active" | "refreshing" | "awaiting_code" | "cooling" | "needs_attention" | "disabled" | "removed";
    /** why; empty for no reason */
    why: string;
  }>;
};

export type CampaignStates = {
  items: Array<{
    /** when it came into it */
    at: string;
    /** also `stalled`, `moving` where it is no more, and `edited` where its text or another part of it was changed */
    state: "draft" | "scheduled" | "running" | "paused" | "ended" | "cancelled" | "stalled" | "moving" | "edited";
    /** why; of an edit its revision and who made it; empty for no reason */
    why: string;
  }>;
};

export type Schedule = {
  id: string;
  cron: string | null;
  everyMs: number | null;
  /** of cron; null for an interval */
  timezone: string | null;
  overlap: "skip" | "queue";
  job: {
    operation: "message.send" | "message.inbox" | "message.conversation" | "invitation.send" | "invitation.accept" | "invitation.withdraw" | "invitation.status" | "invitation.list" | "invitation.sent" | "connection.list" | "recommendation.list" | "profile.scrape" | "profile.me" | "profile.contact" | "profile.search" | "company.info" | "company.search" | "post.create" | "post.react" | "post.comment" | "post.answer-comment" | "post.repost" | "post.time-spent" | "post.reactions" | "post.comments" | "post.search" | "post.feed";
    accountId: string;
    /** as for POST /v1/jobs */
    input: Record<string, never>;
    priority: "urgent" | "normal" | "bulk";
    onUnknown: "report" | "rerun" | "reconcile";
    campaignId?: string;
    recipientId?: string;
  };
  /** warnings for a person: account gone or not active, ticks that no worker takes */
  problems: Array<string>;
  /** since when it is paused; null while it ticks */
  pausedAt: string | null;
  /** the next ten times; none while it is paused */
  next: Array<string>;
  /** the last tick that was seen, whether it added a job or not */
  lastTickAt: string | null;
  /** of the last tick or run that added one */
  lastJob: {
    tickAt: string;
    queue: "messages" | "network" | "profiles" | "posts";
    jobId: string;
    /** pending: no outcome yet; gone: it left its queue without one, or is forgotten */
    status: "succeeded" | "failed" | "unknown" | "cancelled" | "pending" | "gone";
    /** of its outcome, as long as that is kept */
    code: "invalid_input" | "invalid_request" | "account_unavailable" | "token_expired" | "forbidden" | "not_found" | "rate_limited" | "linkedin_limited" | "recipient_refused" | "server_error" | "connection_failed" | "timed_out" | "bad_response" | "interrupted" | "state_lost" | "action_failed" | "not_done" | "cancelled" | "expired" | "suppressed" | "replied" | "contacted_recently" | "notes_used_up" | "internal_error" | null;
  } | null;
  /** ticks that added no job because the one before had no outcome yet */
  skipped: {
    count: number;
    lastAt: string | null;
  };
  /** ticks that passed while no worker took them; they are not caught up */
  missed: {
    count: number;
    lastAt: string | null;
  };
  createdAt: string;
  updatedAt: string;
};

export type SchedulePage = {
  items: Array<Schedule>;
  /** hand it back as `cursor` for the next page; null at the end */
  nextCursor: string | null;
};

export type ScheduleRun = {
  queue: "messages" | "network" | "profiles" | "posts";
  jobId: string;
};

export type Webhook = {
  id: string;
  url: string;
  /** null: all */
  statuses: Array<"succeeded" | "failed" | "unknown" | "cancelled"> | null;
  campaignId: string | null;
  events: Array<"outcome" | "campaign" | "account" | "key" | "brake" | "person">;
  /** resting: it fails whatever is posted, and is asked with one post at a time; ended: it answered 410 and gets nothing until it is put anew */
  state: "ok" | "failing" | "resting" | "ended";
  failingSince: string | null;
  /** one word, or http_ and the status */
  lastError: string | null;
  lastErrorAt: string | null;
  lastDeliveredAt: string | null;
  waiting: number;
  delivered: number;
  dead: number;
  /** dead letters that were forgotten: older than a week, or past 100,000 */
  dropped: number;
  createdAt: string;
  updatedAt: string;
};

export type WebhookPage = {
  items: Array<Webhook>;
  /** hand it back as `cursor` for the next page; null at the end */
  nextCursor: string | null;
};

export type DeadLetterPage = {
  items: Array<DeadLetter>;
  /** hand it back as `cursor` for the next page; null at the end */
  nextCursor: string | null;
};

export type DeadLetter = {
  /** the webhook-id header: an outcome's outcomeId, or an event's id */
  messageId: string;
  tries: number;
  /** of the last try */
  error: string;
  handedOverAt: string;
  diedAt: string;
};

export type WebhookTest = {
  messageId: string;
};

export type Redriven = {
  redriven: number;
  gone: number;
};

export type Credits = {
  total: {
    charged: number;
    /** may have been charged: the provider did not say */
    uncertain: number;
    /** charged calls of jobs that did not succeed, and calls refused for a dead token */
    wasted: number;
    /** of what was charged: for jobs that did others again */
    redriven: number;
  };
  byDay: Array<{
    /** UTC */
    day: string;
    charged: number;
    /** may have been charged: the provider did not say */
    uncertain: number;
    /** charged calls of jobs that did not succeed, and calls refused for a dead token */
    wasted: number;
    /** of what was charged: for jobs that did others again */
    redriven: number;
  }>;
  byOperation: Array<{
    /** log-ins are `auth.login` and `auth.verify` */
    operation: "message.send" | "message.inbox" | "message.conversation" | "invitation.send" | "invitation.accept" | "invitation.withdraw" | "invitation.status" | "invitation.list" | "invitation.sent" | "connection.list" | "recommendation.list" | "profile.scrape" | "profile.me" | "profile.contact" | "profile.search" | "company.info" | "company.search" | "post.create" | "post.react" | "post.comment" | "post.answer-comment" | "post.repost" | "post.time-spent" | "post.reactions" | "post.comments" | "post.search" | "post.feed" | "auth.login" | "auth.verify";
    charged: number;
    /** may have been charged: the provider did not say */
    uncertain: number;
    /** charged calls of jobs that did not succeed, and calls refused for a dead token */
    wasted: number;
    /** of what was charged: for jobs that did others again */
    redriven: number;
  }>;
  byCampaign: Array<{
    campaignId: string;
    charged: number;
    /** may have been charged: the provider did not say */
    uncertain: number;
    /** charged calls of jobs that did not succeed, and calls refused for a dead token */
    wasted: number;
    /** of what was charged: for jobs that did others again */
    redriven: number;
  }>;
  /** from the day on which they were counted first */
  byAccount: Array<{
    accountId: string;
    charged: number;
    /** may have been charged: the provider did not say */
    uncertain: number;
    /** charged calls of jobs that did not succeed, and calls refused for a dead token */
    wasted: number;
    /** of what was charged: for jobs that did others again */
    redriven: number;
  }>;
  /** the wasted credits, the most first: the code with which the job ended, `token_expired` also of calls with a dead token whose job went on, `login_failed` of log-ins; of the last 100 days, from the day on which they were counted first */
  byCause: Array<{
    cause: "invalid_input" | "invalid_request" | "account_unavailable" | "token_expired" | "forbidden" | "not_found" | "rate_limited" | "linkedin_limited" | "recipient_refused" | "server_error" | "connection_failed" | "timed_out" | "bad_response" | "interrupted" | "state_lost" | "action_failed" | "not_done" | "cancelled" | "expired" | "suppressed" | "replied" | "contacted_recently" | "notes_used_up" | "internal_error" | "login_failed";
    wasted: number;
  }>;
};

export type Reply = {
  /** a digest, which leads back to nobody */
  person: string;
  /** their latest reply that is known */
  repliedAt: string;
  /** whether this one is later than all that were known; one that is not was told before */
  isNews: boolean;
  jobs: {
    /** jobs that waited; each ended `cancelled`, `replied` */
    ended: number;
    /** jobs whose call is out, or may be: their outcomes tell what came of them */
    inFlight: number;
  };
};

export type Forgotten = {
  /** whose job was about them; they are deleted */
  schedules: number;
  /** of campaigns, that were not put into a queue yet; they stay known by a digest, so as not to be added again */
  recipients: number;
  jobs: {
    /** that waited; each ended with the outcome `cancelled` */
    cancelled: number;
    /** that had ended */
    erased: number;
    /** whose call was out: their outcomes will name the person, so ask again when they have ended */
    inFlight: number;
  };
  /** kept for reading */
  outcomes: number;
  /** on the results queue */
  results: number;
  /** outcomes in the archive */
  archived: number;
};

export type SuppressionPut = {
  /** all that the list has of the person */
  entries: Array<Suppression>;
  jobs: SuppressedJobs;
};

export type Suppression = {
  /** a digest, which leads back to nobody */
  person: string;
  /** `all`, `account:<id>` or `campaign:<id>` */
  scope: string;
  reason: string;
  /** null: without an end */
  until: string | null;
  since: string;
};

export type SuppressedJobs = {
  /** jobs that waited; each ended `cancelled`, `suppressed` */
  ended: number;
  /** jobs whose call is out, or may be: their outcomes tell what came of them */
  inFlight: number;
};

export type SuppressionsTaken = {
  added: number;
  /** people who were on the list with this scope, and have another reason or end now */
  changed: number;
  same: number;
  /** the first 1000, with their lines */
  rejected: Array<{
    line: number;
    row?: number;
    error: {
      /** for machines; new ones come: take one that you do not know as `internal_error` */
      code: "invalid_input" | "invalid_request" | "account_unavailable" | "token_expired" | "forbidden" | "not_found" | "rate_limited" | "linkedin_limited" | "recipient_refused" | "server_error" | "connection_failed" | "timed_out" | "bad_response" | "interrupted" | "state_lost" | "action_failed" | "not_done" | "cancelled" | "expired" | "suppressed" | "replied" | "contacted_recently" | "notes_used_up" | "internal_error" | "login_refused" | "code_required" | "key_refused" | "configuration_invalid" | "secrets_key_wrong" | "key_conflict" | "layout_conflict" | "redis_unreachable" | "redis_unsuitable" | "archive_unreachable" | "archive_unsuitable" | "provider_unreachable" | "unauthorized" | "conflict" | "doubtful_text" | "method_not_allowed" | "payload_too_large" | "unsupported_media_type" | "too_many_requests";
      /** for a person */
      message: string;
      /** everything that is wrong with the input */
      issues?: Array<{
        /** of the field; empty for the whole */
        path: string;
        message: string;
      }>;
    };
  }>;
  rejectedCount: number;
  jobs: SuppressedJobs;
};

export type SuppressionPage = {
  items: Array<Suppression>;
  /** hand it back as `cursor` for the next page; null at the end */
  nextCursor: string | null;
};

export type SuppressionsRemoved = {
  /** entries */
  removed: number;
};

export type AuditEntryPage = {
  items: Array<AuditEntry>;
  /** hand it back as `cursor` for the next page; null at the end */
  nextCursor: string | null;
};

export type AuditEntry = {
  at: string;
  /** the token's name; at the command line the user of that machine; `schedule` for a tick of one */
  by: string;
  via: "http" | "console" | "board" | "command_line" | "schedule";
  /** the caller's address; at the command line, and of a tick's worker, the machine's name */
  from: string;
  /** the call, action or command */
  what: string;
  /** the ids of what was changed; empty for none */
  target: string;
  /** how it was answered; 5xx: it may or may not have been done; of a tick `added` or `skipped` */
  status: string;
  /** jobs are added by the thousand: so many such calls within some seconds */
  count: number;
};

export type Health = {
  status: "ok";
};

export type Readiness = {
  ready: boolean;
  /** `refuses`: it answers and takes no writes, as when it is full or a replica, or keeps another version's layout */
  redis: "answers" | "away" | "refuses";
  /** a stopped key is no reason not to be ready: jobs are accepted and wait */
  key: {
    state: "open" | "cooling" | "stopped";
    reason: "by_hand" | "key_refused" | "service_refused" | "rate_limited" | "server_errors" | "fresh_state" | "state_lost" | "";
  } | null;
  workers: number | null;
  /** the host to which LINKUP_BASE_URL leads */
  provider: string;
};

export type Description = {
  openapi: string;
};

export type AccountPolicyOutput = {
  caps?: Partial<Record<"invite" | "note" | "message" | "view" | "search" | "engage" | "post" | "withdraw" | "write" | "message.send" | "message.inbox" | "message.conversation" | "invitation.send" | "invitation.accept" | "invitation.withdraw" | "invitation.status" | "invitation.list" | "invitation.sent" | "connection.list" | "recommendation.list" | "profile.scrape" | "profile.me" | "profile.contact" | "profile.search" | "company.info" | "company.search" | "post.create" | "post.react" | "post.comment" | "post.answer-comment" | "post.repost" | "post.time-spent" | "post.reactions" | "post.comments" | "post.search" | "post.feed", {
    perHour?: number;
    perDay?: number;
    perWeek?: number;
    perMonth?: number;
  }>>;
  hours?: {
    timezone: string;
    weekdays: Array<"mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun">;
    from: string;
    to: string;
    daysOff?: Array<string>;
  };
  pace?: {
    invite?: {
      minSeconds: number;
      maxSeconds: number;
    };
    note?: {
      minSeconds: number;
      maxSeconds: number;
    };
    message?: {
      minSeconds: number;
      maxSeconds: number;
    };
    view?: {
      minSeconds: number;
      maxSeconds: number;
    };
    search?: {
      minSeconds: number;
      maxSeconds: number;
    };
    engage?: {
      minSeconds: number;
      maxSeconds: number;
    };
    post?: {
      minSeconds: number;
      maxSeconds: number;
    };
    withdraw?: {
      minSeconds: number;
      maxSeconds: number;
    };
    write?: {
      minSeconds: number;
      maxSeconds: number;
    };
    breakEvery?: [number, number];
    breakSeconds?: [number, number];
  };
  warmUp?: Array<{
    days: number;
    share: number;
  }>;
  note?: "wait" | "bare" | "skip";
  invitations?: {
    pendingMax?: number;
    halveBelow?: number;
    stopBelow?: number;
  };
};

export type ReplyWatchOutput = {
  everyMinutes: number;
};
