/** A board over a whole system: the api, a worker, the sandbox, an account, and a failed job into which every kind of secret was planted. */
import type { ApiRole } from "@linkup-queue/contracts";
import { BoardQueues } from "@linkup-queue/queue";
import { type Sandbox, startSandbox } from "@linkup-queue/sandbox";
import { waitFor } from "@linkup-queue/testkit";
import { startWorker, type Worker } from "@linkup-queue/worker";
import { pino } from "pino";
import { SECRETS, startTestApi, type TestApi, testWorkerSettings } from "./fixture.ts";

const EMAIL = "grace@example.com";
const PASSWORD = "correct horse battery";
const API_KEY = "linkup-key-0f9e8d7c6b5a";
const FOREIGN_TOKEN = "AQEDARforeignToken0123456789abcdefXYZ";
const COOKIE = "JSESSIONID-ajax-55501234";

export type BoardSystem = {
  api: TestApi;
  sandbox: Sandbox;
  queues: BoardQueues;
  /** Everything that must never be read on the board. */
  secrets: readonly string[];
  /** Adds a message over HTTP; answers its id. */
  add(number: number): Promise<string>;
  outcomeOf(jobId: string): Promise<{ status: string; code: string | null; redriveOf: string | null }>;
  /** A message that LinkUp answered 404. */
  addFailing(number: number): Promise<string>;
  /** Writes all the secrets into what BullMQ keeps of a job: its failure, stack trace, options, progress, return value and logs. */
  plant(jobId: string): Promise<void>;
  close(): Promise<void>;
};

export const ACCOUNT = "grace";

/** The header of HTTP Basic for a role. */
export function basic(role: ApiRole, secret: string = SECRETS[role]): string {
  return `Basic ${Buffer.from(`the-${role}:${secret}`).toString("base64")}`;
}

export async function startBoardSystem(): Promise<BoardSystem> {
  const sandbox = await startSandbox();
  const api = await startTestApi({ fresh: true });
  const worker = await workerOf(api, sandbox);
  const queues = new BoardQueues(api.engine.scripts.client, api.settings.keyId);
  await api.call("admin", `PUT /v1/accounts/${ACCOUNT}`, { email: EMAIL, password: PASSWORD });
  await waitFor(async () => (await api.engine.accounts.read(ACCOUNT))?.state, { what: "the log-in", until: (seen) => seen === "active" });
  const { secrets: own } = await api.engine.accounts.secretsOf([ACCOUNT]);
  const secrets = [
    ...own,
    API_KEY,
    FOREIGN_TOKEN,
    COOKIE,
    ...Object.values(SECRETS),
    Buffer.from(api.settings.secretsKey).toString("base64"),
  ];

  const system: BoardSystem = {
    api,
    sandbox,
    queues,
    secrets,
    add: async (number) => {
      const input = { linkedin_url: `https://www.linkedin.com/in/person-${number}`, message_text: `Hello ${number}` };
      const { body } = await api.call("producer", "POST /v1/jobs", { operation: "message.send", accountId: ACCOUNT, input });
      return (body as { jobId: string }).jobId;
    },
    outcomeOf: async (jobId) =>
      await waitFor(
        async () => {
          const { body } = await api.call("viewer", `GET /v1/jobs/${encodeURIComponent(jobId)}`);
          return (body as { outcome?: { status: string; code: string | null; redriveOf: string | null } | null }).outcome ?? null;
        },
        { what: `the outcome of ${jobId}` },
      ),
    addFailing: async (number) => {
      await sandbox.scenario({ next: [{ status: 404, operation: "message.send" }] });
      const jobId = await system.add(number);
      await system.outcomeOf(jobId);
      const job = await queues.of("messages").getJob(jobId);
      await waitFor(() => job?.getState(), { what: "the job among the failed", until: (seen) => seen === "failed" });
      return jobId;
    },
    plant: async (jobId) => {
      const job = await queues.of("messages").getJob(jobId);
      const [email, password, token] = own;
      const trouble = `not_found: login_token=${token} and "password":"${password}" of ${email}; bare ${token}, ${password}, x-api-key: ${API_KEY}`;
      await job?.log(`asked with Authorization: Bearer ${token} and Cookie: li_at=${FOREIGN_TOKEN}; ${COOKIE} is the cookie: ${COOKIE}`);
      await job?.log(JSON.stringify({ body: JSON.stringify({ api_key: API_KEY, password }) }));
      await job?.updateProgress({ session: { li_at: FOREIGN_TOKEN, jsessionid: COOKIE } });
      const { client, key } = { client: api.engine.scripts.client, key: queues.of("messages").toKey(jobId) };
      await client.hset(key, {
        failedReason: trouble,
        stacktrace: JSON.stringify([`Error: ${trouble}\n    at send (file:///app/send.ts:1:1)`, `Error: token ${FOREIGN_TOKEN}`]),
        returnvalue: JSON.stringify({ headers: { "x-api-key": API_KEY, "set-cookie": [COOKIE] } }),
        opts: JSON.stringify({
          attempts: 1,
          priority: 10,
          headers: { "X-Api-Key": API_KEY, authorization: SECRETS.admin },
          note: password,
        }),
      });
    },
    close: async () => {
      await queues.close();
      await worker.drain();
      await api.close();
      await sandbox.close();
    },
  };
  return system;
}

async function workerOf(api: TestApi, sandbox: Sandbox): Promise<Worker> {
  return await startWorker({
    settings: testWorkerSettings(api.settings, { apiKey: API_KEY, baseUrl: sandbox.url }),
    log: pino({ level: "silent" }),
  });
}
