/** The client as others install it: packed by npm, in the oldest Node on the path, against an api with a worker and the sandbox. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { createClient } from "@linkup-queue/client";
import { type Sandbox, startSandbox } from "@linkup-queue/sandbox";
import { waitFor } from "@linkup-queue/testkit";
import { startWorker, type Worker } from "@linkup-queue/worker";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROUTES } from "../src/index.ts";
import { SECRETS, startTestApi, type TestApi, testWorkerSettings } from "./fixture.ts";

const run = promisify(execFile);
const PACKAGE = dirname(createRequire(import.meta.url).resolve("@linkup-queue/client/package.json"));

let folder: string;
let packed: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "linkup-client-"));
  const { stdout } = await run("npm", ["pack", "--json", "--offline", "--pack-destination", folder], { cwd: PACKAGE });
  const [pack] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  packed = (pack?.files ?? []).map(({ path }) => path).sort();
  const target = join(folder, "node_modules/@linkup-queue/client");
  await mkdir(target, { recursive: true });
  await run("tar", ["-xzf", join(folder, pack?.filename ?? ""), "-C", target, "--strip-components=1"]);
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The Node of the lowest version on the path, that the package may run in. */
async function oldestNode(): Promise<string> {
  const versions = (process.env["PATH"] ?? "").split(delimiter).map(async (place) => {
    const node = join(place, "node");
    const told = await run(node, ["--version"]).catch(() => null);
    return told === null ? [] : [{ node, major: Number.parseInt(told.stdout.slice(1), 10) }];
  });
  const [oldest] = (await Promise.all(versions))
    .flat()
    .filter(({ major }) => major >= 20)
    .sort((one, other) => one.major - other.major);
  return oldest?.node ?? process.execPath;
}

test("the package holds the client and its types, and nothing else", () => {
  const files = ["api.d.ts", "calls.js", "client-error.js", "client.d.ts", "client.js", "read-answer.js", "write-request.js"];
  expect(packed).toEqual(["README.md", "package.json", ...files.map((file) => `src/${file}`)]);
});

test("the client has a function for every call of /v1 but the stream of events", () => {
  const names = ROUTES.flatMap(({ path, name }) => (path.startsWith("/v1/") && name !== "followEvents" ? [name] : []));
  expect(Object.keys(createClient({ url: "http://127.0.0.1:9", token: "none" })).sort()).toEqual(names.sort());
});

test("its types hold in a project that has nothing but the package", async () => {
  const source = `import { ClientError, createClient, type Outcome } from "@linkup-queue/client";
const client = createClient({ url: "", token: "" });
export async function statusOf(jobId: string): Promise<Outcome["status"] | undefined> {
  try {
    return (await client.getJob({ jobId })).outcome?.status;
  } catch (error) {
    if (error instanceof ClientError && error.code === "not_found") return undefined;
    throw error;
  }
}
// @ts-expect-error a number is no id
export const wrong = client.getJob({ jobId: 1 });
`;
  await writeFile(join(folder, "use.ts"), source);
  const options = [
    "--noEmit",
    "--strict",
    "--exactOptionalPropertyTypes",
    "--module",
    "nodenext",
    "--lib",
    "es2022,dom,dom.iterable",
    "--types",
    "",
  ];
  await expect(run("tsc", [...options, join(folder, "use.ts")], { cwd: folder })).resolves.toMatchObject({ stdout: "" });
});

const ADD = `import { ClientError, createClient } from "@linkup-queue/client";
const [url, token] = process.argv.slice(2);
const client = createClient({ url, token });
await client.registerAccount({ id: "anna", login_token: "token-of-anna" });
const input = (person) => ({ linkedin_url: "https://www.linkedin.com/in/" + person, message_text: "Hello" });
const job = (person) => ({ operation: "message.send", accountId: "anna", input: input(person), idempotencyKey: person });
const cost = await client.addJob({ ...job("ada"), dryRun: true });
const { jobId } = await client.addJob(job("ada"));
const again = await client.addJob(job("ada"));
async function* more() {
  for (const person of ["bob", "cleo"]) yield job(person);
}
const batch = await client.addJobs({ lines: more() });
console.log(JSON.stringify({ node: process.versions.node, cost, again, jobId, batch }));
`;

const READ = `import { ClientError, createClient } from "@linkup-queue/client";
const [url, token, jobId] = process.argv.slice(2);
const client = createClient({ url, token });
const outcomes = [];
for (let page = { more: true }; page.more; ) {
  page = await client.listOutcomes({ after: page.nextCursor, limit: 2 });
  outcomes.push(...page.items);
}
const listed = [];
for (let cursor; cursor !== null; ) {
  const page = await client.listJobs({ accountId: "anna", limit: 1, cursor });
  listed.push(page.items.length);
  cursor = page.nextCursor;
}
const errors = [];
for (const call of [() => client.getJob({ jobId: "none" }), () => client.addJob({ operation: "message.send", accountId: "anna", input: {} })]) {
  await call().catch((error) => errors.push([error instanceof ClientError, error.code, error.issues.map(({ path }) => path).sort()]));
}
const { outcome } = await client.getJob({ jobId });
console.log(JSON.stringify({ outcomes, listed, errors, outcome }));
`;

test("a service adds jobs with it, reads their outcomes page by page, and is told what was wrong", async () => {
  const sandbox: Sandbox = await startSandbox();
  const api: TestApi = await startTestApi({ fresh: true });
  const settings = testWorkerSettings(api.settings, { baseUrl: sandbox.url });
  const worker: Worker = await startWorker({ settings, log: pino({ level: "silent" }) });
  try {
    const node = await oldestNode();
    const asService = async (script: string, ...args: string[]) => {
      const file = join(folder, "service.mjs");
      await writeFile(file, script);
      const { stdout } = await run(node, [file, api.api.url, SECRETS.admin, ...args], { cwd: folder });
      return JSON.parse(stdout);
    };
    const added = await asService(ADD);
    expect(added.cost).toMatchObject({ dryRun: true, operation: "message.send", credits: 1 });
    expect(added.again).toEqual({ queue: "messages", jobId: added.jobId, duplicate: true });
    expect(added.batch).toMatchObject({ accepted: 2, duplicates: 0, rejectedCount: 0 });
    await waitFor(async () => (await api.as("viewer").listOutcomes({})).items.length, {
      what: "three outcomes",
      until: (seen) => seen === 3,
    });
    const told = await asService(READ, added.jobId);
    expect(told.outcomes.map(({ status }: { status: string }) => status)).toEqual(["succeeded", "succeeded", "succeeded"]);
    expect(told.outcome).toEqual(told.outcomes.find(({ jobId }: { jobId: string }) => jobId === added.jobId));
    expect(told.listed.reduce((sum: number, rows: number) => sum + rows, 0)).toBe(3);
    expect(told.errors).toEqual([
      [true, "not_found", []],
      [true, "invalid_input", expect.arrayContaining([expect.stringContaining("message_text")])],
    ]);
    expect(sandbox.summary().effects.done).toBe(3);
  } finally {
    await worker.drain();
    await api.close();
    await sandbox.close();
  }
});
