/** The jobs by which an account's invitations are read: named by the account and the number of the reading's step. Pure. */
import { OPERATIONS, PRIORITIES } from "@linkup-queue/contracts";
import { type JobRef, jobDigest } from "../job/job-ref.ts";

/** The steps of a reading: how many invitations are pending, and whether somebody accepted theirs. */
export const COUNT_OPERATIONS = ["invitation.sent", "invitation.status"] as const;
export type CountOperation = (typeof COUNT_OPERATIONS)[number];

export type CountStep = { account: string; turn: number; operation: CountOperation; about: string };

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

/** Its data. A step whose worker died is done again: it reads. */
export function countJobData({ account, operation, about }: CountStep) {
  const input: Record<string, unknown> = operation === "invitation.sent" ? { total_results: ROWS } : { linkedin_url: about };
  return { v: 1, accountId: account, input, onUnknown: "rerun" } as const;
}

export const COUNT_PRIORITY = PRIORITIES.normal;
