/** Who gives a simulated world its work: the producer, who asks until it is told that its job is accepted, and the operator with the switches. */
import { setTimeout as sleep } from "node:timers/promises";
import { OPERATIONS } from "@linkup-queue/contracts";
import type { DoorJob, Engine } from "@linkup-queue/queue";
import type { Plan, PlannedJob } from "../plan/plan.ts";

const AGAIN_MS = 300;

/** Does it until it is confirmed, as people do who are answered 503. */
async function until<T>(work: () => Promise<T>, onError: (error: unknown) => void): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      onError(error);
      await sleep(AGAIN_MS);
    }
  }
}

export type PeopleParts = {
  engine: Engine;
  plan: Plan;
  /** Whether work may be given by now. */
  isOpen: () => boolean;
  onError: (error: unknown) => void;
  onAccepted: (name: string, jobId: string) => void;
};

function doorJob({ name, operation, account, priority, looks }: PlannedJob): DoorJob {
  const input = {
    linkedin_url: `https://www.linkedin.com/in/${name}`,
    ...(operation === "message.send" ? { message_text: `Hello ${name}` } : {}),
  };
  const { queue } = OPERATIONS[operation];
  return {
    queue,
    operation,
    data: { v: 1, accountId: account, input, onUnknown: looks ? "reconcile" : "report" },
    priority,
    runAtMs: null,
    key: { caller: "team", text: name },
  };
}

async function register(engine: Engine, { id, hasToken, max }: Plan["accounts"][number], onError: (error: unknown) => void): Promise<void> {
  const registration = hasToken ? { loginToken: `first:${id}` } : { email: `${id}@example.com`, password: "secret" };
  await until(() => engine.confirmed(() => engine.accounts.register(id, { ...registration, maxInFlight: max })), onError);
}

/** Registers the accounts, then adds each job when it is due. */
export async function giveWork({ engine, plan, isOpen, onError, onAccepted }: PeopleParts): Promise<void> {
  while (!isOpen()) await sleep(AGAIN_MS);
  for (const account of plan.accounts) await register(engine, account, onError);
  await Promise.all(
    plan.jobs.map(async (job) => {
      await sleep(job.atMs);
      const accepted = await until(async () => {
        const [answer] = await engine.confirmed(() => engine.jobs.door.add([doorJob(job)]));
        if (answer?.kind !== "accepted") throw new Error(`not accepted: ${JSON.stringify(answer)}`);
        return answer.jobId;
      }, onError);
      onAccepted(job.name, accepted);
    }),
  );
}

/** Stops an account, or the key, for a while. */
export async function pauseFor(
  engine: Engine,
  { account, ms, onError }: { account: string | null; ms: number; onError: (error: unknown) => void },
): Promise<void> {
  await until(() => engine.confirmed<unknown>(() => (account === null ? engine.keys.pause() : engine.accounts.pause(account))), onError);
  await sleep(ms);
  await until(() => engine.confirmed<unknown>(() => (account === null ? engine.keys.resume() : engine.accounts.resume(account))), onError);
}

/** A person who is told that the state is lost hands accounts and jobs over again, and says that nothing may go out twice. */
export async function restoreState(
  { engine, plan, onError }: Pick<PeopleParts, "engine" | "plan" | "onError">,
  accepted: () => ReadonlySet<string>,
): Promise<void> {
  while ((await until(() => engine.keys.read(), onError)).lost === null) await sleep(AGAIN_MS);
  for (const account of plan.accounts) {
    if ((await until(() => engine.accounts.read(account.id), onError)) === null) await register(engine, account, onError);
  }
  for (const job of plan.jobs) {
    if (accepted().has(job.name)) await until(() => engine.jobs.door.add([doorJob(job)]), onError);
  }
  await until(() => engine.keys.restore("unknown"), onError);
}

/** Brings back whatever waits for a person. An account without a password gets a new token, as its owner would give it one. */
export async function lendHand(engine: Engine, plan: Plan, onError: (error: unknown) => void): Promise<void> {
  const key = await until(() => engine.keys.read(), onError);
  if (key.state === "stopped") await until(() => engine.keys.resume(), onError);
  for (const { operation } of key.brakes) await until(() => engine.keys.releaseBrake(operation), onError);
  for (const { id, hasToken } of plan.accounts) {
    const account = await until(() => engine.accounts.read(id), onError);
    if (account?.state === "disabled") await until(() => engine.accounts.resume(id), onError);
    if (account?.state !== "needs_attention") continue;
    if (hasToken) await until(() => engine.accounts.register(id, { loginToken: `again-${account.epoch}:${id}` }), onError);
    else await until(() => engine.accounts.resume(id), onError);
  }
}
