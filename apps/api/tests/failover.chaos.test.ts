/** Jobs that are accepted by HTTP while a master of sentinels is taken away: what was answered 202 is there afterwards, once. */
import { queuePrefix } from "@linkup-queue/contracts";
import { connectRedis } from "@linkup-queue/queue";
import { acquireSentinels, waitFor } from "@linkup-queue/testkit";
import { expect, onTestFinished, test } from "vitest";
import { startTestApi, type TestApi } from "./fixture.ts";

const NO_SENTINELS = "sentinels need a Redis on this machine, not in containers";
const REPLICAS = 2;
/** Requests at the same time, all the way through. */
const SENDERS = 8;
/** Jobs that are accepted before the failover is asked for, and answers after it, while the former master still takes writes. */
const BEFORE = 50;
const AFTER = 24;

const jobOf = (n: number) => ({
  operation: "message.send",
  accountId: `acc-${n % 24}`,
  input: { linkedin_url: `https://www.linkedin.com/in/person-${n}`, message_text: `Hello ${n}` },
  idempotencyKey: `job-${n}`,
});

type Sent = { accepted: Map<number, string>; refused: Set<number> };

/** Sends jobs one after the other until there is no next; answers are noted, and nothing is sent again here. */
async function send(api: TestApi, { accepted, refused }: Sent, next: () => number | null): Promise<void> {
  for (let n = next(); n !== null; n = next()) {
    const jobId = await accept(api, n);
    if (jobId === null) refused.add(n);
    else accepted.set(n, jobId);
  }
}

/** The id of the job that was accepted; null: refused for now. */
async function accept({ call }: TestApi, n: number): Promise<string | null> {
  const { status, body } = await call("producer", "POST /v1/jobs", jobOf(n));
  if (status === 202) return (body as { jobId: string }).jobId;
  expect(status).toBe(503);
  return null;
}

/** How many of these jobs the present master does not have. */
async function missingFrom(port: number, { keyId, jobIds }: { keyId: string; jobIds: readonly string[] }): Promise<number> {
  const master = await connectRedis({ kind: "single", url: `redis://127.0.0.1:${port}` });
  try {
    const there = await Promise.all(jobIds.map((jobId) => master.exists(`${queuePrefix(keyId)}:messages:${jobId}`)));
    return there.filter((exists) => exists === 0).length;
  } finally {
    master.disconnect();
  }
}

test("no job that was accepted before, in and after a failover is gone, and one that was refused is accepted under its key", async ({
  skip,
  task,
}) => {
  const sentinels = await acquireSentinels({ replicas: REPLICAS });
  if (sentinels === null) {
    task.meta.whySkipped = NO_SENTINELS;
    return skip(NO_SENTINELS);
  }
  onTestFinished(async () => await sentinels.stop());
  const access = { username: null, password: null, tls: false, db: 0 };
  const redis = { kind: "sentinel" as const, sentinels: sentinels.sentinels, name: sentinels.name, access };
  const api = await startTestApi({ settings: { redis, redisReplicas: REPLICAS } });
  onTestFinished(async () => await api.close());

  const sent: Sent = { accepted: new Map(), refused: new Set() };
  const answers = () => sent.accepted.size + sent.refused.size;
  let count = 0;
  let stopping = false;
  const next = () => (stopping ? null : count++);
  const senders = Array.from({ length: SENDERS }, () => send(api, sent, next));
  await waitFor(() => sent.accepted.size >= BEFORE, { what: "jobs that are accepted", until: Boolean });
  await sentinels.failover();
  const atOnce = answers();
  await waitFor(() => answers() >= atOnce + AFTER, { what: "answers after the failover", until: Boolean });
  stopping = true;
  await Promise.all(senders);
  const refused = sent.refused.size;
  for (const n of sent.refused) sent.accepted.set(n, await waitFor(() => accept(api, n), { what: "a refused job to be accepted" }));
  const lost = await missingFrom(await sentinels.masterPort(), { keyId: api.settings.keyId, jobIds: [...sent.accepted.values()] });
  console.info("accepted by HTTP", { sent: count, refused, lost });
  expect(lost).toBe(0);
  expect(new Set(sent.accepted.values()).size).toBe(count);
});
