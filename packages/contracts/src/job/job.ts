/**
 * The contents of a job in a call queue: the job's data, and the few words around it.
 * The operation is BullMQ's job name; `input` is checked against the operation's own schema (see `catalogue.ts`).
 */
import { z } from "zod";
import { StepNumber } from "../outcome/step.ts";

/** An account's id, chosen by the operator. No separator of our Redis keys and no control character may be in it. */
export const AccountId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,99}$/, "1 to 100 of A-Z a-z 0-9 . _ @ -, starting with a letter or digit");
export type AccountId = z.infer<typeof AccountId>;

/** The longest job id that is accepted, in characters. BullMQ itself sets no bound. */
export const MAX_JOB_ID_LENGTH = 200;

/** `rerun` is for reads only; `reconcile` for writes that a read can look for, see `onUnknownProblem`. */
export const OnUnknown = z.enum(["report", "rerun", "reconcile"]);
export type OnUnknown = z.infer<typeof OnUnknown>;

/** A name that others gave: text that every system can hold, without control characters and halves of characters. */
const reference = (maxLength: number) =>
  z
    .string()
    .min(1)
    .max(maxLength, `must be at most ${maxLength} characters`)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, "must not hold control characters or broken ones");
/** A campaign's or a job's id, as another system may have made it. */
export const Reference = reference(200);
/** A recipient is named by the address of a profile, unless its producer named it: as long as such an address may be. */
export const RecipientId = reference(2_048);

/** Which of its texts a campaign's job was made from, and the recipient's own fields. */
export const CampaignTemplate = z.strictObject({ revision: z.int().min(1), fields: z.record(z.string(), z.string()) });
export type CampaignTemplate = z.infer<typeof CampaignTemplate>;

/** A job's data as it lies in Redis. `v` may be left out. Unknown members are refused: they are mistakes or secrets. */
export const JobData = z.strictObject({
  v: z.literal(1).default(1),
  accountId: AccountId,
  input: z.record(z.string(), z.unknown()),
  campaignId: Reference.optional(),
  recipientId: RecipientId.optional(),
  /** Of a campaign that is a sequence: which of its steps. */
  step: StepNumber.optional(),
  /** The job is not sent after this moment. */
  expiresAt: z.iso.datetime({ offset: true }).optional(),
  onUnknown: OnUnknown.default("report"),
  /** The job that this one does again, when a person asked for that. */
  redriveOf: Reference.optional(),
  /** From what the input was made, for a campaign's recipient: made again when the campaign's text was edited before the job left. */
  template: CampaignTemplate.optional(),
});
export type JobData = z.infer<typeof JobData>;

/** BullMQ priorities behind the words of the HTTP API. A job without a priority is treated as `normal` in an account's lane. */
export const PRIORITIES = { urgent: 1, normal: 10, bulk: 100 } as const;
export type PriorityName = keyof typeof PRIORITIES;
