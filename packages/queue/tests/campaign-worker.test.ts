/** The feeding job: there whatever happens to it, awake when there is work, and taken up by another when its worker dies. */
import { queuePrefix } from "@linkup-queue/contracts";
import { waitFor } from "@linkup-queue/testkit";
import { Queue, Worker } from "bullmq";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { campaignRestScript } from "../src/campaigns/feed/lua/feed-scripts.ts";
import { CampaignWorker } from "../src/index.ts";
import { CampaignRig } from "./campaign-rig.ts";
import { type Rig, startRig } from "./rig.ts";

let rig: Rig;
let system: CampaignRig;
let queue: Queue;
const workers: CampaignWorker[] = [];

beforeAll(async () => {
  rig = await startRig();
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
  system = new CampaignRig(rig);
  queue = new Queue("campaigns", { connection: rig.client, prefix: queuePrefix(rig.engine.config.keyId) });
  await rig.account("ada");
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.close()));
  await queue.close();
  await system.close();
});

async function startFeeding(onEvent: () => void | Promise<void> = () => undefined): Promise<CampaignWorker> {
  const worker = new CampaignWorker(rig.engine.scripts, rig.engine.config, {
    onError: (error) => void system.errors.push(error),
    onEvent,
  });
  workers.push(worker);
  await worker.start();
  return worker;
}

const sleeps = () => waitFor(() => queue.getDelayedCount(), { what: "the feeding job to sleep", until: (seen) => seen === 1 });
/** Sooner than it would look by itself. */
const fed = (id: string, count: number) =>
  waitFor(async () => (await system.read(id)).recipients.fed, { what: `${count} of ${id} to be fed`, until: (seen) => seen === count });

test("it sleeps while nothing is due, as one job however many workers there are, and work wakes it", async () => {
  await Promise.all([startFeeding(), startFeeding(), startFeeding()]);
  await sleeps();
  expect((await queue.getJobs()).map(({ id, name }) => `${id} ${name}`)).toEqual(["feed feed"]);
  await system.start("c", ["ada"], 3);
  await fed("c", 2);
  await sleeps();
  const [job] = await system.waiting("c");
  if (job === undefined) throw new Error("a job is ahead");
  await rig.call(await system.take(job));
  await fed("c", 3);
  expect(system.errors).toEqual([]);
});

test("woken while it is at work, it looks once more before it sleeps", async () => {
  const entered = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  await system.draft("first", ["ada"], 0);
  await startFeeding(async () => {
    entered.resolve();
    await left.promise;
  });
  await entered.promise;
  await system.start("c", ["ada"], 2);
  left.resolve();
  await fed("c", 2);
  await sleeps();
});

test("woken between its last look and its sleep, it does not sleep on", async () => {
  const worker = new Worker(queue.name, null, { connection: rig.client, prefix: queue.opts.prefix ?? "" });
  await queue.add("feed", {}, { jobId: "feed" });
  const job = await worker.getNextJob("token");
  await system.start("c", ["ada"], 2);
  await job?.moveToDelayed(rig.nowMs + 1_000_000, "token");
  await rig.engine.scripts.run(campaignRestScript, {});
  expect(await queue.getWaitingCount()).toBe(1);
  // A worker that dies before that look leaves it to the sweep.
  const again = await worker.getNextJob("token");
  await again?.moveToDelayed(rig.nowMs + 1_000_000, "token");
  await rig.swept();
  expect(await queue.getWaitingCount()).toBe(1);
  await worker.close();
});

test("where a worker took the wake-up and died before it took the job, the next wake and the sweep call the others", async () => {
  const marker = rig.bull("campaigns", "marker");
  await queue.add("feed", {}, { jobId: "feed" });
  await rig.client.del(marker);
  await system.draft("c", ["ada"], 1);
  expect(await rig.client.zcard(marker)).toBe(1);
  await rig.client.del(marker);
  await rig.swept();
  expect(await rig.client.zcard(marker)).toBe(1);
});

test("taken away by hand, it is there again with the next sweep", async () => {
  await startFeeding();
  await sleeps();
  await queue.obliterate({ force: true });
  await system.start("c", ["ada"], 2);
  await rig.swept();
  await fed("c", 2);
  await sleeps();
  await queue.remove("feed");
  await rig.swept();
  await sleeps();
  expect(await rig.swept()).toMatchObject({ vanished: 0 });
});

test("when its worker dies another takes it up, and the one that comes back late does no harm", async () => {
  await queue.add("feed", {}, { jobId: "feed" });
  const dead = new Worker(queue.name, null, { connection: rig.client, prefix: queue.opts.prefix ?? "", lockDuration: 500 });
  await dead.getNextJob("token");
  await dead.close(true);
  await system.start("c", ["ada"], 2);
  await startFeeding();
  await fed("c", 2);
  // Two at the same work: what one has fed the other does not feed again.
  await system.campaigns.accept("c", {
    accountIds: ["ada"],
    recipients: [{ id: "late", fields: { linkedin_url: "https://www.linkedin.com/in/late" } }],
  });
  await system.callAll("c");
  await Promise.all([system.feeder.feedOnce(), system.newFeeder().feedOnce()]);
  await fed("c", 3);
  expect(await system.waiting("c")).toHaveLength(1);
});

test("a round that fails is tried again, and the job outlives it", async () => {
  const scripts = rig.engine.scripts;
  await rig.client.set(scripts.key("running"), "not a set");
  await startFeeding();
  await waitFor(() => system.errors.length, { what: "the trouble to be told", until: (seen) => seen > 0 });
  await rig.client.del(scripts.key("running"));
  await system.start("c", ["ada"], 2);
  await fed("c", 2);
});
