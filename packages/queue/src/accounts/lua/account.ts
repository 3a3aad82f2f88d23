/** Events of an account, by people and by the API; see account.lua. */
import type { OverridableRule } from "@linkup-queue/contracts";
import { z } from "zod";
import { defineScript, recordReply } from "../../redis/script.ts";
import { ChangedReply } from "../../safety/state-event.ts";
import type { AccountEvent, InLogin } from "../account-event.ts";

/** The facts of an account beside its log-in; a part that is left out stays. */
export type KeptParts = {
  country?: string | undefined;
  max?: number | undefined;
  /** Empty: it goes; so in the next five, and `invites`. */
  plan?: string | undefined;
  /** JSON as it was set. */
  policy?: string | undefined;
  /** The caps of that policy as they are counted, JSON. */
  caps?: string | undefined;
  /** Its pace as it is drawn, JSON. */
  pace?: string | undefined;
  /** Its warm-up: `<ms>:<share>` with commas between. */
  warmUp?: string | undefined;
  /** `bare` or `skip`: no invitation waits for a note. */
  note?: string | undefined;
  /** Its bounds of invitations: most pending, and two percentages, with blanks between. */
  invites?: string | undefined;
  /** After how many days an unanswered invitation is taken back; 0: never. */
  withdrawAfter?: number | undefined;
  /** How often its inbox is read for replies, minutes; 0: it is not. */
  replyWatch?: number | undefined;
  /** Whether that policy sets hours. */
  hasHours?: boolean | undefined;
};

/** Secrets are sealed. */
export type PeopleEvent =
  | (KeptParts & {
      type: "put";
      /** Only an account that is there. */
      existing?: true | undefined;
      token?: string;
      credentials?: string;
      print: string;
      emailPrint?: string;
    })
  /** Its log-in stays as it is. */
  | (KeptParts & { type: "edit" })
  | { type: "code_given"; code: string }
  | { type: "pause" | "resume" | "remove" }
  /** All sealed texts of an account that needed a person for one of them open with the keys of this process. */
  | { type: "secrets_readable" }
  | { type: "end_rest"; scope: string }
  /** `tillMs` 0: it is in force again. */
  | { type: "override"; rule: OverridableRule; tillMs: number }
  | ({ type: "auth_job_over"; digest: string; ledgerDays: number } & InLogin);

export const accountEventScript = defineScript({
  name: "account_event",
  args: z.object({ account: z.string(), event: z.custom<PeopleEvent | AccountEvent>(), outcomeDays: z.number() }),
  keys: (keys, { account }) => [keys.account(account), keys.accounts, keys.refreshing, keys.lane(account)],
  reply: recordReply(z.object({ said: z.string(), epoch: z.coerce.number(), turn: z.coerce.number(), changed: ChangedReply })),
});
