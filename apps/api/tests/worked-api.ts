/** An api with a worker beside it and the sandbox behind both: what is added by HTTP is done. */
import type { WorkerSettings } from "@linkup-queue/contracts";
import { type Sandbox, type SandboxOptions, startSandbox } from "@linkup-queue/sandbox";
import { startWorker } from "@linkup-queue/worker";
import { pino } from "pino";
import { startTestApi, type TestApi, testWorkerSettings } from "./fixture.ts";

export type WorkedApi = { api: TestApi; sandbox: Sandbox; close(): Promise<void> };
type Parts = { settings?: Partial<WorkerSettings>; sandbox?: SandboxOptions };

/** `settings`: of the worker, where they are not as usual. */
export async function startWorkedApi({ settings = {}, sandbox: options = {} }: Parts = {}): Promise<WorkedApi> {
  const sandbox = await startSandbox(options);
  const api = await startTestApi({ fresh: true });
  const worker = await startWorker({
    settings: { ...testWorkerSettings(api.settings, { baseUrl: sandbox.url }), ...settings },
    log: pino({ level: "silent" }),
  });
  const close = async () => {
    await worker.drain();
    await api.close();
    await sandbox.close();
  };
  return { api, sandbox, close };
}

/** Registers `ada`, whose log-in the worker does. */
export async function registerAda({ api }: WorkedApi): Promise<void> {
  await api.as("admin").registerAccount({ id: "ada", email: "ada@example.com", password: "the-password-of-ada" });
}
