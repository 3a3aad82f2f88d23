/** Events of an account, by people and by the API; see account.lua. */
import { z } from "zod";
import { defineScript, recordReply } from "../../redis/script.ts";
import type { AccountEvent, InLogin } from "../account-event.ts";

/** Secrets are sealed. */
export type PeopleEvent =
  | {
      type: "put";
      country?: string | undefined;
      max?: number | undefined;
      token?: string;
      credentials?: string;
      print: string;
      emailPrint?: string;
    }
  | { type: "code_given"; code: string }
  | { type: "pause" | "resume" | "remove" }
  | { type: "end_rest"; scope: string }
  | ({ type: "auth_job_over"; digest: string; ledgerDays: number } & InLogin);

export const accountEventScript = defineScript({
  name: "account_event",
  args: z.object({ account: z.string(), event: z.custom<PeopleEvent | AccountEvent>(), outcomeDays: z.number() }),
  keys: (keys, { account }) => [keys.account(account), keys.accounts, keys.refreshing, keys.lane(account)],
  reply: recordReply(z.object({ said: z.string(), epoch: z.coerce.number(), turn: z.coerce.number() })),
});
