/** All processes as a user of Redis who may touch the keys of one id and nothing else. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { connectRedis, type RedisClient } from "@linkup-queue/queue";
import { aclLine } from "@linkup-queue/queue/inside";
import { startSandbox } from "@linkup-queue/sandbox";
import { acquireRedis, freePort, spawnProcess, type TestRedis, testSecretsKey, waitFor } from "@linkup-queue/testkit";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { ownFolder, runCli } from "./run-cli.ts";

const KEY_ID = "limited";
const APPS = join(import.meta.dirname, "../..");
const ADMIN = "admin-secret-of-the-limited-0123";

let redis: TestRedis;
let root: RedisClient;
beforeAll(async () => {
  redis = await acquireRedis({ durable: true, fresh: true });
  root = await connectRedis({ kind: "single", url: redis.url });
});
afterAll(async () => {
  await root.quit();
  await redis.stop();
});

/** The refusals of Redis since the last look: the command or the key. */
async function refused(): Promise<string[]> {
  const log = (await root.call("ACL", "LOG", "100")) as string[][];
  await root.call("ACL", "LOG", "RESET");
  return log.map((entry) => `${entry[entry.indexOf("reason") + 1]} ${entry[entry.indexOf("object") + 1]}`);
}

test("worker, api and command line work as a user who may touch the keys of their own id alone", async () => {
  const [setuser, ...rules] = aclLine(KEY_ID).split(" ").slice(1);
  await root.call("ACL", String(setuser), ...rules.map((rule) => (rule.startsWith(">") ? ">secret" : rule)));
  const port = await freePort();
  const sandbox = await startSandbox({ scenario: {} });
  onTestFinished(() => sandbox.close());
  const folder = ownFolder();
  onTestFinished(() => folder.remove());
  const env = {
    REDIS_URL: `redis://linkup:secret@127.0.0.1:${redis.port}`,
    LINKUP_KEY_ID: KEY_ID,
    LINKUP_BASE_URL: sandbox.url,
    LINKUP_SECRETS_KEY: testSecretsKey(),
    LINKUP_FRESH_KEY: "1",
    LINKUP_WEBHOOK_ALLOW_PRIVATE: "1",
  };
  const worker = await spawnProcess({
    args: [join(APPS, "worker/src/main.ts")],
    env: { ...env, LINKUP_API_KEY: "api-key-of-the-limited-0123456789", WORKER_HEALTH_PORT: "0" },
  });
  onTestFinished(async () => void (await worker.kill()));
  const api = await spawnProcess({
    args: [join(APPS, "api/src/main.ts")],
    env: { ...env, API_HOST: "127.0.0.1", API_PORT: String(port), API_TOKENS: `ops:admin:${ADMIN}` },
  });
  onTestFinished(async () => void (await api.kill()));
  const call = async (line: string, body?: unknown) => {
    const [method = "", path = ""] = line.split(" ");
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: {
        authorization: path.startsWith("/board") ? `Basic ${Buffer.from(`ops:${ADMIN}`).toString("base64")}` : `Bearer ${ADMIN}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  };
  const linkup = (args: readonly string[], stdin?: string) =>
    runCli(args, { env, folder: folder.path, ...(stdin === undefined ? {} : { stdin }) });

  // An account logs in, jobs come by command line and by HTTP, and each comes to its end.
  expect((await linkup(["account", "add", "ada", "--email", "ada@example.com", "--password-stdin"], "pass word of ada\n")).stderr).toBe("");
  const input = JSON.stringify({ linkedin_url: "https://www.linkedin.com/in/grace", message_text: "Hello" });
  expect((await linkup(["enqueue", "message.send", "--account", "ada", "--key", "k-1", "--input", input])).stderr).not.toContain("error");
  const job = { operation: "profile.scrape", accountId: "ada", input: { linkedin_url: "https://www.linkedin.com/in/grace" } };
  const added = await call("POST /v1/jobs", { ...job, idempotencyKey: "k-2" });
  expect(added.status, added.text).toBe(202);
  const { jobId } = JSON.parse(added.text) as { jobId: string };
  await waitFor(
    async () => (JSON.parse((await call(`GET /v1/jobs/${jobId}`)).text) as { outcome: { status: string } | null }).outcome?.status,
    {
      what: "the job's outcome",
      until: (status) => status === "succeeded",
    },
  );
  await waitFor(() => sandbox.summary().effects.done, { what: "the message to be sent", until: (seen) => seen === 1 });

  // And all else that is asked of Redis.
  for (const [line, body, status] of [
    ["GET /readyz", undefined, 200],
    ["GET /metrics", undefined, 200],
    ["GET /v1/jobs?state=completed", undefined, 200],
    ["GET /v1/credits?days=2", undefined, 200],
    ["GET /v1/key", undefined, 200],
    ["POST /v1/key/pause", undefined, 200],
    ["POST /v1/key/resume", undefined, 200],
    ["PUT /v1/webhooks/crm", { url: "http://127.0.0.1:9/", secret: `whsec_${Buffer.alloc(32, 9).toString("base64")}` }, 200],
    ["PUT /v1/schedules/daily", { cron: "0 9 * * *", job }, 200],
    ["POST /v1/accounts/ada/pause", undefined, 200],
    ["POST /v1/accounts/ada/resume", undefined, 200],
    ["GET /board", undefined, 200],
    ["GET /board/api/queues?activeQueue=profiles&page=1&jobsPerPage=10", undefined, 200],
    ["DELETE /v1/webhooks/crm", undefined, 204],
    ["DELETE /v1/schedules/daily", undefined, 204],
  ] as const) {
    const answer = await call(line, body);
    expect.soft(answer.status, `${line} ${answer.text.slice(0, 300)}`).toBe(status);
  }
  const doctor = await linkup(["doctor"]);
  expect(doctor.stdout + doctor.stderr).not.toMatch(/rights|NOPERM|acl/i);

  const warnings = worker.lines.filter(({ level }) => Number(level) >= 40);
  // On a busy machine an answer comes late, which is counted as trouble; a right that is missing is named.
  const lines = warnings.filter((line) => line["msg"] !== "trouble" || /may not|NOPERM/.test(JSON.stringify(line)));
  expect(lines.map(({ msg }) => msg)).toEqual([expect.stringContaining("acl setuser <user> ~linkup-queue:keys")]);
  expect(new Set(await refused())).toEqual(new Set(["key linkup-queue:keys"]));
  expect((await root.keys("*")).filter((key) => !key.startsWith(`{linkup-${KEY_ID}}:`))).toEqual([]);
});

test("the operations guide has the line that makes this user", async () => {
  const guide = await readFile(join(APPS, "../docs/operations-guide.md"), "utf8");
  expect(guide).toContain(aclLine("default"));
});

test("a right that is missing is named with its grant, at a start and while a process runs", async () => {
  const limited = aclLine(KEY_ID).split(" ").slice(2);
  await root.call("ACL", "SETUSER", "poor", ...limited.slice(1).map((rule) => (rule.startsWith(">") ? ">secret" : rule)));
  const env = {
    REDIS_URL: `redis://poor:secret@127.0.0.1:${redis.port}`,
    LINKUP_KEY_ID: KEY_ID,
    LINKUP_SECRETS_KEY: testSecretsKey(),
  };
  const says = async (...change: string[]) => {
    await root.call("ACL", "SETUSER", "poor", ...change);
    const { stderr, status } = await runCli(["key", "show"], { env });
    return { stderr, status };
  };
  for (const [taken, grant] of [
    [["-hget"], "acl setuser <user> +hget"],
    [["+hget", "-fcall"], "acl setuser <user> +fcall +function|load"],
    [["+fcall", "resetkeys"], "acl setuser <user> ~{linkup-limited}*"],
    [["~{linkup-limited}*", "-hmget"], "acl setuser <user> ~{linkup-limited}* +@read"],
  ] as const) {
    const { stderr, status } = await says(...taken);
    expect.soft(stderr, taken.join(" ")).toContain(grant);
    expect.soft(status, taken.join(" ")).not.toBe(0);
  }
});
