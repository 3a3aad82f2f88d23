/**
 * Measures the way in of a large campaign: a million recipients over HTTP into an api and a Redis of their own, with what they take of
 * memory, how long other requests wait meanwhile, and how long pause and cancel take. Prints one JSON object. Not a test.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { connectRedis } from "@linkup-queue/queue";
import { acquireRedis, freePort, spawnProcess } from "@linkup-queue/testkit";

const COUNT = Number(process.argv[2] ?? 1_000_000);
const FORMAT = process.argv[3] === "csv" ? "csv" : "ndjson";
const ACCOUNTS = Number(process.argv[4] ?? 20);
const SECRET = "a-secret-of-the-load-run";

const redis = await acquireRedis({ fresh: true });
const port = await freePort();
const api = await spawnProcess({
  args: [fileURLToPath(new URL("../src/main.ts", import.meta.url))],
  env: {
    REDIS_URL: redis.url,
    API_PORT: String(port),
    API_TOKENS: `load:admin:${SECRET}`,
    LINKUP_SECRETS_KEY: Buffer.alloc(32, 7).toString("base64"),
    LOG_LEVEL: "info",
    ...(process.env["LOAD_NODE_OPTIONS"] === undefined ? {} : { NODE_OPTIONS: process.env["LOAD_NODE_OPTIONS"] }),
  },
});
const client = await connectRedis({ kind: "single", url: redis.url });
const ask = async (method: string, path: string, body?: unknown) => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { authorization: `Bearer ${SECRET}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return await response.json();
};
const rssMb = (pid: number, field: "VmRSS" | "VmHWM") =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
/** CPU that a process took so far, s (Linux counts in hundredths). */
const cpuSeconds = (pid: number) => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
};
const usedMb = async () => Number(/used_memory:(\d+)/.exec(await client.info("memory"))?.[1] ?? 0) / 1024 / 1024;

function* body(): Generator<Buffer> {
  const companies = ["Acme", "Globex", "Initech", "Umbrella", "Hooli", "Stark", "Wayne", "Wonka"];
  if (FORMAT === "csv") yield Buffer.from("linkedin_url,first_name,company,title\n");
  let text = "";
  for (let n = 0; n < COUNT; n++) {
    const id = (n * 2_654_435_761) % 4_294_967_296;
    const url = `https://www.linkedin.com/in/member-${id.toString(36)}-${n.toString(36)}`;
    const [first, company, title] = [`Name${n % 9_973}`, companies[n % 8], `Head of ${n % 211}`];
    text +=
      FORMAT === "csv"
        ? `${url},${first},${company},${title}\n`
        : `${JSON.stringify({ linkedin_url: url, first_name: first, company, title })}\n`;
    if (text.length < 256 * 1024) continue;
    yield Buffer.from(text);
    text = "";
  }
  if (text !== "") yield Buffer.from(text);
}

const accountIds = Array.from({ length: ACCOUNTS }, (_none, n) => `acc-${n}`);
for (const id of accountIds) await ask("PUT", `/v1/accounts/${id}`, { login_token: `token-of-${id}` });
await ask("POST", "/v1/campaigns", {
  campaignId: "load",
  name: "Load",
  operation: "message.send",
  accountIds,
  input: { linkedin_url: "{{linkedin_url}}", message_text: "Hello {{first_name|there}} of {{company}}" },
});
const cpuBefore = cpuSeconds(api.pid);
const before = { redisMb: await usedMb(), apiMb: rssMb(api.pid, "VmRSS") };

const others: number[] = [];
let loading = true;
const meanwhile = (async () => {
  while (loading) {
    const from = performance.now();
    await ask("GET", "/v1/key");
    others.push(performance.now() - from);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
})();
const from = performance.now();
const response = await fetch(`http://127.0.0.1:${port}/v1/campaigns/load/recipients`, {
  method: "POST",
  headers: { authorization: `Bearer ${SECRET}`, "content-type": FORMAT === "csv" ? "text/csv" : "application/x-ndjson" },
  body: ReadableStream.from(body()),
  duplex: "half",
} as RequestInit);
const answer: unknown = await response.json();
const seconds = (performance.now() - from) / 1000;
loading = false;
await meanwhile;
others.sort((one, other) => one - other);

const timed = async (event: string) => {
  const at = performance.now();
  await ask("POST", `/v1/campaigns/load/${event}`);
  return Math.round(performance.now() - at);
};
const after = { redisMb: await usedMb(), apiPeakMb: rssMb(api.pid, "VmHWM") };
const changesMs = {
  start: await timed("start"),
  pause: await timed("pause"),
  resume: await timed("resume"),
  cancel: await timed("cancel"),
};
const quantile = (share: number) => Math.round(others[Math.min(others.length - 1, Math.floor(others.length * share))] ?? 0);
if (process.env["LOAD_NODE_OPTIONS"]?.includes("trace") === true)
  process.stderr.write(
    `${api.lines
      .filter(({ raw }) => raw !== undefined)
      .map(({ raw }) => String(raw))
      .join("\n")}\n`,
  );
process.stdout.write(
  `${JSON.stringify({ format: FORMAT, accounts: ACCOUNTS, answer, seconds, apiCpuSeconds: cpuSeconds(api.pid) - cpuBefore, before, after, changesMs, othersMs: { count: others.length, p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) } })}\n`,
);
client.disconnect();
await api.kill();
await redis.stop();
