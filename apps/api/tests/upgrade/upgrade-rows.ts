/** The table beside a fixture of Redis, one row a line: what everything in it was when it was taken, and what is to become of it. */
import { CallQueue } from "@linkup-queue/contracts";
import { ACCOUNT_STATES, CAMPAIGN_STATES } from "@linkup-queue/queue";
import { z } from "zod";

/** A status, and for what did not succeed its code: `failed not_found`. */
const End = z.string().regex(/^(succeeded|(failed|unknown|cancelled) [a-z_]+)$/);

const TakenRow = z.strictObject({
  kind: z.literal("taken"),
  at: z.iso.datetime(),
  layout: z.int(),
  keyId: z.string(),
  /** The ledger's sums. */
  charged: z.int(),
  uncertain: z.int(),
});

const JobRow = z.strictObject({
  kind: z.literal("job"),
  /** One for each job, also in its input: by it the provider's journal is searched. */
  name: z.string(),
  queue: CallQueue,
  id: z.string(),
  outcomeId: z.string(),
  operation: z.string(),
  account: z.string(),
  campaign: z.string().nullable(),
  /** The key under which a producer added it over HTTP, and what was sent; with a `line` it was one of a batch under that key. */
  door: z.strictObject({ key: z.string(), line: z.int().nullable(), body: z.record(z.string(), z.unknown()) }).nullable(),
  /** The ledger's word, then BullMQ's. */
  was: z.string(),
  /** The object at the provider that its input names. */
  target: z.string(),
  /** Calls that had reached the provider, and those of them that had their effect. */
  calls: z.int(),
  done: z.int(),
  ended: End.nullable(),
  /** Whether a consumer had taken its outcome. */
  taken: z.boolean(),
  /** Webhooks that had its outcome. */
  posted: z.array(z.string()),
  /** How it ends, and how many calls of it still reach the provider; null for a recipient who is never sent to. */
  ends: End.nullable(),
  callsLeft: z.int(),
});

const AccountRow = z.strictObject({ kind: z.literal("account"), id: z.string(), was: z.enum(ACCOUNT_STATES), why: z.string() });

const CampaignRow = z.strictObject({
  kind: z.literal("campaign"),
  id: z.string(),
  was: z.enum(CAMPAIGN_STATES),
  why: z.string(),
  recipients: z.int(),
  fed: z.int(),
  ended: z.int(),
  /** A person's action; then how it ends. */
  person: z.enum(["start", "resume", "allow more credits"]).nullable(),
  ends: z.string(),
});

const WebhookRow = z.strictObject({ kind: z.literal("webhook"), id: z.string(), waiting: z.int(), dead: z.int(), delivered: z.int() });
const ScheduleRow = z.strictObject({ kind: z.literal("schedule"), id: z.string(), lastJob: z.string().nullable() });

const Row = z.discriminatedUnion("kind", [TakenRow, AccountRow, JobRow, CampaignRow, ScheduleRow, WebhookRow]);
export type Row = z.infer<typeof Row>;
export type RowOf<Kind extends Row["kind"]> = Extract<Row, { kind: Kind }>;

export function writeRows(rows: readonly Row[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}

export function readRows(text: string): Row[] {
  return text.split("\n").flatMap((line) => (line === "" ? [] : [Row.parse(JSON.parse(line))]));
}

/** The rows of one kind, in their order. */
export function rowsOf<Kind extends Row["kind"]>(rows: readonly Row[], kind: Kind): RowOf<Kind>[] {
  return rows.filter((row): row is RowOf<Kind> => row.kind === kind);
}
