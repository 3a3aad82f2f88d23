/**
 * The scenes in which the fixture comes about, in their order: a day on which all went well, one on which accounts and webhooks were away and
 * nobody took results, processes that died at their calls, and what was added when no worker ran any more.
 */
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CALL_QUEUES } from "@linkup-queue/contracts";
import { CampaignDefinition, DELIVERY_PACE } from "@linkup-queue/queue";
import { campaignJobData, JobDoor, tickJobRef } from "@linkup-queue/queue/inside";
import { freePort, fromNow, givenClock, type SpawnedProcess, spawnProcess } from "@linkup-queue/testkit";
import { DONE, ends, type FixtureBook, NEVER_SENT, TO_BE_SENT } from "./fixture-book.ts";
import { inputOf, personOf } from "./upgrade-requests.ts";
import { API_KEY, CODE, HOOK_SECRET } from "./upgrade-system.ts";

const WORKER_MAIN = fileURLToPath(new URL("../../../worker/src/main.ts", import.meta.url));
const mail = (id: string) => `${id}@example.com`;
const soon = () => fromNow(600_000).toISOString();
const UNKNOWN = ends("unknown interrupted");
const EXPIRES = ends("cancelled expired");

/** All goes well: accounts log in, jobs and campaigns end, outcomes are taken, posted and archived. One webhook has no use for its posts. */
export async function allGoesWell(book: FixtureBook): Promise<void> {
  const { system, until } = book;
  const { sandbox, receiver, ask } = system;
  const archive = join(tmpdir(), `linkup-fixture-${randomUUID()}.sqlite`);
  receiver.answer = (hook) => (hook === "audit" ? 500 : 204);
  // A day's tries in a moment, for the dead letters.
  const webhookPace = { ...DELIVERY_PACE, firstRetryMs: 20, mostRetryMs: 20, giveUpMs: 1, firstRestMs: 10, mostRestMs: 20 };
  const worker = await system.startWorker({ archive: { kind: "sqlite", path: archive } }, { webhookPace });
  system.takeResults();
  await ask("admin", "PUT /v1/webhooks/crm", { url: receiver.urlOf("crm"), secret: HOOK_SECRET });
  const troubles = ["failed", "unknown", "cancelled"];
  await ask("admin", "PUT /v1/webhooks/audit", {
    url: receiver.urlOf("audit"),
    secret: HOOK_SECRET,
    statuses: troubles,
    events: ["outcome"],
  });
  await book.account("ada", "bob", "eva", "flo", "gwen", "hana", "ivan", "kim", "tess");
  await ask("admin", "PUT /v1/accounts/tom", { login_token: "token-of-tom", country: "DE", maxInFlight: 3 });
  await ask("admin", "PUT /v1/accounts/dora", { login_token: "token-of-dora" });
  await book.accountIs("active", "ada", "bob", "eva", "flo", "gwen", "hana", "ivan", "kim", "tess", "tom");
  await ask("admin", "POST /v1/accounts/dora/pause");

  await book.plain({ name: "done-numbered", account: "ada", after: DONE });
  await book.plain(
    { name: "done-named", account: "bob", after: DONE, operation: "invitation.send" },
    { jobId: "my-own-id", priority: "urgent" },
  );
  await book.door({ name: "done-door", account: "eva", after: DONE, operation: "post.react" });
  await book.batch("done-batch", [
    { name: "done-line-1", account: "ada", after: DONE },
    { name: "done-line-2", account: "bob", after: DONE, operation: "profile.scrape" },
    { name: "done-line-3", account: "tom", after: DONE, operation: "invitation.send" },
  ]);
  await book.plain({ name: "done-invalid", account: "ada", after: ends("failed invalid_input") }, { input: { message_text: "to nobody" } });
  await book.ended("done-numbered", "done-named", "done-door", "done-line-1", "done-line-2", "done-line-3", "done-invalid");
  sandbox.scenario({ next: [{ status: 404, operation: "profile.scrape", message: "Error while getting contact info" }] });
  await book.door({ name: "done-not-found", account: "tom", after: ends("failed not_found"), operation: "profile.scrape" });
  await book.ended("done-not-found");
  await book.redrive("done-not-found", DONE);
  await book.door({ name: "done-cancelled", account: "ada", after: ends("cancelled cancelled") }, { runAt: soon() });
  await ask("producer", `DELETE /v1/jobs/${book.job("done-cancelled").id}`);
  await book.ended("done-not-found~2");

  await book.campaign({ id: "all-done", account: "ada", after: [DONE, DONE, DONE] });
  await book.campaign({ id: "spent", account: "eva", after: [DONE, DONE, TO_BE_SENT, TO_BE_SENT], more: { maxCredits: 2 } });
  await book.campaign({
    id: "cancelled",
    account: "bob",
    after: [DONE, ends("cancelled cancelled")],
    more: { maxCredits: 1 },
  });
  for (const id of ["all-done", "spent", "cancelled"]) await ask("producer", `POST /v1/campaigns/${id}/start`);
  await campaignIs(book, "all-done", "ended");
  for (const id of ["spent", "cancelled"]) await campaignIs(book, id, "paused");
  await book.ledgerIs("held", "spent-2", "cancelled-1");
  await ask("producer", "POST /v1/campaigns/cancelled/cancel");
  await book.ended("cancelled-1");

  const scheduled = { operation: "profile.scrape", accountId: "dora", input: inputOf("profile.scrape", "held-tick").input };
  await ask("producer", "PUT /v1/schedules/held", { everyMs: 1_000, job: scheduled });
  await until("a tick's job to be parked", async () => (await system.api.engine.accounts.read("dora"))?.parked === 1);
  const lastJob = (await system.api.engine.schedules.read("held"))?.lastJob;
  const target = personOf("held-tick");
  book.note({ name: "held-tick", id: lastJob?.jobId ?? "", operation: "profile.scrape", account: "dora", target, ...TO_BE_SENT });
  await ask("producer", "PUT /v1/schedules/held", { everyMs: 3_600_000, job: scheduled });

  const { webhooks, scripts } = system.api.engine;
  await until("all to be posted or given up", async () => {
    const [crm, audit] = await Promise.all([webhooks.read("crm"), webhooks.read("audit")]);
    return crm?.waiting === 0 && audit?.waiting === 0 && audit.dead === 4;
  });
  await until("all to be archived", async () => (await scripts.client.xlen(scripts.key("to-archive"))) === 0);
  await until("all outcomes to be taken", () => book.allTaken());
  await worker.drain();
  await system.stopTakingResults();
  await rm(archive);
}

/** Much is away: accounts in every state, webhooks that refuse, an archive that is gone, and nobody takes results. */
export async function muchIsAway(book: FixtureBook): Promise<void> {
  const { system } = book;
  const { sandbox, receiver, ask } = system;
  receiver.answer = () => 503;
  sandbox.scenario({
    codeRequired: [mail("cora"), mail("vera"), mail("olga")],
    badPassword: [mail("nick")],
    next: [
      { status: 403, message: "Your account is restricted", operation: "message.send", email: mail("cole") },
      { status: 500, operation: "auth.login", email: mail("rex"), times: 100 },
    ],
  });
  // Pauses between attempts are a minute: what failed free still waits when the fixture is taken.
  const worker = await system.startWorker({ backoffMs: 60_000, resultsMax: 2, timeoutMs: 2_000 }, { random: () => 0.999 });
  await book.account("cora", "vera", "olga", "nick", "cole", "rex");
  await book.accountIs("awaiting_code", "cora", "vera", "olga");
  await book.accountIs("needs_attention", "nick");
  await book.accountIs("active", "cole");
  for (const account of ["cora", "nick", "rex", "dora"]) {
    for (const turn of [1, 2])
      await book.plain({ name: `parked-${account}-${turn}`, account, after: TO_BE_SENT }, { jobId: `p-${account}-${turn}` });
    await book.ledgerIs("parked", `parked-${account}-1`, `parked-${account}-2`);
  }
  await book.plain({ name: "limited", account: "cole", after: ends("failed linkedin_limited") });
  await book.accountIs("cooling", "cole");
  await book.door({ name: "parked-cole", account: "cole", after: TO_BE_SENT });
  await book.plain({ name: "parked-olga", account: "olga", after: ends("cancelled account_unavailable") });
  await book.plain({ name: "parked-until", account: "dora", after: EXPIRES }, { expiresAt: soon() });
  await book.ledgerIs("parked", "parked-cole", "parked-olga", "parked-until");

  await book.campaign({ id: "scheduled", account: "eva", after: [TO_BE_SENT, TO_BE_SENT], more: { startAt: soon() } });
  await ask("producer", "POST /v1/campaigns/scheduled/start");
  await book.campaign({ id: "draft", account: "ada", after: [TO_BE_SENT, TO_BE_SENT, TO_BE_SENT] });

  // Jobs of campaigns wait behind a call of their account. Then two of the accounts are paused, and so is one of the campaigns, and edited.
  sandbox.scenario({ latencyByPath: { "invitation.send": 1_500 } });
  const cancelled = ends("cancelled cancelled");
  await book.campaign({ id: "paused", account: "bob", after: [TO_BE_SENT, TO_BE_SENT, TO_BE_SENT] });
  await book.campaign({ id: "expiring", account: "gwen", after: [EXPIRES, EXPIRES, NEVER_SENT], more: { expiresAt: soon() } });
  await book.campaign({ id: "cancelled-late", account: "ivan", after: [cancelled, cancelled, NEVER_SENT] });
  const busy = { paused: "bob", expiring: "gwen", "cancelled-late": "ivan" };
  for (const account of Object.values(busy)) {
    await book.plain({ name: `ahead-${account}`, account, after: DONE, operation: "invitation.send" });
  }
  for (const account of Object.values(busy)) await book.isOut(personOf(`ahead-${account}`));
  for (const id of Object.keys(busy)) await ask("producer", `POST /v1/campaigns/${id}/start`);
  for (const id of Object.keys(busy)) await book.ledgerIs("parked", `${id}-0`, `${id}-1`);
  for (const account of ["gwen", "ivan"]) await ask("admin", `POST /v1/accounts/${account}/pause`);
  await ask("producer", "POST /v1/campaigns/paused/pause");
  await book.ledgerIs("held", "paused-0");
  const text = { linkedin_url: "{{linkedin_url}}", message_text: "Good morning {{first_name|there}}" };
  await ask("producer", "PATCH /v1/campaigns/paused", { input: text });
  sandbox.scenario({ latencyByPath: {} });

  sandbox.scenario({ next: [...nextFaults(book), { status: "hang", when: "after", operation: "message.send" }] });
  await book.plain({ name: "timed-out", account: "ada", after: ends("unknown timed_out") });
  await book.ended("timed-out");
  sandbox.scenario({ next: [...nextFaults(book), { status: 500, operation: "message.send" }] });
  await book.plain({ name: "tried-once", account: "ada", after: TO_BE_SENT });
  await book.ledgerIs("waiting", "tried-once");
  sandbox.scenario({
    killToken: mail("tess"),
    next: [...nextFaults(book), { status: 500, operation: "auth.login", email: mail("tess"), times: 100 }],
  });
  await book.plain({ name: "met-a-dead-token", account: "tess", after: TO_BE_SENT });
  await book.ledgerIs("parked", "met-a-dead-token");
  await book.accountIs("refreshing", "tess");

  await somethingRestsAndIsBraked(book);

  for (const turn of [1, 2, 3]) await book.plain({ name: `unpublished-${turn}`, account: "ada", after: DONE });
  await book.ended("unpublished-1", "unpublished-2", "unpublished-3");
  await worker.drain();
}

/** LinkedIn has had enough of an account's invitations, and the service has no path for an operation any more: jobs of both wait. */
async function somethingRestsAndIsBraked(book: FixtureBook): Promise<void> {
  const { sandbox } = book.system;
  const enough = { status: 400, message: "weekly invitation limit reached", operation: "invitation.send", email: mail("wes") };
  sandbox.scenario({
    next: [...nextFaults(book), enough],
    failEvery: { n: 1, status: 404, body: { detail: "Not Found" } },
    faultOperations: ["invitation.status"],
  });
  await book.account("wes");
  await book.accountIs("active", "wes");
  const invitation = { account: "wes", operation: "invitation.send" } as const;
  await book.plain({ ...invitation, name: "rest-begun", after: ends("failed linkedin_limited") });
  await book.ended("rest-begun");
  for (const turn of [1, 2]) await book.plain({ ...invitation, name: `resting-${turn}`, after: TO_BE_SENT });
  await book.ledgerIs("parked", "resting-1", "resting-2");
  await book.plain({ name: "beside-the-rest", account: "wes", after: DONE });
  await book.ended("beside-the-rest");

  // Until there is no worker any more every probe is refused.
  for (const account of ["ada", "tom"]) {
    await book.plain({ name: `braked-${account}`, account, after: TO_BE_SENT, operation: "invitation.status" });
  }
  await book.ledgerIs("braked", "braked-ada", "braked-tom");
}

const nextFaults = ({ system }: FixtureBook) => system.sandbox.scenario().next;

/** Processes die: at calls that had left, at one that had not, and one ends in order and hands a place on that nobody comes for. */
export async function processesDie(book: FixtureBook): Promise<void> {
  const { system } = book;
  const { sandbox, ask } = system;
  // No later worker takes over what an earlier one left, however long all this takes.
  const { client } = system.api.engine.scripts;
  const stallChecks = CALL_QUEUES.map((queue) => book.queues.of(queue).toKey("stalled-check"));
  for (const check of stallChecks) await client.set(check, "0");
  sandbox.scenario({ latencyByPath: { "message.send": 60_000, "profile.scrape": 60_000, "auth.login": 60_000 } });
  const victim = await startVictim(book);
  await book.account("lia");
  await book.plain({ name: "open-bob", account: "bob", after: UNKNOWN }, { jobId: "open-bob" });
  await book.plain({ name: "open-eva", account: "eva", after: TO_BE_SENT, operation: "profile.scrape" }, { onUnknown: "rerun" });
  await book.campaign({ id: "running", account: "flo", after: [UNKNOWN, ...Array<typeof TO_BE_SENT>(5).fill(TO_BE_SENT)] });
  await ask("producer", "POST /v1/campaigns/running/start");
  for (const one of [personOf("open-bob"), personOf("open-eva"), personOf("running-0"), mail("lia")]) await book.isOut(one);
  for (const turn of [1, 2]) await book.plain({ name: `behind-bob-${turn}`, account: "bob", after: TO_BE_SENT });
  await book.ledgerIs("parked", "behind-bob-1", "behind-bob-2", "running-1");
  await book.ledgerIs("open and left", "open-bob", "open-eva", "running-0");
  await victim.kill("SIGKILL");

  // The listener never answers a word: the connection is not open, so no mark is written.
  const silent = createServer().listen(0, "127.0.0.1");
  await book.until("a port", () => silent.listening);
  const port = (silent.address() as { port: number }).port;
  const early = await startVictim(book, { LINKUP_BASE_URL: `https://127.0.0.1:${port}` });
  await book.plain({ name: "open-kim", account: "kim", after: TO_BE_SENT });
  await book.ledgerIs("open", "open-kim");
  await early.kill("SIGKILL");
  silent.close();

  sandbox.scenario({ latencyByPath: { "message.send": 1_500 } });
  const last = await startVictim(book);
  await book.plain({ name: "hands-on", account: "hana", after: DONE });
  await book.isOut(personOf("hands-on"));
  for (const turn of [1, 2]) await book.plain({ name: `behind-hana-${turn}`, account: "hana", after: TO_BE_SENT });
  await book.ledgerIs("parked", "behind-hana-1", "behind-hana-2");
  await last.kill("SIGTERM");
  await book.ledgerIs("released", "behind-hana-1");
  await client.del(...stallChecks);
  sandbox.scenario({ latencyByPath: {} });
}

/** The worker as a process of its own; calls that are out when it dies stay open for a minute. */
async function startVictim({ system }: FixtureBook, more: Readonly<Record<string, string>> = {}): Promise<SpawnedProcess> {
  const { settings, redis, sandbox } = system;
  return await spawnProcess({
    args: [WORKER_MAIN],
    env: {
      ...givenClock(),
      REDIS_URL: redis.url,
      LINKUP_API_KEY: API_KEY,
      LINKUP_BASE_URL: sandbox.url,
      LINKUP_KEY_ID: settings.keyId,
      LINKUP_SECRETS_KEY: Buffer.from(settings.secretsKey).toString("base64"),
      LINKUP_MAX_CREDITS_PER_DAY: String(settings.maxCreditsPerDay),
      LINKUP_RESULTS_MAX: "2",
      LINKUP_FRESH_KEY: "1",
      LINKUP_ALLOW_VOLATILE_REDIS: "1",
      LINKUP_WEBHOOK_ALLOW_PRIVATE: "1",
      WORKER_HEALTH_PORT: String(await freePort()),
      ...more,
    },
  });
}

/** No worker runs: producers and people go on, and a feeder and a tick had been stopped between two of their steps. */
export async function nobodyWorks(book: FixtureBook): Promise<void> {
  const { system, queues } = book;
  const { ask } = system;
  const { scripts, config } = system.api.engine;
  await book.plain({ name: "waiting-numbered", account: "ada", after: TO_BE_SENT });
  await book.plain({ name: "waiting-urgent", account: "tom", after: TO_BE_SENT, operation: "invitation.send" }, { priority: "urgent" });
  await book.plain(
    { name: "waiting-bulk", account: "tom", after: TO_BE_SENT, operation: "profile.scrape" },
    { jobId: "waits", priority: "bulk" },
  );
  await book.door({ name: "waiting-door", account: "eva", after: TO_BE_SENT, operation: "post.react" });
  await book.door({ name: "waiting-runat", account: "ada", after: TO_BE_SENT }, { runAt: soon() });
  await book.batch(
    "waiting-batch",
    [1, 2, 3, 4].map((line) => ({ name: `waiting-line-${line}`, account: line % 2 === 0 ? "ada" : "eva", after: TO_BE_SENT })),
  );
  await ask("admin", "POST /v1/accounts/vera/verify", { code: CODE });
  await book.account("ruth");
  await book.plain({ name: "waiting-ruth", account: "ruth", after: TO_BE_SENT });
  await ask("admin", "DELETE /v1/accounts/olga");
  await ask("producer", "POST /v1/campaigns/cancelled-late/cancel");

  // A key whose job was never added: the api was stopped in between.
  const { target, input } = inputOf("message.send", "named-only");
  const body = { operation: "message.send", accountId: "ada", input, idempotencyKey: "named-only" } as const;
  const door = new JobDoor(scripts, config, queues);
  const data = { v: 1, accountId: "ada", input, onUnknown: "report" } as const;
  const key = { caller: "the-producer", text: "named-only" };
  const [looked] = await door.look([{ queue: "messages", operation: "message.send", data, priority: 10, runAtMs: null, key }]);
  const noted = { name: "named-only", id: looked?.id ?? "", operation: "message.send", account: "ada", target, ...TO_BE_SENT } as const;
  book.note(noted, { door: { key: "named-only", line: null, body } });

  // A recipient's job that was put into its queue by a feeder that died before it had noted that.
  await book.campaign({ id: "feeder-died", account: "kim", after: [TO_BE_SENT, TO_BE_SENT] });
  await ask("producer", "POST /v1/campaigns/feeder-died/start");
  const text = await scripts.client.hget(scripts.key("campaign:feeder-died"), "definition");
  const definition = CampaignDefinition.parse(JSON.parse(text ?? "{}"));
  const recipient = { id: "feeder-died-0", fields: { linkedin_url: personOf("feeder-died-0"), first_name: "feeder-died-0" } };
  const fed = campaignJobData({ id: "feeder-died", definition, revision: 1 }, recipient, { accountId: "kim" });
  await queues.of("messages").add("message.send", fed, { jobId: book.job("feeder-died-0").id, priority: 100 });

  // A tick that was decided by a worker that died before it had added the job.
  const scheduled = { operation: "profile.scrape", accountId: "tom", input: inputOf("profile.scrape", "ticking").input };
  await ask("producer", "PUT /v1/schedules/ticking", { everyMs: 5_000, overlap: "queue", job: scheduled });
  const next = Date.parse((await system.api.engine.schedules.read("ticking"))?.next[0] ?? "");
  const revision = await scripts.client.hget(scripts.key("schedule:ticking"), "revision");
  await book.until("the tick to be due", () => fromNow(0).getTime() > next);
  const decision = await system.api.engine.ticks.decide({ scheduleId: "ticking", revision: revision ?? "", tickMs: next, from: "host-1" });
  if (decision.kind !== "add") throw new Error(`the tick was decided as ${decision.kind}`);
  const { id } = tickJobRef("ticking", { queue: "profiles", atMs: decision.atMs });
  book.note({ name: "ticking", id, operation: "profile.scrape", account: "tom", target: personOf("ticking"), ...TO_BE_SENT });
}

async function campaignIs({ system, until }: FixtureBook, id: string, state: string): Promise<void> {
  await until(`campaign ${id} to be ${state}`, async () => (await system.ask("viewer", `GET /v1/campaigns/${id}`))["state"] === state);
}
