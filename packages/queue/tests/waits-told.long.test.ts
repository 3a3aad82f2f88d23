/**
 * Each reason of the closed list, as people and programs are told it: by the api for one job and in a list, on the board's page and list, and by the
 * command line. Api and command line are processes; the situations are those of the gate's own test, at the machine's time.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { WAIT_WORDS } from "@linkup-queue/contracts";
import { freePort, fromNow, type SpawnedProcess, spawnProcess } from "@linkup-queue/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type Rig, type RigJob, startRig } from "./rig.ts";
import { SITUATIONS, type Situation } from "./wait-situations.ts";

const APPS = join(import.meta.dirname, "../../../apps");
const SECRET = "viewer-secret-0123456789";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(async () => await rig.close());

/** Situations at the time by which the processes go that tell of them. */
async function resetAtTheirTime(): Promise<void> {
  const theirMs = fromNow(0).getTime();
  await rig.reset(theirMs);
}

const Waiting = z.object({ waitsFor: z.object({ reason: z.string() }) });
const Row = Waiting.extend({ jobId: z.string() });
const Rows = z.object({ items: z.array(Row) });
const BoardJob = z.object({ id: z.string(), data: z.object({ ledger: Waiting }) });
const BoardPage = z.object({ job: BoardJob });
const BoardLists = z.object({ queues: z.array(z.object({ jobs: z.array(BoardJob) })) });

function envOf(settings: NonNullable<Situation["settings"]>): Record<string, string> {
  return {
    REDIS_URL: rig.redis.url,
    LINKUP_KEY_ID: rig.engine.config.keyId,
    LINKUP_SECRETS_KEY: rig.secretsKey,
    LINKUP_ALLOW_VOLATILE_REDIS: "1",
    LINKUP_RATE_LIMIT: String(settings.rateLimit ?? rig.engine.config.rateLimit),
    LINKUP_REDIS_REPLICAS: String(settings.redisReplicas ?? 0),
    ...(settings.maxCreditsPerDay == null ? {} : { LINKUP_MAX_CREDITS_PER_DAY: String(settings.maxCreditsPerDay) }),
  };
}

/** The job lies where BullMQ has a job that waits, unless it is delayed. */
async function queued({ ref }: RigJob): Promise<"waiting" | "delayed"> {
  if ((await rig.client.zscore(rig.bull(ref.queue, "delayed"), ref.id)) !== null) return "delayed";
  await rig.client.lpush(rig.bull(ref.queue, "wait"), ref.id);
  return "waiting";
}

type Told = { from: (path: string) => Promise<unknown>; linkup: (args: readonly string[]) => Promise<string> };

/** The reasons that are told of this job, by who tells them. */
async function toldOf({ ref }: RigJob, { from, linkup }: Told, bullState: string): Promise<Record<string, string | undefined>> {
  const ofJob = <T extends { jobId: string }>(rows: readonly T[]) => rows.find(({ jobId }) => jobId === ref.id);
  const lists = BoardLists.parse(await from(`/board/api/queues?activeQueue=${ref.queue}&status=${bullState}&page=1&jobsPerPage=100`));
  const onBoard = lists.queues.flatMap(({ jobs }) => jobs).find(({ id }) => id === ref.id);
  const shown = await linkup(["job", "show", ref.id, "--queue", ref.queue]);
  const listed = Rows.parse(JSON.parse(await linkup(["job", "list", "--json"])));
  return {
    "api, one": Waiting.parse(await from(`/v1/jobs/${ref.id}?queue=${ref.queue}`)).waitsFor.reason,
    "api, list": ofJob(Rows.parse(await from("/v1/jobs")).items)?.waitsFor.reason,
    "board, page": BoardPage.parse(await from(`/board/api/queues/${ref.queue}/${ref.id}`)).job.data.ledger.waitsFor.reason,
    "board, list": onBoard?.data.ledger.waitsFor.reason,
    "command line, one": Object.entries(WAIT_WORDS).find(([reason, words]) => shown.includes(`${reason}: ${words}`))?.[0],
    "command line, list": ofJob(listed.items)?.waitsFor.reason,
  };
}

const groups = Map.groupBy(Object.entries(SITUATIONS), ([, { settings = {} }]) => JSON.stringify(settings));
describe.each([...groups.entries()])("under the settings %s", (text, situations) => {
  let api: SpawnedProcess;
  let told: Told;
  beforeAll(async () => {
    await resetAtTheirTime();
    const env = envOf(JSON.parse(text) as NonNullable<Situation["settings"]>);
    const port = await freePort();
    api = await spawnProcess({
      args: [join(APPS, "api/src/main.ts")],
      env: { ...env, API_PORT: String(port), API_TOKENS: `looker:viewer:${SECRET}`, LINKUP_BASE_URL: "http://127.0.0.1:4010" },
    });
    const run = promisify(execFile);
    told = {
      from: async (path) => {
        const basic = Buffer.from(`looker:${SECRET}`).toString("base64");
        const authorization = path.startsWith("/board") ? `Basic ${basic}` : `Bearer ${SECRET}`;
        const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization } });
        expect(response.status, path).toBe(200);
        return await response.json();
      },
      linkup: async (args) => {
        const { PATH = "", HOME = "" } = process.env;
        return (await run(process.execPath, [join(APPS, "cli/src/main.ts"), ...args], { env: { PATH, HOME, ...env } })).stdout;
      },
    };
  });
  afterAll(async () => {
    await api.kill();
  });

  test.each(situations)("%s", async (reason, { prepare, end }) => {
    await resetAtTheirTime();
    await rig.open();
    await rig.account("ada", 1);
    try {
      const job = await prepare(rig);
      const reasons = await toldOf(job, told, await queued(job));
      for (const [who, word] of Object.entries(reasons)) expect(word, who).toBe(reason);
    } finally {
      await end?.(rig);
    }
  });
});
