/** A schedule's view: its times, its last job, and what is wrong. */
import { expect, test } from "vitest";
import type { Account } from "../accounts/accounts.ts";
import { type Looked, StoredSchedule, tickJobStatus, viewSchedule } from "./schedule-view.ts";

const FROM_MS = Date.UTC(2026, 5, 1);
const definition = { cron: null, everyMs: 60_000, timezone: null, overlap: "skip", queue: "profiles", job: { accountId: "ada" } };
const account: Account = {
  id: "ada",
  state: "active",
  why: "",
  epoch: 1,
  country: null,
  maxInFlight: null,
  plan: null,
  policy: null,
  parked: 0,
  createdAt: "",
  lastRefreshAt: null,
  coolingUntil: null,
  rests: [],
  overrides: [],
  withoutNote: null,
  replyWatch: null,
  inboxReadAt: null,
  inboxWaitsSince: null,
  autoWithdrawAfterDays: null,
  invitationsReadAt: null,
  invitationsWaitSince: null,
};
const fields = { definition: JSON.stringify(definition), revision: "r", from: String(FROM_MS), createdAt: "0", updatedAt: "0" };

async function look(changes: Partial<Looked>, more: Record<string, string> = {}) {
  const stored = StoredSchedule.parse({ ...fields, ...more });
  return await viewSchedule({ id: "s1", stored, account, status: "gone", code: null, nowMs: FROM_MS + 1_000, ...changes });
}

test("a new schedule has ten times ahead and nothing behind it", async () => {
  const view = await look({});
  expect(view.next.map((time) => Date.parse(time) - FROM_MS)).toEqual(Array.from({ length: 10 }, (_, at) => (at + 1) * 60_000));
  expect(view).toMatchObject({
    lastTickAt: null,
    lastJob: null,
    problems: [],
    skipped: { count: 0, lastAt: null },
    missed: { count: 0, lastAt: null },
  });
});

test("a tick that no worker took is told a little after it was due, and no more once it was seen", async () => {
  const due = FROM_MS + 60_000;
  expect((await look({ nowMs: due + 19_000 })).problems).toEqual([]);
  expect((await look({ nowMs: due + 20_000 })).problems).toEqual([
    "The tick of 2026-06-01T00:01:00.000Z was not taken: without a running worker no schedule ticks",
  ]);
  expect((await look({ nowMs: due + 20_000 }, { last: String(due) })).problems).toEqual([]);
});

test("an account that is gone or not active is told, and an active one is not", async () => {
  expect((await look({ account: null })).problems).toEqual([expect.stringMatching(/^Account ada is gone/)]);
  expect((await look({ account: { ...account, state: "awaiting_code", why: "code_required" } })).problems).toEqual([
    "Account ada is awaiting code (LinkedIn asks for a code): the job of a tick waits until it is active",
  ]);
});

test("the end of the last job is read from the ledger's letter", async () => {
  expect(["pending", "s", "f", "u", "c", "gone"].map(tickJobStatus)).toEqual([
    "pending",
    "succeeded",
    "failed",
    "unknown",
    "cancelled",
    "gone",
  ]);
  const more = { jobAt: String(FROM_MS), queue: "profiles", jobId: "s-x", digest: "d", last: String(FROM_MS) };
  expect((await look({ status: "succeeded" }, more)).lastJob).toEqual({
    tickAt: "2026-06-01T00:00:00.000Z",
    queue: "profiles",
    jobId: "s-x",
    status: "succeeded",
    code: null,
  });
});
