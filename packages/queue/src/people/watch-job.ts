/** The jobs by which inboxes are read: named by the account and the number of the reading's step. Pure. */
import { OPERATIONS, PRIORITIES } from "@linkup-queue/contracts";
import { type JobRef, jobDigest } from "../job/job-ref.ts";

/** The steps of a reading: the account's own name, a page of its inbox, and a conversation that the page leaves open. */
export const WATCH_OPERATIONS = ["profile.me", "message.inbox", "message.conversation"] as const;
export type WatchOperation = (typeof WATCH_OPERATIONS)[number];

/** A page of as many conversations costs one credit, and so do as many messages. */
const ROWS = 10;

export type WatchStep = { account: string; turn: number; operation: WatchOperation; cursor: string; conversation: string };

/** The name of a step's job. */
export function watchJobRef({ account, turn, operation }: Pick<WatchStep, "account" | "turn" | "operation">): JobRef {
  return { queue: OPERATIONS[operation].queue, id: `watch~${turn}~${account}`, timestamp: turn };
}

/** The account and the number in a job's name; null for a job of others. */
export function watchedBy({ id }: Pick<JobRef, "id">): { account: string; turn: number } | null {
  const [, turn, account] = /^watch~(\d{1,16})~([^~]+)$/.exec(id) ?? [];
  return account === undefined ? null : { account, turn: Number(turn) };
}

export function watchDigest(step: Pick<WatchStep, "account" | "turn" | "operation">): string {
  return jobDigest(watchJobRef(step));
}

/** Its data. A step whose worker died is done again: it reads. */
export function watchJobData({ account, operation, cursor, conversation }: WatchStep) {
  return { v: 1, accountId: account, input: inputOf(operation, { cursor, conversation }), onUnknown: "rerun" } as const;
}

function inputOf(operation: WatchOperation, { cursor, conversation }: { cursor: string; conversation: string }): Record<string, unknown> {
  switch (operation) {
    case "profile.me":
      return {};
    case "message.inbox":
      return { total_results: ROWS, ...(cursor === "" ? {} : { next_cursor: cursor }) };
    case "message.conversation":
      return { conversation_id: conversation, total_results: ROWS };
  }
}

export const WATCH_PRIORITY = PRIORITIES.normal;
