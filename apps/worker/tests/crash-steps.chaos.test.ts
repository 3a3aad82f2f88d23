/** A worker killed at each single step of a job's life, just before Redis hears of it and just after: what the job comes to is decided by the step. */
import { jobDigest } from "@linkup-queue/queue";
import { waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { expectAgreement } from "./expect-agreement.ts";
import { message, type System, startSystem } from "./fixture.ts";
import { Victims } from "./victims.ts";

let system: System;
const victims = new Victims();
afterEach(async () => {
  await victims.close();
  await system.close();
});

type Row = {
  step: string;
  /** The job's account is paused, so that the job is to be held. */
  held?: true;
  /** Its outcome is published in a step of its own, as where it is not kept for reading. */
  apart?: true;
  command: (job: { id: string; digest: string }) => RegExp;
  /** How the job ends when its worker dies before Redis has the command, and after. */
  ends: { before: "succeeded" | "unknown"; after: "succeeded" | "unknown" };
};
const fine = { before: "succeeded", after: "succeeded" } as const;
const asks = ({ digest }: { digest: string }) => new RegExp(`"digest":"${digest}","callId":"[^"]+","queue":`);
const settles = ({ digest }: { digest: string }) => new RegExp(`"digest":"${digest}","callId":"[^"]+","settlementId":`);
const STEPS: readonly Row[] = [
  { step: "asking the gate", command: asks, ends: fine },
  {
    step: "the mark before the first byte",
    command: ({ digest }) => new RegExp(`\\{"digest":"${digest}","callId":"[^"]+"(?:,"seen":|\\})`),
    ends: { before: "succeeded", after: "unknown" },
  },
  { step: "settling the answer and publishing its outcome", command: settles, ends: { before: "unknown", after: "succeeded" } },
  { step: "settling the answer alone", apart: true, command: settles, ends: { before: "unknown", after: "succeeded" } },
  {
    step: "adding the outcome to results and taking its mark away",
    apart: true,
    command: ({ digest }) => new RegExp(`"items":\\[[^\\]]*\\{"digest":"${digest}"`),
    ends: fine,
  },
  { step: "completing the job in BullMQ", command: () => /:messages:completed\r\n/, ends: fine },
  { step: "being held by the gate", held: true, command: asks, ends: fine },
  {
    step: "going to BullMQ's delayed",
    held: true,
    command: ({ id }) => new RegExp(`:messages:delayed\\r\\n\\$\\d+\\r\\n[^\\r]*:messages:${id}\\r\\n`),
    ends: fine,
  },
  {
    step: "confirming that it is held",
    held: true,
    command: ({ digest }) => new RegExp(`\\r\\n\\{"digest":"${digest}"\\}\\r\\n`),
    ends: fine,
  },
];

test("no kill at any step loses a job, sends it twice, or gives it two outcomes, and it is unknown only when its mark was written", async () => {
  system = await startSystem({ workers: 0, settings: { timeoutMs: 1_000 } });
  const kills = STEPS.flatMap((row, at) =>
    (["before", "after"] as const).map((side) => ({ ...row, side, id: `job-${at}-${side}`, account: `acc-${at}-${side}` })),
  );
  const logins = await system.startWorker();
  await system.activeAccounts(kills.map(({ account }) => account));
  await logins.drain();
  for (const { account, held } of kills) if (held) await system.engine.accounts.pause(account);
  // No victim takes over what an earlier one left: killed in mid-call it would make that job unknown by a second kill, rightly so.
  const stallCheck = system.queue("messages").toKey("stalled-check");
  await system.engine.scripts.client.set(stallCheck, "0");

  for (const [number, { id, account, step, side, command, apart }] of kills.entries()) {
    const digest = jobDigest({ queue: "messages", id, timestamp: 0 });
    const { proxy, worker } = await victims.start(
      system,
      { command: command({ id, digest }), side },
      apart ? { LINKUP_OUTCOME_DAYS: "0" } : {},
    );
    await system.add("messages", [message(account, number, { opts: { jobId: id } })]);
    let reached = false;
    void proxy.reached.then(() => {
      reached = true;
    });
    await waitFor(() => reached, { what: `the worker to come to ${step} (${side})`, everyMs: 1 });
    await worker.kill("SIGKILL");
  }

  await system.engine.scripts.client.del(stallCheck);
  await victims.startHeirs(system, 1);
  for (const { account, held } of kills) if (held) await system.engine.accounts.resume(account);
  await system.outcomesArrive(kills.length);
  for (const { id, step, side, ends } of kills) {
    const outcome = system.outcomes.find(({ jobId }) => jobId === id);
    expect(outcome?.status, `${side} ${step}`).toBe(ends[side]);
    expect(outcome?.calls, `${side} ${step}`).toBe(1);
  }
  expect(system.outcomes.filter(({ status }) => status === "unknown").every(({ code }) => code === "interrupted")).toBe(true);
  await expectAgreement(system);
});
