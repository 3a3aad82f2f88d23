/** Told once: each change of the key, a brake, a rest and the day's credits is one line over all workers, and repeats of a trouble are a number. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, type SpawnedProcess, waitFor } from "@linkup-queue/testkit";
import { afterAll, afterEach, expect, test } from "vitest";
import { message, type NewJob, type System, type SystemOptions, scrape, startSystem } from "./fixture.ts";
import { type Receiver, startReceiver } from "./webhook-receiver.ts";
import { spawnWorker } from "./worker-process.ts";

type Line = { level: number; msg: string; [fact: string]: unknown };

let system: System;
let lines: Line[];
let receiver: Receiver | null = null;
const processes: SpawnedProcess[] = [];
const folder = await mkdtemp(join(tmpdir(), "linkup-told-"));

afterEach(async () => {
  await Promise.all(processes.splice(0).map((worker) => worker.kill("SIGKILL")));
  await system.close();
  await receiver?.close();
  receiver = null;
});

afterAll(async () => await rm(folder, { recursive: true, force: true }));

async function start(options: SystemOptions = {}): Promise<void> {
  lines = [];
  system = await startSystem({ workers: 2, onLog: (line) => void lines.push(JSON.parse(line) as Line), ...options });
}

const said = (words: string) => lines.filter(({ msg }) => msg.startsWith(words));
const isSaid = async (words: string) => {
  await waitFor(() => said(words).length > 0, { what: `the line: ${words}` });
};
const invitation = (accountId: string, n: number): NewJob => ({
  name: "invitation.send",
  data: { accountId, input: { linkedin_url: `https://www.linkedin.com/in/person-${n}` } },
});
const refusal = (status: number, text: string, more: object) => ({ status, body: { status: "error", message: text }, ...more });

test("a state that went back is one line over two workers, a post, and a metric, until it is restored", async () => {
  await start({ settings: { stateDir: folder, healthPort: await freePort() }, workers: 1 });
  await system.startWorker({ healthPort: 0 });
  receiver = await startReceiver();
  const { url, secret } = receiver;
  await system.engine.webhooks.put("all", { url, secret, events: ["key"] });
  const { scripts, keys } = system.engine;
  const metric = async () => {
    const text = await (await fetch(`http://127.0.0.1:${system.settings.healthPort}/metrics`)).text();
    return /^linkup_state_lost (.*)$/m.exec(text)?.[1];
  };
  expect(await metric()).toBe("0");
  await scripts.client.hset(scripts.keys.state, "beats", 0);
  await isSaid("Redis came back older than it was");
  await waitFor(metric, { what: "the metric", until: (is) => is === "1" });
  await keys.restore("unknown");
  await waitFor(metric, { what: "the metric's end", until: (is) => is === "0" });
  await waitFor(() => receiver?.taken().length === 2, { what: "a post of each" });
  expect(said("Redis came back older than it was")).toHaveLength(1);
});

test("a rest is one line at its beginning and one at its end over two workers, and a post each", async () => {
  await start({ scenario: { next: [refusal(429, "Please slow down", { operation: "invitation.send", email: "ada@example.com" })] } });
  receiver = await startReceiver();
  const { url, secret } = receiver;
  await system.engine.webhooks.put("all", { url, secret, events: ["account"] });
  await system.activeAccounts(["ada"]);
  await system.add("network", [invitation("ada", 1), invitation("ada", 2)]);
  await isSaid("LinkedIn limits an account");
  await system.engine.accounts.endRest("ada", "invite");
  await isSaid("a rest of an account is over");
  await system.outcomesArrive(2);
  await waitFor(() => receiver?.taken().length === 2, { what: "two posts" });
  expect(said("LinkedIn limits an account")).toMatchObject([
    { accountId: "ada", scope: "invite", cause: "linkedin_limited", until: expect.any(String) },
  ]);
  expect(said("a rest of an account is over")).toMatchObject([{ accountId: "ada", scope: "invite", by: "person" }]);
  const about = { accountId: "ada", scope: "invite", cause: "linkedin_limited" };
  expect(receiver.taken()).toMatchObject([
    { type: "account.rest_started", data: { ...about, operation: "invitation.send", until: expect.any(String) } },
    { type: "account.rest_ended", data: { ...about, by: "person" } },
  ]);
});

test("a brake is one line when it is put on and one when it is off, and a refused key is one, whoever made the calls", async () => {
  const gone = { status: 404, body: { detail: "Not Found" }, operation: "profile.scrape", times: 1 };
  await start({ scenario: { next: [gone] }, probeEveryMs: 600 });
  receiver = await startReceiver();
  const { url, secret } = receiver;
  await system.engine.webhooks.put("service", { url, secret, events: ["key", "brake"] });
  const accounts = ["ada", "bob", "cyd", "dan"];
  await system.activeAccounts(accounts);
  await system.add(
    "profiles",
    accounts.map((id, n) => scrape(id, n)),
  );
  await system.outcomesArrive(4);
  await isSaid("LinkUp takes an operation again");
  system.sandbox.scenario({ next: [refusal(402, "Insufficient credits", { operation: "message.send", times: 1 })] });
  await system.add(
    "messages",
    accounts.map((id, n) => message(id, n)),
  );
  await system.outcomesArrive(8);
  await isSaid("the key is open");
  for (const words of [
    "LinkUp itself refuses an operation",
    "LinkUp takes an operation again",
    "LinkUp refuses the API key",
    "the key is open",
  ]) {
    expect(said(words), words).toHaveLength(1);
  }
  await waitFor(() => receiver?.taken().length === 4, { what: "four posts" });
  const about = { brakeId: "operation:profile.scrape", operation: "profile.scrape", cause: "path-gone" };
  expect(receiver.taken()).toMatchObject([
    { type: "brake.on", data: about },
    { type: "brake.off", data: { ...about, by: "call" } },
    { type: "key.stopped", data: { why: "key_refused", operation: "message.send" } },
    { type: "key.opened", data: { was: "key_refused", by: "call" } },
  ]);
});

test("an account that needs a person is one line and one post over two workers, and so is that it is back at work", async () => {
  await start({ scenario: { badPassword: ["ada@example.com"] } });
  receiver = await startReceiver();
  const { url, secret } = receiver;
  await system.engine.webhooks.put("accounts", { url, secret, events: ["account"] });
  await system.account("ada");
  await system.add("messages", [message("ada", 1), message("ada", 2)]);
  await isSaid("an account needs a person");
  system.sandbox.scenario({ badPassword: [] });
  await system.account("ada", { email: "ada@example.com", password: "the right one" });
  await system.outcomesArrive(2);
  await isSaid("an account is back at work");
  await waitFor(() => receiver?.taken().length === 2, { what: "two posts" });
  expect(said("an account needs a person")).toMatchObject([{ accountId: "ada", why: "login_refused" }]);
  expect(said("an account is back at work")).toMatchObject([{ accountId: "ada", was: "needs_attention" }]);
  expect(receiver.taken()).toMatchObject([
    { type: "account.needs_attention", data: { accountId: "ada", why: "login_refused" } },
    { type: "account.active", data: { accountId: "ada", was: "needs_attention" } },
  ]);
});

test("the day's credits are one line when they are spent, however many workers wait for the next day", async () => {
  await start({ settings: { maxCreditsPerDay: 4 } });
  await system.activeAccounts(["ada", "bob"]);
  await system.add(
    "messages",
    [1, 2, 3, 4].flatMap((n) => [message("ada", n), message("bob", 10 + n)]),
  );
  await isSaid("the day's credits are spent");
  const { nowMs } = await system.engine.keys.read();
  // Several sweeps of both.
  await waitFor(async () => (await system.engine.keys.read()).nowMs > nowMs + 3_000, { what: "three seconds of sweeps" });
  expect(said("the day's credits are spent")).toMatchObject([{ limit: 4, spent: 4 }]);
});

/** Takes Redis's place and ends each connection, until there were so many. */
async function refuseConnections(port: number, most: number): Promise<void> {
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    socket.destroy();
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  await waitFor(() => count, { what: `${most} connections`, until: (seen) => seen >= most });
  server.close();
  await once(server, "close");
}

test("while Redis is away a worker with archive, webhooks, schedules and campaigns tells each trouble once, and its repeats as a number", async () => {
  await start({ workers: 0, takesResults: false, durable: true });
  const worker = await spawnWorker(system, { ARCHIVE_URL: `sqlite:${join(folder, "told.db")}` });
  processes.push(worker);
  await system.redis.kill();
  await refuseConnections(Number(new URL(system.redis.url).port), 60);
  await system.redis.restart();
  await system.activeAccounts(["ada"]);
  expect(await worker.kill("SIGTERM")).toMatchObject({ code: 0 });
  const told = worker.lines as unknown as (Line & { err?: { message: string } })[];
  const causes = told.flatMap(({ msg, err }) => (err === undefined ? [] : [`${msg}: ${err.message}`]));
  expect(causes).toEqual([...new Set(causes)]);
  const repeats = told.reduce((sum, line) => sum + Number(line["repeats"] ?? 0), 0);
  expect(repeats).toBeGreaterThan(20);
  expect(worker.stderr()).toBe("");
});
