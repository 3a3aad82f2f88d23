/** The jobs by which an account's invitations are read: named by the account and the number of the reading's step. Pure. */
import { OPERATIONS, PRIORITIES } from "@linkup-queue/contracts";
import { type JobRef, jobDigest } from "../job/job-ref.ts";

/** The steps of a reading: how many invitations are pending, whether somebody accepted theirs, and taking one back. */
export const COUNT_OPERATIONS = ["invitation.sent", "invitation.status", "invitation.withdraw"] as const;
export type CountOperation = (typeof COUNT_OPERATIONS)[number];

export type CountStep = { account: string; turn: number; operation: CountOperation; about: string; invitation: string; till: number };

/** The least page: its answer says how many there are in all, for one credit. */
const ROWS = 10;

/** The name of a step's job. */
export function countJobRef({ account, turn, operation }: Pick<CountStep, "account" | "turn" | "operation">): JobRef {
  return { queue: OPERATIONS[operation].queue, id: `count~${turn}~${account}`, timestamp: turn };
}

/** The account and the number in a job's name; null for a job of others. */
export function countedBy({ id }: Pick<JobRef, "id">): { account: string; turn: number } | null {
  const [, turn, account] = /^count~(\d{1,16})~([^~]+)$/.exec(id) ?? [];
  return account === undefined ? null : { account, turn: Number(turn) };
}

export function countDigest(step: Pick<CountStep, "account" | "turn" | "operation">): string {
  return jobDigest(countJobRef(step));
}

/** Its data. A read whose worker died is done again; an invitation that may have been taken back is looked at anew a day later. */
export function countJobData({ account, operation, about, invitation, till }: CountStep) {
  const input: Record<string, unknown> = inputOf(operation, { about, invitation });
  const job = { v: 1, accountId: account, input } as const;
  if (operation !== "invitation.withdraw") return { ...job, onUnknown: "rerun" } as const;
  return { ...job, onUnknown: "report", expiresAt: new Date(till).toISOString() } as const;
}

function inputOf(operation: CountOperation, { about, invitation }: Pick<CountStep, "about" | "invitation">): Record<string, unknown> {
  switch (operation) {
    case "invitation.sent":
      return { total_results: ROWS };
    case "invitation.status":
      return { linkedin_url: about };
    case "invitation.withdraw":
      return { invitation_id: invitation };
  }
}

/** A withdrawal is less urgent than whatever people ask for. */
export const countPriority = (operation: CountOperation): number =>
  operation === "invitation.withdraw" ? PRIORITIES.bulk : PRIORITIES.normal;
