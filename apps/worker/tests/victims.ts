/** Workers as processes of their own that are killed at one exact step, and those that take up what they left. */
import type { SpawnedProcess } from "@linkup-queue/testkit";
import type { System } from "./fixture.ts";
import { type Step, type StepProxy, startStepProxy } from "./step-proxy.ts";
import { spawnWorker } from "./worker-process.ts";

export type Victim = { proxy: StepProxy; worker: SpawnedProcess };

export class Victims {
  readonly #running: SpawnedProcess[] = [];
  readonly #proxies: StepProxy[] = [];

  /** A worker with these settings that will stand still at this step, for the test to kill it there. */
  async start(system: System, step: Step, settings: Readonly<Record<string, string>> = {}): Promise<Victim> {
    const proxy = await startStepProxy(system.redis.port, step);
    this.#proxies.push(proxy);
    const worker = await spawnWorker(system, { ...settings, REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
    this.#running.push(worker);
    return { proxy, worker };
  }

  /** Workers that nothing happens to. */
  async startHeirs(system: System, count: number): Promise<void> {
    for (let started = 0; started < count; started++) this.#running.push(await spawnWorker(system));
  }

  async close(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((worker) => worker.kill("SIGKILL")));
    await Promise.all(this.#proxies.splice(0).map((proxy) => proxy.close()));
  }
}
