/** Producer and consumer pasted into a project of somebody else's, which has BullMQ and nothing of ours, on each Node that the README names. */
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { because } from "@linkup-queue/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inputFor, type Running, startAll } from "./start-all.ts";

const run = promisify(execFile);
const DEMO = join(import.meta.dirname, "..");
const FOLDER = mkdtempSync(join(tmpdir(), "linkup-elsewhere-"));

/** The versions that the README promises for producer and consumer. */
const NAMED = /They run on Node ([\d, and]+\d)/.exec(readFileSync(join(DEMO, "../../README.md"), "utf8"))?.[1]?.match(/\d+/g) ?? [];

/** Adds one job, hears of its outcome, and prints it. It ends only when nothing of either was left open. */
const SCRIPT = `
import { addJobs } from "./add-jobs.mjs";
import { consumeResults } from "./consume-results.mjs";
const [job, at] = process.argv.slice(2).map((text) => JSON.parse(text));
const worker = consumeResults((outcome) => { if (outcome.jobId === job.jobId) taken(outcome); }, { ...at, onError: console.error });
const outcome = new Promise((resolve) => { globalThis.taken = resolve; });
await addJobs([job], at);
const { jobId, status } = await outcome;
await worker.close();
console.log(JSON.stringify({ jobId, status, major: process.versions.node.split(".")[0] }));
`;

/** The newest Node of each version, from npx; null where it can't be had. */
const programs = new Map<string, string | null>();
for (const major of NAMED) {
  const asked = await run("npx", ["--yes", `--package=node@${major}`, "--", "node", "-p", "process.execPath"], { cwd: FOLDER }).catch(
    () => null,
  );
  programs.set(major, asked === null ? null : asked.stdout.trim());
}

let running: Running;
beforeAll(async () => {
  for (const file of ["add-jobs.mjs", "consume-results.mjs"]) copyFileSync(join(DEMO, "src/examples", file), join(FOLDER, file));
  writeFileSync(join(FOLDER, "script.mjs"), SCRIPT);
  writeFileSync(join(FOLDER, "package.json"), JSON.stringify({ name: "elsewhere", type: "module", dependencies: { bullmq: "*" } }));
  mkdirSync(join(FOLDER, "node_modules"));
  symlinkSync(realpathSync(join(DEMO, "node_modules/bullmq")), join(FOLDER, "node_modules/bullmq"));
  running = await startAll();
});
afterAll(async () => {
  await running.stop();
  await rm(FOLDER, { recursive: true, force: true });
});

test("the README names the versions", () => {
  expect(NAMED).toEqual(["20", "22", "24"]);
});

describe("producer and consumer run in a project that has nothing of ours", () => {
  for (const [major, program] of programs) {
    test.skipIf(program === null)(`on Node ${major}`, because(`npx can't fetch node@${major} here`), async () => {
      const jobId = `on-node-${major}`;
      const job = { queue: "messages", operation: "message.send", jobId, data: { accountId: "anna", input: inputFor(jobId) } };
      const { stdout, stderr } = await run(program ?? "", [join(FOLDER, "script.mjs"), JSON.stringify(job), JSON.stringify(running.at)]);
      expect({ ...JSON.parse(stdout), stderr }).toEqual({ jobId, status: "succeeded", major, stderr: "" });
    });
  }
});
